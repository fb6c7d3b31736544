// V8, V9: others change the consumer group, delete entries or the whole orders stream, or replace it by an older copy
// or by one with smaller IDs; or it is absent for a while and restored. orderd only publishes its position in the
// group, so nothing done to that may matter. Orders pushed while the stream is absent create a new one, which is
// destroyed when the first one is restored.
#include <sstream>

#include "order-chaos/fault.h"
#include "order-chaos/stream_step.h"
#include "support/wait_for.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using Kind::kAnywhere;
using Kind::kSafe;
using Touches::kGroup;
using Touches::kStream;

constexpr auto kSettleDeadline = 10s;
constexpr auto kRestartDeadline = 20s;
constexpr uint64_t kUnusedSequence = 1'000'000;  // the server uses small ones within a millisecond

// A foreign consumer reads through the group, claims, acknowledges, and leaves.
Injected strange_consumer(Trial& trial, Daemon& /*daemon*/) {
  (void)trial.call({"XGROUP", "CREATECONSUMER", "orders", "orderd", "stranger"});
  (void)trial.call({"XREADGROUP", "GROUP", "orderd", "stranger", "COUNT", "50", "STREAMS", "orders", ">"});
  (void)trial.call({"XAUTOCLAIM", "orders", "orderd", "other", "0", "0", "COUNT", "20"});
  (void)trial.call({"EVAL", R"(
      local newest = server.pcall('XREVRANGE', 'orders', '+', '-', 'COUNT', '10')
      if newest.err then return 0 end
      for i, entry in ipairs(newest) do
        server.pcall('XCLAIM', 'orders', 'orderd', 'stranger', '0', entry[1], 'FORCE', 'JUSTID')
        if i % 2 == 0 then server.pcall('XACK', 'orders', 'orderd', entry[1]) end
      end
      return 1)",
                    "0"});
  if (trial.random.chance(50)) (void)trial.call({"XGROUP", "DELCONSUMER", "orders", "orderd", "stranger"});
  return {};
}

// A daemon may have read some of the waiting entries, but none of those pushed in the same step.
Inject delete_by(Stream stream, const std::string& lua) {
  return [stream, lua](Trial& trial, Daemon&) {
    record_deleted(trial, stream_step(trial, stream, some_orders(trial), lua));
    return Injected{};
  };
}

constexpr const char* kDeleteEveryOther = R"(
    local deleted = {}
    for i, id in ipairs(unsettled('orders', 500)) do
      if i % 2 == 0 then deleted[#deleted + 1] = id end
    end
    if #deleted > 0 then server.call('XDEL', 'orders', unpack(deleted)) end)";

// How the stream is taken away and brought back.
struct How {
  const char* away;
  const char* back;
};
constexpr How kRename = {
    "server.call('RENAME', 'orders', 'orders:away')",
    "if server.call('EXISTS', 'orders:away') == 1 then server.call('RENAME', 'orders:away', 'orders') end"};
constexpr How kDump = {"copy = server.call('DUMP', 'orders') server.call('DEL', 'orders')",
                       "server.call('RESTORE', 'orders', '0', arguments[1], 'REPLACE')"};

// An operator restores an older copy: newer entries are lost, and most of those in the copy are already settled.
Injected restore_older(Trial& trial, Daemon& /*daemon*/) {
  const std::string copy = trial.ask({"DUMP", "orders"});
  if (copy.empty()) throw std::runtime_error("there is no orders stream at the moment");
  return {trial.between(0, 400), [&trial, copy] {
            record_deleted(trial, stream_step(trial, Stream::kReplaced, some_orders(trial), kDump.back, {copy}));
          }};
}

enum class Producers {
  kHeld,      // paused while the stream is absent
  kPush,      // never paused
  kHeldThen,  // paused only when the stream is restored
};

// It is absent for a while.
Inject absent(How how, Producers producers) {
  return [how, producers](Trial& trial, Daemon&) -> Injected {
    Trial::Hold hold;
    if (producers == Producers::kHeld) hold = trial.hold_producers();
    const StreamStep away = stream_step(trial, Stream::kReplaced, some_orders(trial), how.away);
    return {trial.between(50, producers == Producers::kHeld ? 2500 : 800), [&trial, how, producers, away, hold] {
              const Trial::Hold quiet = producers == Producers::kHeldThen ? trial.hold_producers() : nullptr;
              if (quiet) (void)test::poll_until([&] { return trial.settled(); }, kSettleDeadline);
              const StreamStep back = stream_step(trial, Stream::kReplaced, {}, how.back, {away.copy});
              record_deleted(trial, back);
              trial.record.absences.push_back({{away.waiting.begin(), away.waiting.end()}, {back.first, back.last}});
              // Waits for the last request that was in the stream. Producers are paused, so orderd has time to notice
              // the return.
              const auto settled = [&] { return trial.tailer->has(away.waiting.back().text()); };
              if (quiet && !test::poll_until(settled, kRestartDeadline))
                trial.incident("a stream restored while producers were paused is not served");
              if (hold) hold->clear();
            }};
  };
}

// IDs below all earlier ones, except those that orderd cannot prove to be new: the ones below the `start` of the
// position (docs/guarantees.md).
StreamId small_id(Trial& trial) {
  const StreamId start = id_of(trial.ask({"HGET", "orders:position", "start"}));
  if (start != StreamId{}) return {start.ms, kUnusedSequence};
  return {wall_clock_ms() / 2, 1};  // different each time
}

// Whether all results since the first relevant one exist. An undone call removes some; then nothing proves that entries
// with smaller IDs are new, and orderd leaves them unsettled (docs/guarantees.md).
bool results_are_whole(Trial& trial) {
  std::istringstream facts(trial.ask({"EVAL", R"(
      local info, named = redis.call('XINFO', 'STREAM', 'results'), {}
      for i = 1, #info, 2 do named[info[i]] = info[i + 1] end
      return named.length .. ' ' .. named['entries-added'] .. ' ' .. (named['first-entry'] or { '0-0' })[1])",
                                      "0"}));
  std::string length, added, first;
  facts >> length >> added >> first;
  return length == added || id_of(first) <= id_of(trial.ask({"HGET", "orders:position", "floor"}));
}

