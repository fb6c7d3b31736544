// V9: the orders stream is absent for a while, and back; or there is another one with smaller IDs. What producers push
// meanwhile makes a stream of its own, which the return of the first one destroys.
#include <stdexcept>

#include "chaos/runner/fault.h"
#include "chaos/runner/pace.h"
#include "support/wait_for.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto kSettleDeadline = 10s;
constexpr auto kRestartDeadline = 20s;
// Long enough for an idle daemon to take a look at the stream, twice.
constexpr auto kIdle = 2500ms;

enum class How { kRename, kDump };
enum class Producers {
  kHeld,      // nobody pushes while the stream is absent
  kPush,      // they push all the time
  kHeldThen,  // they push while it is absent, not when it comes back
};

// Answers the entries that waited; the last one is the copy where `how` is kDump.
std::vector<std::string> take_away(Trial& trial, How how) {
  return trial.run(how == How::kRename ? R"(
      local waiting = unsettled('orders')
      server.call('RENAME', 'orders', 'orders:away')
      return waiting)"
                                       : R"(
      local waiting = unsettled('orders')
      waiting[#waiting + 1] = server.call('DUMP', 'orders')
      server.call('DEL', 'orders')
      return waiting)");
}

// Answers the entries of the stream in between that waited.
void bring_back(Trial& trial, How how, const std::string& copy) {
  trial.record.deleted(trial.run_between_entries(how == How::kRename ? R"(
      if server.call('EXISTS', 'orders:away') == 0 then return {} end
      local waiting = unsettled('orders')
      server.call('RENAME', 'orders:away', 'orders')
      return waiting)"
                                                                     : R"(
      local waiting = unsettled('orders')
      server.call('RESTORE', 'orders', '0', ARGV[1], 'REPLACE')
      return waiting)",
                                                 {copy}));
}

Injected absent(Trial& trial, How how, Producers producers) {
  Trial::Hold hold;
  if (producers == Producers::kHeld) hold = trial.hold_producers();
  std::vector<std::string> waiting = take_away(trial, how);
  std::string copy;
  if (how == How::kDump) {
    copy = waiting.back();
    waiting.pop_back();
  }
  // What others have overtaken meanwhile stays behind.
  if (producers != Producers::kHeld) trial.record.passed_over(waiting);
  return {trial.between(50, producers == Producers::kHeld ? 2500 : 800), [&trial, how, producers, copy, hold] {
            const Trial::Hold quiet = producers == Producers::kHeldThen ? trial.hold_producers() : nullptr;
            if (quiet) (void)test::poll_until([&] { return trial.settled(); }, kSettleDeadline);
            bring_back(trial, how, copy);
            if (quiet) let_pass(kIdle);
            if (hold) hold->clear();
          }};
}

// The stream is deleted, and somebody creates it with IDs of his own, smaller than all before. orderd has to notice
// that by itself.
Injected recreate(Trial& trial, std::size_t /*daemon*/) {
  const Trial::Hold hold = trial.hold_producers();
  if (!test::poll_until([&] { return trial.settled(); }, kSettleDeadline))
    throw std::runtime_error("the producers are held, and not everything is settled");
  // Always other ones: half of the clock.
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::string base = std::to_string(std::chrono::duration_cast<milliseconds>(now).count() / 2);
  (void)trial.ask({"DEL", "orders"});
  std::string last;
  for (std::size_t i = 1; i <= 20; ++i) {
    const Order order = trial.probe();
    last = base + "-" + std::to_string(i);
    std::vector<std::string> words = {"XADD", "orders", last};
    for (const auto& [name, value] : order.entry) words.insert(words.end(), {name, value});
    (void)trial.ask(words);
    if (i == 1) trial.record.recreated(EntryId::of(last));
    trial.record.add(order, Outcome::kOk, EntryId::of(last));
  }
  if (!test::poll_until([&] { return trial.tailer->has(last); }, kRestartDeadline))
    trial.incident("a stream that was recreated with smaller IDs is not served");
  return {};
}

}  // namespace

void add_absent_stream_faults(std::vector<Fault>& faults) {
  const auto add = [&](const char* name, How how, Producers producers) {
    const bool alone = producers != Producers::kPush;
    faults.push_back({"V9",
                      name,
                      Touches::kServerState,
                      "stream",
                      Kind::kSafe,
                      [how, producers](Trial& trial, std::size_t) { return absent(trial, how, producers); },
                      {.alone = alone, .steady_clock = true}});
  };
  add("RENAME of the orders stream and back, nobody pushes", How::kRename, Producers::kHeld);
  add("RENAME of the orders stream and back, under load", How::kRename, Producers::kPush);
  add("RENAME of the orders stream under load, and back in quiet", How::kRename, Producers::kHeldThen);
  add("DUMP, DEL and RESTORE, nobody pushes", How::kDump, Producers::kHeld);
  add("DUMP, DEL and RESTORE, under load", How::kDump, Producers::kPush);
  add("DUMP and DEL under load, and RESTORE in quiet", How::kDump, Producers::kHeldThen);
  faults.push_back({"V9",
                    "DEL of the orders stream, recreated with smaller IDs",
                    Touches::kServerState,
                    "stream",
                    Kind::kSafe,
                    recreate,
                    {.alone = true, .steady_clock = true}});
}

}  // namespace orderd::chaos
