// orderctl order: show.
#pragma once

#include <cstdint>
#include <string>

#include "shared/program.h"

namespace CLI {
class App;
}

namespace orderd::tools {

class Order {
 public:
  Order(CLI::App& parent, Program& program);
  Order(const Order&) = delete;
  Order& operator=(const Order&) = delete;

 private:
  std::string id_;
  uint64_t search_ = 100'000;
};

}  // namespace orderd::tools
