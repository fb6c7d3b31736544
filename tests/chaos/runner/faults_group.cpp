// V8: others change the consumer group. orderd only publishes its position there, so none of this may matter.
#include "chaos/runner/fault.h"

namespace orderd::chaos {
namespace {

using std::chrono::milliseconds;

// Errors do not matter: the stream or the group may be missing.
Injected once(Trial& trial, const std::vector<std::string>& words) {
  (void)trial.call(words);
  return {};
}

Injected destroy(Trial& trial, std::size_t /*daemon*/) {
  return once(trial, {"XGROUP", "DESTROY", "orders", "orderd"});
}

// To the beginning or to one of the newest entries.
Injected move_back(Trial& trial, std::size_t /*daemon*/) {
  static const std::vector<std::string> kFar = {"2", "3", "20", "1000", "1000000"};
  return once(trial, {"EVAL", R"(
      local last = server.pcall('XREVRANGE', 'orders', '+', '-', 'COUNT', ARGV[1])
      if last.err or #last == 0 then return 0 end
      return server.pcall('XGROUP', 'SETID', 'orders', 'orderd', #last == tonumber(ARGV[1]) and last[#last][1] or '0'))",
                      "0", kFar[trial.random.number(kFar.size())]});
}

Injected move_forward(Trial& trial, std::size_t /*daemon*/) {
  return once(trial, {"XGROUP", "SETID", "orders", "orderd",
                      trial.random.chance(50) ? std::string("$") : std::string("99999999999999-0")});
}

// A foreign consumer reads through the group, claims, acknowledges, and leaves.
Injected strange_consumer(Trial& trial, std::size_t /*daemon*/) {
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

}  // namespace

void add_group_faults(std::vector<Fault>& faults) {
  const auto add = [&](const char* name, Injected (*inject)(Trial&, std::size_t)) {
    faults.push_back({"V8", name, Touches::kServerState, "group", Kind::kAnywhere, inject});
  };
  add("XGROUP DESTROY", destroy);
  add("XGROUP SETID back", move_back);
  add("XGROUP SETID forward", move_forward);
  add("a foreign consumer reads, claims and acknowledges in the group", strange_consumer);
}

}  // namespace orderd::chaos
