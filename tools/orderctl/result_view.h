// How an entry of the results stream is shown.
#pragma once

#include "shared/entry.h"
#include "shared/output.h"

namespace orderd::tools {

// The entry's id as "id", then its fields in order: "lines" as JSON where it is good JSON, all others as strings.
[[nodiscard]] Json json_of_result(const Entry& entry);

class ResultTable {
 public:
  ResultTable();
  void add(const Entry& entry);
  void print() { table_.print(); }

 private:
  Table table_;
};

}  // namespace orderd::tools
