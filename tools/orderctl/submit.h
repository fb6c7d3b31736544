// orderctl submit: one order from flags, or many from a file.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "audit/json.h"
#include "order/request.h"
#include "shared/output.h"
#include "shared/program.h"

namespace CLI {
class App;
}

namespace orderd::tools {

struct SubmitOptions {
  bool wait = false;
  bool quiet = false;
  bool force = false;  // push lines that are not JSON objects
  std::chrono::milliseconds timeout{30'000};
};

class Submit {
 public:
  Submit(CLI::App& parent, Program& program);
  Submit(const Submit&) = delete;
  Submit& operator=(const Submit&) = delete;

 private:
  [[nodiscard]] Result<int> run(const Context& context);

  std::string id_;
  std::string customer_;
  std::string sku_;
  uint64_t quantity_ = 1;
  std::vector<std::string> items_;
  std::string file_;
  SubmitOptions options_;
};

// An ID that nobody else has: the time, for readers, and 64 random bits.
[[nodiscard]] std::string fresh_id();
// Pushes `order` as one request, to the lane of `sku`, and prints its ID, then its result if asked to wait.
[[nodiscard]] Result<int> submit_order(const Context& context, const SubmitOptions& options, const std::string& sku,
                                       Json order);
// Of a line, with the name of its field an entry of the largest size.
inline constexpr std::size_t kMaxLineBytes = order::kMaxEntryBytes - std::string_view("order").size();
// What is wrong with a line of a file of orders, and what to do; empty: it is a JSON object. `reader` is scratch space.
[[nodiscard]] std::string problem_of_line(audit::JsonReader& reader, std::string_view line);
// The SKU of an order's first line, also of a malformed order; empty: it has none. Valid as long as `order`.
[[nodiscard]] std::string_view first_sku(const std::vector<audit::JsonValue>& order);
// Looks at all lines of a regular file, from where it is read on; it is not moved. Fails at the first
// problem_of_line().
[[nodiscard]] Result<bool> check_lines(int file);
// Pushes each line of `file`, "-" for standard input, as a request to the lane of its first SKU, or else to the first
// lane. Unless forced, a line that is not a JSON object is refused: of a regular file before anything is pushed, of a
// pipe when it comes.
[[nodiscard]] Result<int> submit_file(const Context& context, const SubmitOptions& options, const std::string& file);

}  // namespace orderd::tools
