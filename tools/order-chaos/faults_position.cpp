// V22 to V24: the position is deleted or changed by hand, the lane is paused, or the key that names the active daemon
// is deleted or overwritten.
#include <stdexcept>

#include "order-chaos/fault.h"
#include "order-chaos/stream_step.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr const char* kPosition = "orders:position";

// To an entry that was settled before, to the beginning, or to an invalid ID.
Injected move_back(Trial& trial) {
  static const std::vector<std::string> kFar = {"2", "3", "20", "65", "1000", "1000000"};
  (void)trial.run(R"(
      if server.call('EXISTS', 'orders:position') == 0 then return {} end
      local newest = newest_request()
      if not newest then return {} end
      local page = server.call('XREVRANGE', 'orders', newest, '-', 'COUNT', ARGV[1])
      local id = #page == tonumber(ARGV[1]) and page[#page][1] or ARGV[2]
      server.call('HSET', 'orders:position', 'id', id)
      return {})",
                  {kFar[trial.random.number(kFar.size())], trial.random.chance(80) ? "0-0" : "nothing"});
  return {};
}

// To a waiting entry, to the last one, or to a future ID. The same step adds entries, so that some are waiting.
Injected move_forward(Trial& trial) {
  (void)stream_step(trial, Stream::kStays, some_orders(trial), R"(
      local id = step.waiting[1 + tonumber(arguments[2]) % #step.waiting]
      if arguments[1] == 'future' then id = string.gsub(id, '^%d', '9') end
      if server.call('EXISTS', 'orders:position') == 1 then server.call('HSET', 'orders:position', 'id', id) end)",
                    {trial.random.chance(80) ? "entry" : "future", std::to_string(trial.random.number(1000))});
  return {};
}

// The whole hash as it was a moment earlier.
Injected older_copy(Trial& trial) {
  const std::string copy = trial.ask({"DUMP", kPosition});
  if (copy.empty()) throw std::runtime_error("there is no position at the moment");
  return {trial.between(0, 500), [&trial, copy] { (void)trial.ask({"RESTORE", kPosition, "0", copy, "REPLACE"}); }};
}

// As orderctl pause and resume do it.
Injected pause(Trial& trial) {
  (void)trial.run("return server.call('HSET', 'orders:position', 'paused', '1 by a fault') and {}");
  return {trial.between(50, 900),
          [&trial] { (void)trial.run("return server.call('HDEL', 'orders:position', 'paused') and {}"); }};
}

// For a while: the name of no daemon, of another daemon, or an empty name.
Injected overwrite_owner(Trial& trial, bool expires) {
  const std::vector<std::string> names = {"stranger 0123abcd 1732386423123 3000",
                                          trial.daemons[0]->name() + " 0123abcd 1 3000",
                                          "stranger",
                                          " ",
                                          "two words 01 1 3600000",
                                          ""};
  std::vector<std::string> words = {"SET", "orders:owner", names[trial.random.number(names.size())]};
  if (expires) words.insert(words.end(), {"PX", std::to_string(trial.random.number(1, 1000))});
  (void)trial.ask(words);
  return {trial.between(100, 900), {}};
}

// A value of another type at the lease or at the list of standbys.
Injected wrong_type(Trial& trial) {
  const bool owner = trial.random.chance(50);
  const std::string key = owner ? "orders:owner" : "orders:standby";
  (void)trial.ask({"DEL", key});
  (void)trial.ask(owner ? std::vector<std::string>{"RPUSH", key, "in the way"}
                        : std::vector<std::string>{"SET", key, "in the way"});
  return {trial.between(100, 900), [&trial, key] { (void)trial.ask({"DEL", key}); }};
}

OfServer delete_key(const char* key) {
  return [key](Trial& trial) {
    (void)trial.ask({"DEL", key});
    return Injected{};
  };
}

}  // namespace

std::vector<Fault> position_faults() {
  return {
      state_fault("V22", "DEL of the position", "stream", Kind::kAnywhere, delete_key(kPosition)),
      state_fault("V22", "the position moved back by hand", "stream", Kind::kAnywhere, move_back),
      state_fault("V22", "the position moved forward by hand", "stream", Kind::kSafe, move_forward),
      state_fault("V22", "the position replaced by an older copy", "stream", Kind::kSafe, older_copy),
      state_fault("V23", "DEL of the owner's key", "owner", Kind::kAnywhere, delete_key("orders:owner")),
      state_fault("V23", "the owner's key overwritten, with expiry", "owner", Kind::kAnywhere,
                  [](Trial& trial) { return overwrite_owner(trial, true); }),
      state_fault("V23", "the owner's key overwritten, without expiry", "owner", Kind::kAnywhere,
                  [](Trial& trial) { return overwrite_owner(trial, false); }),
      state_fault("V23", "foreign value at the key of the owner or the standbys", "owner", Kind::kSafe, wrong_type),
      state_fault("V24", "a pause, then a resume", "stream", Kind::kSafe, pause),
  };
}

}  // namespace orderd::chaos
