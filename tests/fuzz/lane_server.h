// The server of the lane's fuzz target: does the handshake, and takes all other replies from the input.
#pragma once

#include <string>
#include <vector>

#include "fuzz/input.h"
#include "support/fake_server.h"

namespace orderd::fuzz {

class LaneServer {
 public:
  LaneServer(Loop& loop, Input input);

  [[nodiscard]] valkey::Endpoint endpoint() const { return fake_.endpoint(); }
  // How many connections and commands have arrived.
  [[nodiscard]] std::size_t arrived() const { return fake_.accepted() + fake_.received().size(); }

 private:
  using Words = std::vector<std::string>;

  // The reply from the input; empty: the connection ends.
  [[nodiscard]] std::string reply(const Words& words);
  [[nodiscard]] std::string entries();
  [[nodiscard]] std::string right_reply(const Words& words);

  test::FakeServer fake_;
  Input input_;
  int next_id_ = 1;
};

}  // namespace orderd::fuzz
