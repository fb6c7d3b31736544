// How results are shown: entries of the results stream, once or as it grows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shared/entry.h"
#include "shared/program.h"
#include "shared/table.h"

namespace orderd::tools {

// The entry's ID as "id", then its fields in order: "lines" as JSON if it is valid JSON, all others as strings.
[[nodiscard]] Json json_of_result(const Entry& entry);

// A table of results; `lanes`: with a column for the lane.
[[nodiscard]] Table result_table(bool lanes = false);
void add_result(Table& table, const Entry& entry, const std::string& lane = {});

// Which results to print. Empty: all.
struct WantedResults {
  std::string order;
  std::string request;
  std::string status;
  std::string reason;

  [[nodiscard]] bool all() const { return order.empty() && request.empty() && status.empty() && reason.empty(); }
  [[nodiscard]] bool has(const Entry& entry) const;
  // " of order o-1 with status rejected"; empty: all.
  [[nodiscard]] std::string text() const;
};

// Prints the wanted results, page by page.
class ResultPrinter {
 public:
  // `context` and `wanted` outlive this.
  ResultPrinter(const Context& context, const WantedResults& wanted)
      : context_(context), wanted_(wanted), table_(result_table(context.several())) {}

  // `lane`: the index in Context::lanes. False: it is not wanted.
  bool add(const Entry& entry, std::size_t lane);
  // Prints what was added since the last page.
  void end_page();
  // How many were printed.
  [[nodiscard]] uint64_t printed() const { return printed_; }

 private:
  const Context& context_;
  const WantedResults& wanted_;
  Table table_;
  uint64_t printed_ = 0;
  uint64_t unprinted_ = 0;
};

}  // namespace orderd::tools
