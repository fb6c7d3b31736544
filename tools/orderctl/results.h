// orderctl results: the results stream, its end or all of it, once or as it grows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "orderctl/result_view.h"
#include "shared/entry.h"
#include "shared/program.h"

namespace CLI {
class App;
}

namespace orderd::tools {

class Results {
 public:
  Results(CLI::App& parent, Program& program);
  Results(const Results&) = delete;
  Results& operator=(const Results&) = delete;

 private:
  [[nodiscard]] Result<int> run(const Context& context);

  uint64_t count_ = 20;
  bool counted_ = false;  // was --count given?
  std::string from_;
  std::string order_;
  std::string request_;
  bool follow_ = false;
};

// Prints the wanted results, page by page.
class ResultPrinter {
 public:
  // Empty: all.
  struct Wanted {
    std::string order;
    std::string request;
  };
  // `context` outlives this.
  ResultPrinter(const Context& context, Wanted wanted)
      : context_(context), wanted_(std::move(wanted)), table_(context.several()) {}

  // `lane`: the index in Context::lanes.
  void add(const Entry& entry, std::size_t lane);
  // Prints what was added since the last page.
  void end_page();
  // How many were printed.
  [[nodiscard]] uint64_t printed() const { return printed_; }

 private:
  const Context& context_;
  const Wanted wanted_;
  ResultTable table_;
  uint64_t printed_ = 0;
  uint64_t unprinted_ = 0;
};

// Prints what follows the entry `after`, across restarts of the server, until SIGINT or SIGTERM: then the process exits
// with kDone. Returns only after a failure that will not pass by itself.
[[nodiscard]] Result<int> follow_results(const Context& context, const std::string& after, ResultPrinter& printer);

}  // namespace orderd::tools
