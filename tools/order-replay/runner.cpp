// One thread, one loop. pump() hands out everything that is due; it is called whenever something may have changed: a
// due time has come, a producer has room, input has arrived. finish() ends the loop.
#include "order-replay/runner_lane.h"

#include <algorithm>
#include <csignal>
#include <optional>
#include <utility>

#include "shared/output.h"
#include "shared/stop_signal.h"

namespace orderd::replay {

// A pipe is polled at first this often, then more and more seldom.
constexpr Milliseconds kInputPoll{2};
constexpr Milliseconds kInputPollMax{50};
constexpr Milliseconds kTick{100};
// How long a run that was stopped waits for the replies in flight.
constexpr Milliseconds kDrain{5000};
// Two signals within so long are one: timeout(1) signals its child and then the child's group.
constexpr uint64_t kSameSignalNs = 50'000'000;
// With more requests without a result than this, pushing waits: each takes memory.
constexpr std::size_t kMaxWaiting = 1'000'000;

Runner::Runner(const tools::Context& context, const RunOptions& options, Source& source,
               const std::vector<std::string>& results_after, RunHooks hooks)
    : context_(context),
      options_(options),
      source_(source),
      hooks_(std::move(hooks)),
      progress_(options.quiet),
      pace_(options.pace, options.pace_amount),
      decoder_(context.whole.limits()),
      topologies_(loop_, context.whole),
      due_(loop_, [this] { pump(); }),
      input_(loop_, [this] { pump(); }),
      ticker_(loop_, [this] { tick(); }),
      drain_(loop_, [this] { finish(); }) {
  summary_.waited = options.wait;
  for (std::size_t i = 0; i < context.lanes.size(); ++i) {
    lanes_.push_back(std::make_unique<Lane>(*this, i, context.lanes[i], results_after[i]));
  }
  for (const int number : {SIGINT, SIGTERM}) {
    Signal::hold(number);
    signals_.push_back(std::make_unique<Signal>(loop_, number, [this] { signaled(); }));
  }
}

Runner::~Runner() = default;

std::vector<std::string> Runner::last_results() const {
  std::vector<std::string> last;
  for (const auto& lane : lanes_) last.push_back(lane->last_result());
  return last;
}

Result<bool> Runner::run() {
  // A server that goes away must not end the program; the failed write is noticed.
  (void)std::signal(SIGPIPE, SIG_IGN);
  for (const auto& lane : lanes_) {
    if (!finished_) lane->start();
  }
  ticker_.start(kTick);
  if (!finished_) loop_.run();
  signals_.clear();  // from here on a signal ends the program, but for one that belongs to the first
  if (signaled_ns_ != 0) {
    tools::StopSignal::install_after(Milliseconds((uv_hrtime() - signaled_ns_) / 1'000'000));
  } else {
    for (const int number : {SIGINT, SIGTERM}) (void)std::signal(number, SIG_DFL);
  }
  progress_.clear();
  if (!failure_.empty()) return Failure{failure_};
  return true;
}

// True once all producers are connected: the run's time starts then.
bool Runner::begin() {
  if (started_) return true;
  if (!std::all_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane->ready(); })) return false;
  started_ = true;
  summary_.begin_ns = uv_hrtime();
  pace_.begin(summary_.begin_ns);
  return true;
}

// That of its first SKU, as every producer does it. A request whose SKU cannot be read goes to the first lane.
Runner::Lane& Runner::lane_of(const Recorded& line) {
  if (lanes_.size() == 1) return *lanes_.front();
  if (!line.sku.empty()) return *lanes_[context_.lane_of(line.sku)];
  (void)decoder_.decode(line.fields, request_, detail_);
  return *lanes_[request_.lines.empty() ? 0 : context_.lane_of(request_.lines.front().sku)];
}

void Runner::pump() {
  // Pushing may call back when a producer has room again.
  if (pumping_ || !begin()) return;
  pumping_ = true;
  while (!stopping_ && !ended_) {
    const Source::State state = source_.look();
    if (state == Source::State::kWait) {
      input_.start(input_poll_);
      input_poll_ = std::clamp(2 * input_poll_, kInputPoll, kInputPollMax);
      break;
    }
    input_poll_ = kInputPoll;
    if (state == Source::State::kBroken) stop(source_.error());
    ended_ = state == Source::State::kEnd;
    if (state != Source::State::kLine) break;
    if (source_.line().kind == Recorded::Kind::kStock) {
      source_.advance();
      continue;
    }
    // In the order of the recording: a lane that has no room delays the others.
    Lane& lane = lane_of(source_.line());
    next_ = &lane;
    if (!lane.can_take() || waiting() >= kMaxWaiting) break;
    const uint64_t now = uv_hrtime();
    const uint64_t due = pace_.due_ns(source_.line().at_us, now);
    if (due > now) {
      due_.start_at(due);
      break;
    }
    summary_.push_lag.add(now - due);
    lane.push(source_.line(), {.line = source_.number(), .due_ns = due});
    pace_.taken();
    source_.advance();
    next_ = nullptr;
  }
  pumping_ = false;
  if (stopping_ || ended_) settle_down();
}

