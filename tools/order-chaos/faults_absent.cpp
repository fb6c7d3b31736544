// V9: the orders stream is absent for a while and restored, or replaced by one with smaller IDs. Orders pushed
// meanwhile create a new stream, which is destroyed when the first one is restored.
#include <sstream>
#include <stdexcept>

#include "order-chaos/fault.h"
#include "order-chaos/stream_step.h"
#include "support/wait_for.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto kSettleDeadline = 10s;
constexpr auto kRestartDeadline = 20s;
constexpr uint64_t kUnusedSequence = 1'000'000;  // the server uses small ones within a millisecond

enum class How { kRename, kDump };
enum class Producers {
  kHeld,      // paused while the stream is absent
  kPush,      // never paused
  kHeldThen,  // paused only when the stream is restored
};

StreamStep take_away(Trial& trial, How how) {
  return stream_step(trial, Stream::kReplaced, some_orders(trial),
                     how == How::kRename ? "server.call('RENAME', 'orders', 'orders:away')" : R"(
      copy = server.call('DUMP', 'orders')
      server.call('DEL', 'orders'))");
}

StreamStep bring_back(Trial& trial, How how, const std::string& copy) {
  StreamStep step = stream_step(
      trial, Stream::kReplaced, {},
      how == How::kRename
          ? "if server.call('EXISTS', 'orders:away') == 1 then server.call('RENAME', 'orders:away', 'orders') end"
          : "server.call('RESTORE', 'orders', '0', arguments[1], 'REPLACE')",
      {copy});
  record_deleted(trial, step);
  return step;
}

Injected absent(Trial& trial, How how, Producers producers) {
  Trial::Hold hold;
  if (producers == Producers::kHeld) hold = trial.hold_producers();
  const StreamStep away = take_away(trial, how);
  return {trial.between(50, producers == Producers::kHeld ? 2500 : 800), [&trial, how, producers, away, hold] {
            const Trial::Hold quiet = producers == Producers::kHeldThen ? trial.hold_producers() : nullptr;
            if (quiet) (void)test::poll_until([&] { return trial.settled(); }, kSettleDeadline);
            const StreamStep back = bring_back(trial, how, away.copy);
            trial.record.absences.push_back({{away.waiting.begin(), away.waiting.end()}, {back.first, back.last}});
            // Waits for the last request that was in the stream. Producers are paused, so orderd has time to notice the
            // return.
            const auto settled = [&] { return trial.tailer->has(away.waiting.back().text()); };
            if (quiet && !test::poll_until(settled, kRestartDeadline))
              trial.incident("a stream restored while producers were paused is not served");
            if (hold) hold->clear();
          }};
}

// IDs below all earlier ones, except those that orderd cannot prove to be new: the ones below the `start` of the
// position (docs/guarantees.md).
EntryId small_id(Trial& trial) {
  const EntryId start = EntryId::parse(trial.ask({"HGET", "orders:position", "start"}));
  if (start != EntryId{}) return {start.ms, kUnusedSequence};
  // Different each time: half of the clock.
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {static_cast<uint64_t>(std::chrono::duration_cast<milliseconds>(now).count()) / 2, 1};
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
  return length == added || EntryId::parse(first) <= EntryId::parse(trial.ask({"HGET", "orders:position", "floor"}));
}

// The stream is deleted and recreated with explicit, smaller IDs. orderd must notice that by itself.
Injected recreate(Trial& trial) {
  const Trial::Hold hold = trial.hold_producers();
  if (!test::poll_until([&] { return trial.settled(); }, kSettleDeadline))
    throw std::runtime_error("not everything is settled although the producers are paused");
  if (!results_are_whole(trial)) throw std::runtime_error("an undone call has removed results");
  record_deleted(trial, stream_step(trial, Stream::kReplaced, {}, "server.call('DEL', 'orders')"));
  EntryId id = small_id(trial);
  trial.record.recreated.insert(id);
  std::string last;
  for (std::size_t i = 0; i < 20; ++i, id = next_id(id)) {
    const Order order = trial.probe();
    last = id.text();
    std::vector<std::string> words = {"XADD", "orders", last};
    for (const auto& [name, value] : order.entry) words.insert(words.end(), {name, value});
    (void)trial.ask(words);
    trial.record.add(order, Outcome::kOk, id);
  }
  if (!test::poll_until([&] { return trial.tailer->has(last); }, kRestartDeadline))
    trial.incident("a stream that was recreated with smaller IDs is not served");
  return {};
}

}  // namespace

std::vector<Fault> absent_stream_faults() {
  const auto row = [](const char* name, How how, Producers producers) {
    return state_fault("V9", name, "stream", Kind::kSafe,
                       [how, producers](Trial& trial) { return absent(trial, how, producers); },
                       {.alone = producers != Producers::kPush, .steady_clock = true});
  };
  return {
      row("RENAME of the orders stream and back, producers paused", How::kRename, Producers::kHeld),
      row("RENAME of the orders stream and back, under load", How::kRename, Producers::kPush),
      row("RENAME of the orders stream under load, and back in quiet", How::kRename, Producers::kHeldThen),
      row("DUMP, DEL and RESTORE, producers paused", How::kDump, Producers::kHeld),
      row("DUMP, DEL and RESTORE, under load", How::kDump, Producers::kPush),
      row("DUMP and DEL under load, and RESTORE in quiet", How::kDump, Producers::kHeldThen),
      state_fault("V9", "DEL of the orders stream, recreated with smaller IDs", "stream", Kind::kSafe, recreate,
                  {.alone = true, .steady_clock = true}),
  };
}

}  // namespace orderd::chaos
