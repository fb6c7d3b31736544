// V9: entries or the whole orders stream are deleted, or replaced by an older copy, in one step.
#include <stdexcept>

#include "chaos/runner/fault.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

// Pushes orders and runs `lua` in the same step, so that no daemon can have read them. `lua` may name them: `pushed`,
// a list of IDs. It sets `deleted`, a list of IDs, which goes into the record.
void push_and_delete(Trial& trial, const std::vector<Order>& orders, const std::string& lua) {
  std::vector<std::string> arguments = {std::to_string(2 * orders.front().entry.size())};
  for (const Order& order : orders) {
    for (const auto& [name, value] : order.entry) arguments.insert(arguments.end(), {name, value});
  }
  const auto ids = trial.run(R"(
      local width, pushed, deleted = tonumber(ARGV[1]), {}, {}
      for first = 2, #ARGV, width do
        pushed[#pushed + 1] = server.call('XADD', 'orders', '*', unpack(ARGV, first, first + width - 1))
      end
      )" + lua + R"(
      for _, id in ipairs(deleted) do pushed[#pushed + 1] = id end
      return pushed)",
                             arguments);
  for (std::size_t i = 0; i < orders.size(); ++i) trial.record.add(orders[i], Outcome::kOk, EntryId::of(ids.at(i)));
  trial.record.deleted({ids.begin() + static_cast<std::ptrdiff_t>(orders.size()), ids.end()});
}

std::vector<Order> some_orders(Trial& trial) {
  std::vector<Order> orders;
  for (std::size_t i = trial.random.number(1, 20); i > 0; --i) orders.push_back(trial.probe());
  return orders;
}

// Every other one of those that wait: some were read by a daemon, some by nobody.
Injected delete_entries(Trial& trial, std::size_t /*daemon*/) {
  push_and_delete(trial, some_orders(trial), R"(
      for i, id in ipairs(unsettled('orders', 500)) do
        if i % 2 == 0 then deleted[#deleted + 1] = id end
      end
      if #deleted > 0 then server.call('XDEL', 'orders', unpack(deleted)) end)");
  return {};
}

// What somebody does who thinks that a stream has to be kept short.
Injected trim_stream(Trial& trial, std::size_t /*daemon*/) {
  push_and_delete(trial, some_orders(trial), R"(
      local there = {}
      local waiting = unsettled('orders')
      server.call('XTRIM', 'orders', 'MAXLEN', '5')
      for _, id in ipairs(unsettled('orders')) do there[id] = true end
      for _, id in ipairs(waiting) do
        if not there[id] then deleted[#deleted + 1] = id end
      end)");
  return {};
}

Injected delete_stream(Trial& trial, std::size_t /*daemon*/) {
  trial.record.deleted(trial.run_between_entries(R"(
      local waiting = unsettled('orders')
      server.call('DEL', 'orders')
      return waiting)"));
  return {};
}

// An operator restores a copy that is older: what came since is gone, what it holds is settled for the most part.
Injected restore_older(Trial& trial, std::size_t /*daemon*/) {
  const std::string copy = trial.ask({"DUMP", "orders"});
  if (copy.empty()) throw std::runtime_error("there is no orders stream just now");
  return {trial.between(0, 400), [&trial, copy] {
            trial.record.deleted(trial.run_between_entries(R"(
                local there, deleted = {}, {}
                local waiting = unsettled('orders')
                server.call('RESTORE', 'orders', '0', ARGV[1], 'REPLACE')
                for _, id in ipairs(unsettled('orders')) do there[id] = true end
                for _, id in ipairs(waiting) do
                  if not there[id] then deleted[#deleted + 1] = id end
                end
                return deleted)",
                                                           {copy}));
          }};
}

}  // namespace

void add_stream_faults(std::vector<Fault>& faults) {
  const auto add = [&](const char* name, bool steady_clock, Injected (*inject)(Trial&, std::size_t)) {
    faults.push_back(
        {"V9", name, Touches::kServerState, "stream", Kind::kSafe, inject, {.steady_clock = steady_clock}});
  };
  add("DEL of the orders stream", true, delete_stream);
  add("XDEL of entries that wait", false, delete_entries);
  add("XTRIM of entries that wait", false, trim_stream);
  add("RESTORE of an older copy of the orders stream", true, restore_older);
}

}  // namespace orderd::chaos
