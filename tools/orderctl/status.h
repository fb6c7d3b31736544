// orderctl status: how the queue stands.
#pragma once

#include "orderctl/program.h"

namespace CLI {
class App;
}

namespace orderd::ctl {

void add_status(CLI::App& parent, Program& program);

}  // namespace orderd::ctl
