// order-replay verify: does each request of a recording have exactly one result, in order, and the expected one?
#pragma once

#include <functional>
#include <string>

#include "replay/comparison.h"
#include "shared/client.h"
#include "shared/program.h"

namespace CLI {
class App;
}

namespace orderd::replay {

class Verify {
 public:
  Verify(CLI::App& parent, tools::Program& program);
  Verify(const Verify&) = delete;
  Verify& operator=(const Verify&) = delete;

 private:
  using EachKey = std::function<void(const std::string& key)>;
  using EachResult = std::function<void(std::string_view key, const tools::Entry& result)>;
  using EachOfLane = std::function<void(std::size_t lane, std::string_view key, const tools::Entry& result)>;

  [[nodiscard]] Result<int> run(const tools::Context& context);
  [[nodiscard]] Result<bool> read_requests(const tools::Context& context, const EachKey& each) const;
  [[nodiscard]] Result<bool> read_expected(const EachResult& each) const;
  [[nodiscard]] Result<bool> read_results(const tools::Context& context, const EachOfLane& each) const;
  [[nodiscard]] Result<bool> show_first(const tools::Context& context, const Comparison& comparison) const;

  std::string file_;
  std::string expect_;
  std::string after_ = "0-0";
  bool entries_ = false;
  bool resent_ = false;
};

}  // namespace orderd::replay
