// orderctl submit: one order from flags, or many from a file.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "shared/output.h"
#include "shared/program.h"

namespace CLI {
class App;
}

namespace orderd::tools {

struct SubmitOptions {
  bool wait = false;
  bool quiet = false;
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
// Pushes `order` as one request and prints its ID, then its result if asked to wait.
[[nodiscard]] Result<int> submit_order(const Context& context, const SubmitOptions& options, Json order);
// Pushes each line of `file`, "-" for standard input, as a request.
[[nodiscard]] Result<int> submit_file(const Context& context, const SubmitOptions& options, const std::string& file);

}  // namespace orderd::tools
