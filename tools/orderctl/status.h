// orderctl status: who is active, what waits, and what is wrong with the server.
#pragma once

#include "shared/program.h"

namespace CLI {
class App;
}

namespace orderd::tools {

void add_status(CLI::App& parent, Program& program);

}  // namespace orderd::tools
