// Fuzzes a lane with server replies: a whole lane, both connections, a real loop, and a server whose replies the input
// chooses: right, wrong or arbitrary bytes. The lane may end with an error, but never break.
//
// Input: for each command after the handshake a byte that selects the reply, and the data for that reply.
#include <spdlog/spdlog.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "fuzz/input.h"
#include "lane/lane.h"
#include "support/fake_server.h"
#include "support/lane_options.h"
#include "support/resp.h"

namespace orderd::fuzz {
namespace {

namespace resp = test::resp;

constexpr int kMaxTurns = 200;  // later turns only follow a back-off, which no run waits for
constexpr int kIdleTurns = 8;   // a command and its reply take four

constexpr std::array kErrors = {"NOSCRIPT x",    "ASK 1 h:1",  "OOM x",        "LOADING x",
                                "BUSY x",        "READONLY x", "UNBLOCKED x",  "MOVED 1 h:1",
                                "WRONGTYPE x",   "NOAUTH x",   "NOPERM x",     "CLUSTERDOWN x",
                                "ERR something", "MISCONF x",  "NOREPLICAS x", "MASTERDOWN x"};
constexpr std::array kWords = {"a", "m", "asukridm", "moved", "active", "standby", "namesake", "released", "0-0", ""};

std::string entry(const std::string& id, const std::vector<std::string>& fields) {
  return resp::array({resp::bulk(id), resp::bulks(fields)});
}

std::string stream(const std::vector<std::string>& entries) {
  return resp::array({resp::array({resp::bulk("orders"), resp::array(entries)})});
}

// Does the handshake, and takes all other replies from the input.
class LaneServer {
 public:
  LaneServer(Loop& loop, Input input) : fake_(loop), input_(input) {
    for (const char* command : {"HELLO", "INFO", "ROLE"}) fake_.on(command).error("ERR unknown command");
    for (const char* command : {"EVALSHA", "XREAD"}) {
      fake_.on(command).answer([this](const test::Received& received) -> std::optional<std::string> {
        if (input_.empty()) return std::nullopt;
        std::string bytes = reply(received.words);
        if (bytes.empty()) fake_.close(received.connection);
        return bytes;
      });
    }
  }

  [[nodiscard]] valkey::Endpoint endpoint() const { return fake_.endpoint(); }
  // How many connections and commands have arrived.
  [[nodiscard]] std::size_t arrived() const { return fake_.accepted() + fake_.received().size(); }

 private:
  using Words = std::vector<std::string>;

  // The reply from the input; empty: the connection ends.
  std::string reply(const Words& words) {
    const uint8_t how = input_.byte();
    const std::size_t which = how / 8;
    switch (how % 8) {
      case 0:
      case 1: return right_reply(words);
      case 2: return resp::bulk(kWords[which % kWords.size()]);
      case 3: return resp::error(kErrors[which % kErrors.size()]);
      case 4: return entries();
      case 5: return which % 2 == 0 ? resp::nil() : resp::bulks({"active", "1", "0", "0", "0", "0", "0"});
      case 6: return std::string(input_.take(input_.byte()));
      default: {
        Words texts;
        for (std::size_t i = 0; i < which % 8; ++i) texts.emplace_back(input_.take(input_.byte() % 32));
        return which < 16 ? resp::bulks(texts) : stream({entry(next_id(), texts)});
      }
    }
  }
  std::string entries() {
    Words found;
    for (int count = input_.byte() % 4; count >= 0; --count) {
      const std::string id = next_id();
      found.push_back(count == 3 ? entry(id, {"note", "no order"})
                                 : entry(id, {"id", "o-" + id, "sku", "shoe", "quantity", count == 2 ? "0" : "1"}));
    }
    return stream(found);
  }
  std::string right_reply(const Words& words) {
    if (words[0] == "XREAD") return entries();
    if (words[1] == "lease") return resp::bulks({words.back() == "release" ? "released" : "active", "1"});
    if (words[1] == "join") return resp::bulks({"0-0", "0", "0", "", "", "0", "0"});
    if (words[1] == "trim") return resp::bulks({"0", "0"});
    if (words[1] == "sign") return resp::bulks({"moved", "0"});
    const std::size_t requests = std::stoul(words.at(3 + std::stoul(words.at(2)) + 2));
    return resp::bulk(std::string(requests, 'a'));
  }
  std::string next_id() { return std::to_string(next_id_++) + "-0"; }

  test::FakeServer fake_;
  Input input_;
  int next_id_ = 1;
};

class End : public lane::Lane::Listener {
 public:
  void on_finished() override { ++finished; }
  bool on_cannot_start(const lane::Lane& /*lane*/, const std::string& what) override {
    ++fatal;
    ORDERD_CHECK(!what.empty(), "an end without a reason");
    return true;
  }
  int finished = 0;
  int fatal = 0;
};

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  spdlog::set_level(spdlog::level::off);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  lane::Options options = test::lane_options();
  options.max_in_flight = 4;
  End end;
  Loop loop;
  {
    LaneServer server(loop, Input(data, size));
    valkey::SingleNode topology([&server] { return Result<valkey::Endpoint>(server.endpoint()); });
    valkey::SharedConnections connections(loop);
    lane::Lane lane(loop, options, topology, connections, 1, end);
    lane.start();
    bool finishing = false;
    for (int turns = 0, idle = 0; turns < kMaxTurns && idle < kIdleTurns; ++turns) {
      const std::size_t before = server.arrived();
      (void)uv_run(loop.raw(), UV_RUN_NOWAIT);
      idle = server.arrived() > before ? 0 : idle + 1;
      ORDERD_CHECK(lane.status().in_flight <= options.max_in_flight, "more than max_in_flight in flight");
      if (idle == kIdleTurns - 1 && !finishing) {
        finishing = true;
        lane.finish();
        idle = 0;
      }
    }
    ORDERD_CHECK(end.finished + end.fatal <= 1, "the end is reported once");
    ORDERD_CHECK(end.finished == 0 || lane.status().in_flight == 0, "finished with entries in flight");
    const lane::Counters counters = lane.status().counters;
    ORDERD_CHECK(counters.settled() <= counters.entries_read, "settled unread");
  }
  loop.run();
  return 0;
}

}  // namespace orderd::fuzz
