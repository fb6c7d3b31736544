// V8, V9: others change the consumer group, delete entries or the whole orders stream, or replace it by an older copy.
// orderd only publishes its position in the group, so nothing done to that may matter.
#include <stdexcept>

#include "order-chaos/fault.h"
#include "order-chaos/stream_step.h"

namespace orderd::chaos {
namespace {

using std::chrono::milliseconds;

// Errors do not matter: the stream or the group may be missing.
Injected group_call(Trial& trial, const std::vector<std::string>& words) {
  (void)trial.call(words);
  return {};
}

// To the beginning or to one of the newest entries.
Injected move_group_back(Trial& trial) {
  static const std::vector<std::string> kFar = {"2", "3", "20", "1000", "1000000"};
  return group_call(trial, {"EVAL", R"(
      local last = server.pcall('XREVRANGE', 'orders', '+', '-', 'COUNT', ARGV[1])
      if last.err or #last == 0 then return 0 end
      local id = #last == tonumber(ARGV[1]) and last[#last][1] or '0'
      return server.pcall('XGROUP', 'SETID', 'orders', 'orderd', id))",
                            "0", kFar[trial.random.number(kFar.size())]});
}

Injected move_group_forward(Trial& trial) {
  return group_call(trial, {"XGROUP", "SETID", "orders", "orderd", trial.random.chance(50) ? "$" : "99999999999999-0"});
}

// A foreign consumer reads through the group, claims, acknowledges, and leaves.
Injected strange_consumer(Trial& trial) {
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
OfServer delete_by(Stream stream, const std::string& lua) {
  return [stream, lua](Trial& trial) {
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

// An operator restores an older copy: newer entries are lost, and most of those in the copy are already settled.
Injected restore_older(Trial& trial) {
  const std::string copy = trial.ask({"DUMP", "orders"});
  if (copy.empty()) throw std::runtime_error("there is no orders stream at the moment");
  return {trial.between(0, 400), [&trial, copy] {
            record_deleted(trial,
                           stream_step(trial, Stream::kReplaced, some_orders(trial),
                                       "server.call('RESTORE', 'orders', '0', arguments[1], 'REPLACE')", {copy}));
          }};
}

}  // namespace

std::vector<Fault> stream_faults() {
  const auto group = [](const char* name, OfServer inject) {
    return state_fault("V8", name, "group", Kind::kAnywhere, std::move(inject));
  };
  const auto stream = [](const char* name, bool steady_clock, OfServer inject) {
    return state_fault("V9", name, "stream", Kind::kSafe, std::move(inject), {.steady_clock = steady_clock});
  };
  return {
      group("XGROUP DESTROY",
            [](Trial& trial) {
              return group_call(trial, {"XGROUP", "DESTROY", "orders", "orderd"});
            }),
      group("XGROUP SETID back", move_group_back),
      group("XGROUP SETID forward", move_group_forward),
      group("a foreign consumer reads, claims and acknowledges in the group", strange_consumer),
      stream("DEL of the orders stream", true, delete_by(Stream::kReplaced, "server.call('DEL', 'orders')")),
      stream("XDEL of waiting entries", false, delete_by(Stream::kStays, kDeleteEveryOther)),
      // As an operator might do to keep a stream short.
      stream("XTRIM of waiting entries", false,
             delete_by(Stream::kStays, "server.call('XTRIM', 'orders', 'MAXLEN', '5')")),
      stream("RESTORE of an older copy of the orders stream", true, restore_older),
  };
}

}  // namespace orderd::chaos
