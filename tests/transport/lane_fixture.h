// A lane with a scripted server that keeps an orders stream and a position like lua/settle.lua: a call whose `previous`
// is not the position gets `moved`. So whatever a test refuses, loses or delays has its real consequences.
#pragma once

#include <doctest/doctest.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "lane/lane.h"
#include "support/fake_server.h"
#include "support/lane_options.h"
#include "support/resp.h"
#include "transport/loop_fixture.h"

namespace orderd::test {

// An entry of the orders stream.
struct StreamEntry {
  std::string id;
  std::vector<std::string> fields;
};
// "1-0" is the entry of the order "o-1-0", of one shoe.
[[nodiscard]] StreamEntry order_entry(const std::string& id);
[[nodiscard]] std::vector<StreamEntry> order_entries(int first, int last);
// XREAD's reply.
[[nodiscard]] std::string stream_reply(const std::vector<StreamEntry>& entries);
// lua/join.lua's reply.
[[nodiscard]] std::string join_reply(const std::string& position, const std::string& done = "",
                                     const std::string& wrong = "", int deleted = 0);

// One EVALSHA of settle.
struct SettleCall {
  std::string previous;
  std::vector<std::string> requests;
};
[[nodiscard]] SettleCall settle_call(const Received& command);

class LaneFixture : public LoopFixture, private lane::Lane::Listener {
 public:
  LaneFixture();
  // Ends the lane and checks that it released everything.
  ~LaneFixture() override;
  LaneFixture(const LaneFixture&) = delete;
  LaneFixture& operator=(const LaneFixture&) = delete;

  // Starts the lane and runs the loop until it waits for new entries.
  void start();
  void serve();
  // Until it waits for new entries with nothing in flight.
  void until_idle();
  // Until every entry of the stream is settled, and it is idle.
  void until_settled();
  // Adds new entries to the stream.
  void deliver(const std::vector<StreamEntry>& entries);
  // Delivers these orders and runs until they are settled.
  void settles(int first, int last) {
    deliver(order_entries(first, last));
    until_settled();
  }
  // From now on calls of settle take effect, but their replies are held until release().
  FakeServer::Rule& hold_settle();
  // Every call of settle that arrived, on all connections.
  [[nodiscard]] std::vector<SettleCall> calls() const;
  // How many lines of the log contain this.
  [[nodiscard]] std::size_t logged(std::string_view text) const;
  [[nodiscard]] std::size_t settler() const;  // its newest connection
  [[nodiscard]] lane::Status status() const { return lane->status(); }

  FakeServer fake{loop};
  lane::Options options = lane_options();
  std::vector<StreamEntry> stream;
  std::string position = "0-0";
  std::vector<std::string> settled;        // requests, in the order they were settled
  std::string letter = "a";                // the outcome of each
  uint64_t server_ms = 1'700'000'000'000;  // the time in the reply of lua/lease.lua
  std::string owner;                       // the active daemon if it is another one; else empty
  int finished = 0;
  std::vector<std::string> fatal;  // why it cannot start
  bool others_may_serve = false;   // then it retries
  std::function<void()> on_finished_then;
  std::unique_ptr<lane::Lane> lane;

 private:
  void on_finished() override;
  bool on_cannot_start(const lane::Lane& /*lane*/, const std::string& what) override {
    fatal.push_back(what);
    return !others_may_serve;
  }
  [[nodiscard]] bool gave_up() const { return !fatal.empty() && !others_may_serve; }
  std::optional<std::string> read(const Received& command);
  std::string settle(const Received& command);

  valkey::SingleNode topology_;
  valkey::SharedConnections connections_{loop};
  Timer read_block_;  // while a read waits for new entries
  std::ostringstream log_;
  std::shared_ptr<spdlog::logger> logger_before_;
};

}  // namespace orderd::test
