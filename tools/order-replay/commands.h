// The sub-commands of order-replay: each function adds one of them to `app`, with its flags, its help and its action.
// Once in a program: what the flags set is static.
#pragma once

namespace CLI {
class App;
}
namespace orderd::tools {
struct Program;
}

namespace orderd::replay {

void add_generate(CLI::App& app, tools::Program& program);
void add_capture(CLI::App& app, tools::Program& program);
void add_report(CLI::App& app, tools::Program& program);
void add_run(CLI::App& app, tools::Program& program);
void add_verify(CLI::App& app, tools::Program& program);

}  // namespace orderd::replay