// The stream is deleted and recreated with explicit, smaller IDs. orderd must notice that by itself.
Injected recreate(Trial& trial, Daemon& /*daemon*/) {
  const Trial::Hold hold = trial.hold_producers();
  if (!test::poll_until([&] { return trial.settled(); }, kSettleDeadline))
    throw std::runtime_error("not everything is settled although the producers are paused");
  if (!results_are_whole(trial)) throw std::runtime_error("an undone call has removed results");
  record_deleted(trial, stream_step(trial, Stream::kReplaced, {}, "server.call('DEL', 'orders')"));
  StreamId id = small_id(trial);
  trial.record.recreated.insert(id);
  std::string last;
  for (std::size_t i = 0; i < 20; ++i, id = next_id(id)) {
    const Order order = trial.probe();
    last = id.text();
    Words words = {"XADD", "orders", last};
    for (const auto& [name, value] : order.entry) words.insert(words.end(), {name, value});
    (void)trial.ask(words);
    trial.record.add(order, Outcome::kOk, id);
  }
  if (!test::poll_until([&] { return trial.tailer->has(last); }, kRestartDeadline))
    trial.incident("a stream that was recreated with smaller IDs is not served");
  return {};
}

constexpr Needs kAlone = {.alone = true, .steady_clock = true}, kSteady = {.steady_clock = true};

}  // namespace

const std::vector<Fault> kStreamFaults = {
    {"V8", "XGROUP DESTROY", kGroup, kAnywhere, command({"XGROUP", "DESTROY", "orders", "orderd"})},
    // To the beginning or to one of the newest entries.
    {"V8", "XGROUP SETID back", kGroup, kAnywhere,
     [](Trial& trial, Daemon& daemon) {
       static const Words kFar = {"2", "3", "20", "1000", "1000000"};
       return command({"EVAL", R"(
           local last = server.pcall('XREVRANGE', 'orders', '+', '-', 'COUNT', ARGV[1])
           if last.err or #last == 0 then return 0 end
           local id = #last == tonumber(ARGV[1]) and last[#last][1] or '0'
           return server.pcall('XGROUP', 'SETID', 'orders', 'orderd', id))",
                       "0", kFar[trial.random.number(kFar.size())]})(trial, daemon);
     }},
    {"V8", "XGROUP SETID forward", kGroup, kAnywhere,
     [](Trial& trial, Daemon& daemon) {
       const char* id = trial.random.chance(50) ? "$" : "99999999999999-0";
       return command({"XGROUP", "SETID", "orders", "orderd", id})(trial, daemon);
     }},
    {"V8", "a foreign consumer reads, claims and acknowledges in the group", kGroup, kAnywhere, strange_consumer},
    {"V9", "DEL of the orders stream", kStream, kSafe, delete_by(Stream::kReplaced, "server.call('DEL', 'orders')"),
     kSteady},
    {"V9", "XDEL of waiting entries", kStream, kSafe, delete_by(Stream::kStays, kDeleteEveryOther)},
    // As an operator might do to keep a stream short.
    {"V9", "XTRIM of waiting entries", kStream, kSafe,
     delete_by(Stream::kStays, "server.call('XTRIM', 'orders', 'MAXLEN', '5')")},
    {"V9", "RESTORE of an older copy of the orders stream", kStream, kSafe, restore_older, kSteady},
    {"V9", "RENAME of the orders stream and back, producers paused", kStream, kSafe, absent(kRename, Producers::kHeld),
     kAlone},
    {"V9", "RENAME of the orders stream and back, under load", kStream, kSafe, absent(kRename, Producers::kPush),
     kSteady},
    {"V9", "RENAME of the orders stream under load, and back in quiet", kStream, kSafe,
     absent(kRename, Producers::kHeldThen), kAlone},
    {"V9", "DUMP, DEL and RESTORE, producers paused", kStream, kSafe, absent(kDump, Producers::kHeld), kAlone},
    {"V9", "DUMP, DEL and RESTORE, under load", kStream, kSafe, absent(kDump, Producers::kPush), kSteady},
    {"V9", "DUMP and DEL under load, and RESTORE in quiet", kStream, kSafe, absent(kDump, Producers::kHeldThen),
     kAlone},
    {"V9", "DEL of the orders stream, recreated with smaller IDs", kStream, kSafe, recreate, kAlone},
};

}  // namespace orderd::chaos
