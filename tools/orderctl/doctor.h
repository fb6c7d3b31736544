// orderctl doctor: what is wrong with a server, why it matters, and what ends it.
#pragma once

#include <string>
#include <vector>

#include "shared/program.h"

namespace CLI {
class App;
}

namespace orderd::tools {

class Doctor {
 public:
  Doctor(CLI::App& parent, Program& program);
  Doctor(const Doctor&) = delete;
  Doctor& operator=(const Doctor&) = delete;

 private:
  std::vector<std::string> skipped_;
};

}  // namespace orderd::tools
