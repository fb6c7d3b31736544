// orderctl status: how the queue stands.
#pragma once

#include "shared/program.h"

namespace CLI {
class App;
}

namespace orderd::tools {

void add_status(CLI::App& parent, Program& program);

}  // namespace orderd::tools
