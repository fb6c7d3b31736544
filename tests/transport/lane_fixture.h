// A lane with a scripted server that keeps an orders stream and a position like lua/settle.lua: a call whose `previous`
// is not the position gets `moved`. So whatever a test refuses, loses or delays has its real consequences.
#pragma once

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <sstream>

#include "lane/lane.h"
#include "support/id_of.h"
#include "support/lane_options.h"
#include "transport/loop_fixture.h"

namespace orderd::test {

// An entry of the orders stream.
struct StreamEntry {
  std::string id;
  std::vector<std::string> fields;
};
// "1-0" is the entry of the order "o-1-0", of one shoe.
inline StreamEntry order_entry(const std::string& id) {
  return {id, {"id", "o-" + id, "sku", "shoe", "quantity", "1"}};
}
inline std::vector<StreamEntry> order_entries(int first, int last) {
  std::vector<StreamEntry> entries;
  for (int i = first; i <= last; ++i) entries.push_back(order_entry(std::to_string(i) + "-0"));
  return entries;
}
// XREAD's reply.
inline std::string stream_reply(const std::vector<StreamEntry>& entries) {
  std::vector<std::string> texts;
  for (const StreamEntry& entry : entries) {
    texts.push_back(resp::array({resp::bulk(entry.id), resp::bulks(entry.fields)}));
  }
  return resp::array({resp::array({resp::bulk("orders"), resp::array(texts)})});
}

// One EVALSHA of settle.
struct SettleCall {
  explicit SettleCall(const Received& command) {
    const std::size_t first = 3 + std::stoul(command.words.at(2));
    previous = command.words.at(first);
    const std::size_t count = std::stoul(command.words.at(first + 2));
    for (std::size_t at = first + 5; requests.size() < count;) {
      requests.push_back(command.words.at(at + 1));
      const std::size_t lines = std::stoul(command.words.at(at));
      at += lines > 0 ? 5 + 3 * lines : 6 + std::stoul(command.words.at(at + 5));
    }
  }
  std::string previous;
  std::vector<std::string> requests;
};

// At the end of each test the lane is ended, and has to release everything.
class LaneFixture : public ServerFixture, private lane::Lane::Listener {
 public:
  LaneFixture() {
    options.max_in_flight = 16;
    options.orders_per_call = 4;
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("lane", std::make_shared<spdlog::sinks::ostream_sink_st>(log_)));
    fake.on("XREAD").answer([this](const Received& command) { return read(command); });
    fake.on("EVALSHA settle").answer([this](const Received& command) { return settle(command); });
    fake.on("EVALSHA join").answer([this](const Received& /*command*/) {
      return resp::bulks({position, "0", "-1", "", "", "0"});
    });
    fake.on("EVALSHA lease").answer([this](const Received& command) {
      if (is_release(command)) return resp::bulks({"released"});
      return owner.empty() ? resp::bulks({"active", "1", std::to_string(server_ms)})
                           : resp::bulks({"standby", owner, "3000"});
    });
    fake.on("EVALSHA trim").reply(resp::bulks({"0", "0"}));
    fake.on("EVALSHA sign").reply(resp::bulks({"moved", "0"}));
  }
  ~LaneFixture() override {
    if (lane) {
      lane->finish();
      CHECK(turned_until([this] { return finished > 0 || gave_up(); }));
      turn(Milliseconds(1));
      CHECK(finished + (gave_up() ? 1 : 0) == 1);
      lane.reset();
      CHECK(turned_until([this] { return fake.standing() == 0; }));
    }
    // In every test requests are settled in order, none twice.
    const auto not_ascending = [](const std::string& a, const std::string& b) { return id_of(a) >= id_of(b); };
    CHECK(std::adjacent_find(settled.begin(), settled.end(), not_ascending) == settled.end());
    // A lane never unblocks a read: CLIENT UNBLOCK during CLIENT PAUSE crashes Valkey 8.0 with an assertion.
    CHECK(fake.count("CLIENT UNBLOCK") == 0);
    spdlog::set_default_logger(logger_before_);
  }

