// A lane with the scripted server behind it, which plays just so much of a stream that a test is short: it delivers
// what the test hands it, keeps pending what was delivered, and forgets what was settled. Every rule can be overridden
// in the test.
//
//   XREADGROUP … >     the next of `fresh`, or held until deliver(), or until lane::kReadBlock has passed: nil
//   XREADGROUP … id    those of `pending` behind that id
//   EVALSHA settle     accepted; EVALSHA refuse: the reason it names. Both take the request out of `pending`
//   EVALSHA others     nothing to do; EVALSHA restore: created
//   HMGET, XREVRANGE, XRANGE   nothing there; XPENDING, XGROUP DESTROY: NOGROUP, 0
#pragma once

#include <doctest/doctest.h>
#include <spdlog/spdlog.h>

#include <deque>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "lane/lane.h"
#include "transport/fake_server.h"
#include "transport/resp.h"
#include "transport/run_until.h"

namespace orderd::test {

// An entry of the orders stream. Without fields: it was deleted.
struct StreamEntry {
  std::string id;
  std::vector<std::string> fields;
};
// "1-0" is the entry of the order "o-1-0", of one shoe.
[[nodiscard]] StreamEntry order_entry(const std::string& id);
[[nodiscard]] std::vector<StreamEntry> order_entries(int first, int last);
// XREADGROUP's reply.
[[nodiscard]] std::string stream_reply(const std::vector<StreamEntry>& entries);

// What a command of the lane speaks of: the request of EVALSHA settle or refuse.
[[nodiscard]] std::string request_of(const Received& command);

class LaneFixture : private lane::Lane::Listener {
 public:
  LaneFixture();
  // Ends the lane and checks that it let go of everything.
  ~LaneFixture() override;
  LaneFixture(const LaneFixture&) = delete;
  LaneFixture& operator=(const LaneFixture&) = delete;

  // Starts the lane, and turns the loop until it waits for new entries.
  void start();
  void serve();
  // Until it waits for new entries with nothing in flight.
  void until_idle();
  template <class Condition>
  void until(Condition&& condition, const std::string& what) {
    run_until(loop, condition, what);
  }
  void turn(Milliseconds span) { run_for(loop, span); }

  // New entries appear in the stream.
  void deliver(const std::vector<StreamEntry>& entries);
  // Requests in the order in which EVALSHA came for them, of all connections.
  [[nodiscard]] std::vector<std::string> settled() const;
  // How often a line of the log holds this.
  [[nodiscard]] std::size_t logged(std::string_view text) const;
  // The connections on which the lane reads and settles now.
  [[nodiscard]] std::size_t reader() const { return newest("orderd-read"); }
  [[nodiscard]] std::size_t settler() const { return newest("orderd-settle"); }
  // Reads of own pending entries from the first on.
  [[nodiscard]] std::size_t recoveries() const;
  // From where each read asked; ">" once for reads of new entries that follow each other.
  [[nodiscard]] std::vector<std::string> reads() const;

  Loop loop;
  FakeServer fake{loop};
  lane::Options options;
  std::deque<StreamEntry> fresh;
  std::vector<StreamEntry> pending;
  int finished = 0;
  std::vector<std::string> fatal;
  std::function<void()> on_finished_then;
  std::unique_ptr<lane::Lane> lane;

 private:
  void on_finished() override;
  void on_fatal(const std::string& what) override { fatal.push_back(what); }
  std::optional<std::string> read(const Received& command);
  std::string settle(const Received& command, const std::string& verdict);
  [[nodiscard]] std::size_t newest(std::string_view name) const;

  valkey::SingleNode topology_;
  Timer read_block_;  // while a read for new entries waits
  std::ostringstream log_;
  std::shared_ptr<spdlog::logger> logger_before_;
};

}  // namespace orderd::test
