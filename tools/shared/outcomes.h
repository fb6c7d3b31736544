// What became of requests, counted: of a file of orders and of a run.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "shared/entry.h"
#include "shared/output.h"

namespace orderd::tools {

struct Outcomes {
  uint64_t accepted = 0;
  uint64_t duplicates = 0;
  std::map<std::string, uint64_t> rejected;  // by reason
  uint64_t missing = 0;                      // requests without a result

  void count(const Entry& result);
  // A table with a row for each of them.
  void print_table() const;
  // `out` with a member for each of them.
  void add_to(Json& out) const;
};

}  // namespace orderd::tools