  void start() {
    lane.reset(new lane::Lane(loop, options, topology_, connections_, 1, *this));
    lane->start();
  }
  // Starts the lane and runs the loop until it is idle.
  void serve() {
    start();
    until_idle();
  }
  // Until it waits for new entries with nothing in flight.
  void until_idle() {
    until([this] { return fake.waits("XREAD") && lane->status().in_flight == 0; }, "the lane waits for new entries");
  }
  // Until every entry of the stream is settled, and it is idle.
  void until_settled() {
    until([this] { return stream.empty() || position == stream.back().id; }, "everything is settled");
    until_idle();
  }
  void until_phase(lane::Phase phase) {
    until([&] { return status().phase == phase; }, "the lane's phase");
  }
  void until_used(const FakeServer::Rule& rule, std::size_t times) {
    until([&] { return rule.used() >= times; }, "the commands of a rule");
  }
  // Adds new entries to the stream.
  void deliver(const std::vector<StreamEntry>& entries) {
    stream.insert(stream.end(), entries.begin(), entries.end());
    for (auto command = fake.received().rbegin(); fake.waits("XREAD") && command != fake.received().rend(); ++command) {
      if (!command->begins("XREAD")) continue;
      if (auto reply = read(*command)) fake.answer("XREAD", *reply);
      return;
    }
  }
  // Delivers these and runs until they are settled.
  void settles(const std::vector<StreamEntry>& entries) {
    deliver(entries);
    until_settled();
  }
  void settles(int first, int last) { settles(order_entries(first, last)); }
  // From now on calls of settle take effect, but their replies are held until release().
  FakeServer::Rule& hold_settle() {
    return fake.on("EVALSHA settle").answer([this](const Received& command) { return settle(command); }).hold();
  }
  // Every call of settle that arrived, on all connections.
  [[nodiscard]] std::vector<SettleCall> calls() const {
    std::vector<SettleCall> calls;
    for (const Received& command : fake.received()) {
      if (command.begins("EVALSHA settle")) calls.emplace_back(command);
    }
    return calls;
  }
  // Whether this EVALSHA of lease releases it.
  [[nodiscard]] static bool is_release(const Received& command) {
    return command.words.at(command.words.size() - 2) == "release";
  }
  // How often the log contains this.
  [[nodiscard]] std::size_t logged(std::string_view text) const { return count_of(log_.str(), text); }
  // The newest settling connection.
  [[nodiscard]] std::size_t settler() const {
    std::size_t connection = 0;
    for (const Received& command : fake.received()) {
      if (command.begins("CLIENT SETNAME orderd-settle:me")) connection = command.connection;
    }
    return connection;
  }
  [[nodiscard]] lane::Status status() const { return lane->status(); }

  lane::Options options = lane_options();
  std::vector<StreamEntry> stream;
  std::string position = "0-0";
  std::vector<std::string> settled;        // requests, in the order they were settled
  char letter = 'a';                       // the outcome of each
  uint64_t server_ms = 1'700'000'000'000;  // the time in the reply of lua/lease.lua
  std::string owner;                       // the active daemon if it is another one; else empty
  int finished = 0;
  std::vector<std::string> fatal;  // why it cannot start
  bool others_may_serve = false;   // then it retries
  std::function<void()> on_finished_then;
  std::unique_ptr<lane::Lane> lane;

 private:
  void on_finished() override {
    ++finished;
    if (on_finished_then) on_finished_then();
  }
  bool on_cannot_start(const lane::Lane& /*lane*/, const std::string& what) override {
    fatal.push_back(what);
    return !others_may_serve;
  }
  [[nodiscard]] bool gave_up() const { return !fatal.empty() && !others_may_serve; }
  std::optional<std::string> read(const Received& command) {
    const std::size_t count = std::stoul(command.option("COUNT"));
    CHECK(count + lane->status().in_flight <= options.max_in_flight);  // for every read of every test
    read_block_.stop();
    std::vector<StreamEntry> found;
    for (const StreamEntry& entry : stream) {
      if (found.size() == count) break;
      if (id_of(entry.id) > id_of(command.words.back())) found.push_back(entry);
    }
    if (!found.empty()) return stream_reply(found);
    read_block_.start(lane::kReadBlock);
    return std::nullopt;
  }
  std::string settle(const Received& command) {
    const SettleCall call(command);
    if (call.previous != position) return resp::bulk("moved");
    settled.insert(settled.end(), call.requests.begin(), call.requests.end());
    position = call.requests.back();
    return resp::bulk(std::string(call.requests.size(), letter));
  }

  valkey::SingleNode topology_{[this] { return fake.endpoint(); }};
  valkey::SharedConnections connections_{loop};
  Timer read_block_{loop, [this] { fake.answer("XREAD", resp::nil()); }};  // while a read waits for new entries
  std::ostringstream log_;
  std::shared_ptr<spdlog::logger> logger_before_ = spdlog::default_logger();
};

}  // namespace orderd::test