// No more requests are taken. Is everything done?
void Runner::settle_down() {
  if (open_requests() > 0) return;
  if (!stopping_ && options_.wait && waiting() > 0) return;
  finish();
}

void Runner::finish() {
  if (finished_) return;
  finished_ = true;
  summary_.stopped = stopping_;
  summary_.missing = waiting();
  if (hooks_.sample && started_) hooks_.sample(uv_hrtime(), summary_);
  if (stopping_ && failure_.empty() && summary_.missing > 0) say(missing_text(" yet"));
  summary_.all_pushed = ended_ && open_requests() == 0 && summary_.failed == 0;
  summary_.outcomes_known = open_requests() + summary_.failed + summary_.unknown == 0;
  summary_.next_line = std::min(source_.number(), first_failed_line_);
  for (const auto& lane : lanes_) {
    summary_.next_line = std::min(summary_.next_line, lane->first_open_line());
    lane->stop();
  }
  std::erase_if(summary_.rejected, [](const auto& each) { return each.second == 0; });  // results that were lost
  loop_.stop();
}

// `why`: a failure; empty: none.
void Runner::stop(const std::string& why) {
  if (failure_.empty()) failure_ = why;
  if (!std::exchange(stopping_, true)) drain_.start(kDrain);
}

void Runner::end(const std::string& why) {
  stop(why);
  finish();
}

void Runner::signaled() {
  const uint64_t now = uv_hrtime();
  if (signaled_ns_ != 0 && now - signaled_ns_ < kSameSignalNs) return;
  signaled_ns_ = now;
  if (stopping_) return finish();
  say("stopping (signal again to stop now)");
  stop("");
  settle_down();
}

void Runner::tick() {
  ticker_.start(kTick);
  for (const auto& lane : lanes_) lane->look();
  const uint64_t now = uv_hrtime();
  if (hooks_.sample && started_) hooks_.sample(now, summary_);
  if (now >= next_tick_ns_ && started_) {
    next_tick_ns_ = now + progress_.every_ms() * 1'000'000;
    progress_.show(summary_, ended_ ? kMillion : source_.part_read(), now);
  }
  look_at_patience();
}

void Runner::look_at_patience() {
  if (stopping_) return;
  const uint64_t now = uv_hrtime();
  const auto passed = [now](uint64_t since_ns, Milliseconds patience) {
    return now >= since_ns && std::chrono::nanoseconds(now - since_ns) >= patience;
  };
  const Lane* troubled = nullptr;
  for (const auto& lane : lanes_) {
    // A lost connection that nobody needs now may come back in its own time.
    const bool needed = !started_ || lane->open() > 0 || lane->awaiting().size() > 0 || next_ == lane.get();
    if (!needed || lane->trouble().empty()) {
      lane->missed_ns = 0;
      continue;
    }
    troubled = lane.get();
    if (lane->missed_ns == 0) {
      lane->missed_ns = now;
      if (options_.give_up) lane->hurry();
    }
    if (options_.give_up && passed(lane->missed_ns, *options_.give_up)) return end(lane->prefix() + lane->trouble());
  }
  if (!options_.wait || waiting() == 0 || !started_) return;
  if (options_.give_up && troubled != nullptr) return;
  if (!passed(patience_ns_, options_.timeout)) return;
  const std::string missing = missing_text(
      ", and none arrived within " + tools::duration_text(options_.timeout) + ". " +
      (troubled != nullptr ? troubled->prefix() + troubled->trouble() : "Is orderd running? See orderctl status"));
  if (options_.give_up && !ended_ && waiting() < kMaxWaiting) {
    // More input may come for as long as it likes.
    if (std::exchange(reported_ns_, patience_ns_) != patience_ns_) say(missing);
    return;
  }
  stop(missing);
  settle_down();
}

std::string Runner::missing_text(const std::string& why) const {
  const Lane* oldest = nullptr;
  for (const auto& lane : lanes_) {
    if (lane->awaiting().size() == 0) continue;
    if (oldest == nullptr || lane->awaiting().oldest() < oldest->awaiting().oldest()) oldest = lane.get();
  }
  ORDERD_CHECK(oldest != nullptr, "no request is without a result");
  return tools::count_text(waiting(), "request has", "requests have") + " no result" + why + ". The oldest is " +
         oldest->prefix() + oldest->awaiting().oldest().text();
}

std::size_t Runner::open_requests() const {
  std::size_t open = 0;
  for (const auto& lane : lanes_) open += lane->open();
  return open;
}

// Requests without a result.
std::size_t Runner::waiting() const {
  std::size_t waiting = 0;
  for (const auto& lane : lanes_) waiting += lane->awaiting().size();
  return waiting;
}

void Runner::say(const std::string& what) {
  progress_.clear();
  tools::note(what);
}

}  // namespace orderd::replay
