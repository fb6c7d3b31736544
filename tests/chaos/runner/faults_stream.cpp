// V9: entries or the whole orders stream are deleted, or replaced by an older copy, in one step.
#include <stdexcept>

#include "chaos/runner/fault.h"
#include "chaos/runner/stream_step.h"

namespace orderd::chaos {
namespace {

// A daemon may have read some of the waiting entries, but none of those pushed in the same step.
Injected delete_by(Trial& trial, Stream stream, const std::string& lua) {
  record_deleted(trial, stream_step(trial, stream, some_orders(trial), lua));
  return {};
}

// Every other waiting entry.
Injected delete_entries(Trial& trial, std::size_t /*daemon*/) {
  return delete_by(trial, Stream::kStays, R"(
      local deleted = {}
      for i, id in ipairs(unsettled('orders', 500)) do
        if i % 2 == 0 then deleted[#deleted + 1] = id end
      end
      if #deleted > 0 then server.call('XDEL', 'orders', unpack(deleted)) end)");
}

// As an operator might do to keep a stream short.
Injected trim_stream(Trial& trial, std::size_t /*daemon*/) {
  return delete_by(trial, Stream::kStays, "server.call('XTRIM', 'orders', 'MAXLEN', '5')");
}

Injected delete_stream(Trial& trial, std::size_t /*daemon*/) {
  return delete_by(trial, Stream::kReplaced, "server.call('DEL', 'orders')");
}

// An operator restores an older copy: newer entries are lost, and most of those in the copy are already settled.
Injected restore_older(Trial& trial, std::size_t /*daemon*/) {
  const std::string copy = trial.ask({"DUMP", "orders"});
  if (copy.empty()) throw std::runtime_error("there is no orders stream at the moment");
  return {trial.between(0, 400), [&trial, copy] {
            record_deleted(trial,
                           stream_step(trial, Stream::kReplaced, some_orders(trial),
                                       "server.call('RESTORE', 'orders', '0', arguments[1], 'REPLACE')", {copy}));
          }};
}

}  // namespace

void add_stream_faults(std::vector<Fault>& faults) {
  const auto add = [&](const char* name, bool steady_clock, Injected (*inject)(Trial&, std::size_t)) {
    faults.push_back(
        {"V9", name, Touches::kServerState, "stream", Kind::kSafe, inject, {.steady_clock = steady_clock}});
  };
  add("DEL of the orders stream", true, delete_stream);
  add("XDEL of waiting entries", false, delete_entries);
  add("XTRIM of waiting entries", false, trim_stream);
  add("RESTORE of an older copy of the orders stream", true, restore_older);
}

}  // namespace orderd::chaos
