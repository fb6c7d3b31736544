// One timer, four tasks, each with its period and at most one call in flight. A trim that reports more continues
// immediately: it keeps up with any rate of requests, and orders on the same connection wait for one step at most.
#include "lane/upkeep.h"

#include <algorithm>

#include "base/number.h"
#include "lane/scripts.h"

namespace orderd::lane {
namespace {

constexpr Milliseconds kTick{250};  // the shortest period of the timer, except to continue a trim
constexpr Milliseconds kSignEvery{1000};
constexpr Milliseconds kLookAgain{5000};
constexpr Milliseconds kTrimEvery{30'000};
constexpr Milliseconds kTrimAgain{1};
constexpr int kTrimEntries = 5000;  // about 1 ms of the server's time; see lua/trim.lua for large ones

}  // namespace

Upkeep::Upkeep(Loop& loop, const Options& options, valkey::Link& link, Counters& counters, Listener& listener)
    : loop_(loop),
      options_(options),
      link_(link),
      counters_(counters),
      listener_(listener),
      timer_(loop, [this] { tick(); }),
      sign_("sign", [this](const valkey::Reply& reply) { on_shown(reply); }),
      orders_("orders", [this](const valkey::Reply& reply) { on_trimmed(orders_, reply); }),
      results_("results", [this](const valkey::Reply& reply) { on_trimmed(results_, reply); }),
      dead_("dead", [this](const valkey::Reply& reply) { on_trimmed(dead_, reply); }) {
}

void Upkeep::start() {
  sign_.due_ms = 0;
  lag_.clear();
  tick();
}

void Upkeep::resume() {
  if (!timer_.active()) tick();
}

void Upkeep::stop() {
  timer_.stop();
}

void Upkeep::tick() {
  next_ms_ = loop_.now_ms() + static_cast<uint64_t>(kSignEvery.count());
  if (due(sign_, kSignEvery)) show();
  trim(orders_, options_.orders, options_.retention_orders);
  trim(results_, options_.results, options_.retention_results);
  trim(dead_, options_.dead, options_.retention_dead);
  timer_.start(Milliseconds(next_ms_ - std::min(next_ms_, loop_.now_ms())));
}

bool Upkeep::due(Task& task, Milliseconds period) {
  const uint64_t now = loop_.now_ms();
  const bool is_due = !task.ask.busy() && now >= task.due_ms;
  if (is_due) task.due_ms = now + static_cast<uint64_t>(period.count());
  next_ms_ = std::min(next_ms_, std::max(task.due_ms, now + static_cast<uint64_t>(kTick.count())));
  return is_due;
}

void Upkeep::show() {
  sign_.ask.send(link_, valkey::Command::of("EVALSHA", link_.script_id(kSign), 2, options_.orders,
                                            options_.position_key(), options_.group));
}

void Upkeep::trim(Task& task, const std::string& stream, Milliseconds keep) {
  if (keep.count() == 0 || !due(task, std::clamp(keep / 4, kTick, kTrimEvery))) return;
  task.ask.send(link_,
                valkey::Command::of("EVALSHA", link_.script_id(kTrim), 2, stream, options_.position_key(), task.name,
                                    keep.count(), kTrimEntries, options_.group, listener_.settled_up_to()));
}

bool Upkeep::good(const Task& task, const valkey::Reply& reply) {
  if (reply.lost() || !timer_.active()) return false;
  listener_.on_upkeep(task.name, {reply.error(), std::string(reply.is_error() ? reply.text() : "")});
  return !reply.is_error();
}

// A lag counts only if two checks in a row see it: entries may have arrived between the last read and this reply.
void Upkeep::on_shown(const valkey::Reply& reply) {
  waiting_.reset();
  if (!good(sign_, reply)) return;
  const std::string before = std::exchange(lag_, std::string());
  const std::string_view lag = reply.at(1).text();
  waiting_ = parse_number<uint64_t>(lag);
  bool odd = false;
  if (reply.at(0).text() == "paused") {
    odd = true;
  } else if (reply.at(0).text() == "created") {
    odd = there_;
    there_ = true;
  } else if (reply.at(0).text() == "moved") {
    there_ = true;
    if (listener_.is_idle() && lag != "0") lag_ = "lag " + std::string(lag);
    odd = !lag_.empty() && lag_ == before && loop_.now_ms() >= look_again_ms_;
    // The lag may stay, or be the same when the stream is replaced again.
    if (odd) look_again_ms_ = loop_.now_ms() + static_cast<uint64_t>(kLookAgain.count());
  }
  if (odd) listener_.on_stream_changed();
}

void Upkeep::on_trimmed(Task& task, const valkey::Reply& reply) {
  if (!good(task, reply)) return;
  counters_.trimmed += parse_number<uint64_t>(reply.at(0).text()).value_or(0);
  listener_.on_group_behind(task.name, reply.at(2).text(), reply.at(3).text());
  if (reply.at(1).text() != "1") return;
  task.due_ms = 0;
  timer_.start(kTrimAgain);
}

}  // namespace orderd::lane
