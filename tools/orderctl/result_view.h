// How an entry of the results stream is displayed.
#pragma once

#include "shared/entry.h"
#include "shared/output.h"
#include "shared/table.h"

namespace orderd::tools {

// The entry's ID as "id", then its fields in order: "lines" as JSON if it is valid JSON, all others as strings.
[[nodiscard]] Json json_of_result(const Entry& entry);

class ResultTable {
 public:
  // `lanes`: with a column for the lane.
  explicit ResultTable(bool lanes = false);
  void add(const Entry& entry, const std::string& lane = {});
  void print() { table_.print(); }

 private:
  Table table_;
};

}  // namespace orderd::tools
