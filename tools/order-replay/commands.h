// The sub-commands of order-replay: each function adds one of them, with its flags, its help and its action.
#pragma once

namespace CLI {
class App;
}
namespace orderd::tools {
struct Program;
}

namespace orderd::replay {

void add_generate(CLI::App& parent, tools::Program& program);
void add_capture(CLI::App& parent, tools::Program& program);
void add_report(CLI::App& parent, tools::Program& program);
void add_run(CLI::App& parent, tools::Program& program);
void add_verify(CLI::App& parent, tools::Program& program);

}  // namespace orderd::replay
