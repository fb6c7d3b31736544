// One thread, one loop. pump() hands out everything that is due; it is called whenever something may have changed: a
// due time has come, a producer has room, input has arrived. finish() ends the loop.
#include "replay/runner.h"

#include <algorithm>
#include <csignal>
#include <optional>
#include <random>

#include "shared/output.h"
#include "shared/stop_signal.h"

namespace orderd::replay {
namespace {

using Milliseconds = std::chrono::milliseconds;

constexpr Milliseconds kInputPoll{2};
constexpr Milliseconds kTick{100};
// How long a run that was stopped waits for the replies in flight.
constexpr Milliseconds kDrain{5000};
// Two signals within so long are one: timeout(1) signals its child and then the child's group.
constexpr uint64_t kSameSignalNs = 50'000'000;
// With more requests without a result than this, pushing waits: each takes memory.
constexpr std::size_t kMaxWaiting = 1'000'000;

valkey::Handshake handshake_of(const settings::Settings& settings) {
  return {.name = tools::program_name(),
          .scripts = {},
          .primary_moves = settings.has_sentinels(),
          .connect_timeout = settings.valkey.connect_timeout,
          .reply_timeout = settings.valkey.reply_timeout};
}

}  // namespace

// One lane: its producers, its results, and the requests that have none yet.
struct Runner::Lane : Producer::Listener, Tail::Listener {
  Lane(Runner& its_owner, std::size_t its_index, const settings::Settings& settings, const std::string& results_after)
      : owner(its_owner), index(its_index) {
    std::random_device entropy;
    valkey::Topology& topology = owner.topologies_.of(settings.lane);
    const valkey::Handshake handshake = handshake_of(settings);
    const RunOptions& options = owner.options_;
    Producer::Listener& pushes = *this;
    for (uint64_t i = 0; i < options.producers; ++i) {
      producers.push_back(std::make_unique<Producer>(
          owner.loop_, topology, handshake,
          Producer::Options{.stream = settings.streams.orders, .window = options.window, .retry = options.retry},
          entropy(), pushes));
    }
    if (!options.wait) return;
    Tail::Listener& results = *this;
    tail = std::make_unique<Tail>(owner.loop_, topology, handshake, settings.streams.results, results_after, entropy(),
                                  results);
  }

  void start() {
    if (tail) tail->start();
    for (const auto& producer : producers) producer->start();
  }
  void stop() {
    for (const auto& producer : producers) producer->stop();
    if (tail) tail->stop();
  }
  [[nodiscard]] bool connected() const {
    return std::all_of(producers.begin(), producers.end(), [](const auto& each) { return each->has_room(); });
  }
  // What is known of others' requests up to the newest reply of each producer.
  void forget_strangers() {
    constexpr uint64_t kLast = UINT64_MAX;
    tools::StreamId known{kLast, kLast};
    for (const auto& producer : producers) {
      if (producer->open() > 0) known = std::min(known, producer->newest());
    }
    awaiting.forget_early(known);
  }

  void on_pushed(const Producer::Request& request, tools::StreamId id) override { owner.on_pushed(*this, request, id); }
  void on_unknown(const Producer::Request& /*request*/, bool again) override { owner.on_unknown(again); }
  void on_failed(const Producer::Request& request, const std::string& answer, bool again) override {
    owner.on_failed(request, answer, again);
  }
  void on_room() override { owner.pump(); }
  void on_results(const std::vector<tools::Entry>& page, uint64_t now) override { owner.on_results(*this, page, now); }
  void on_refused(const std::string& answer) override { owner.on_refused(answer); }
  void on_trouble(const std::string& what) override { owner.say(what); }

  Runner& owner;
  const std::size_t index;
  Awaiting awaiting;
  std::vector<std::unique_ptr<Producer>> producers;
  std::size_t next = 0;  // whose turn it is
  std::unique_ptr<Tail> tail;
};

Runner::Runner(const tools::Context& context, const RunOptions& options, Source& source,
               const std::vector<std::string>& results_after, RunHooks hooks)
    : options_(options),
      source_(source),
      hooks_(std::move(hooks)),
      progress_(options.quiet),
      pace_(options.pace, options.pace_amount),
      route_(context),
      topologies_(loop_, context.whole),
      due_(std::make_unique<PreciseTimer>(loop_, [this] { pump(); })),
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
  for (const auto& lane : lanes_) last.push_back(lane->tail->after());
  return last;
}

Result<bool> Runner::run() {
  // A server that goes away must not end the program; the failed write is noticed.
  (void)std::signal(SIGPIPE, SIG_IGN);
  for (const auto& lane : lanes_) lane->start();
  ticker_.start(kTick);
  if (!finished_) loop_.run();
  signals_.clear();  // from here on a signal ends the program, but for one that belongs to the first
  if (signaled_ns_ != 0) {
    tools::StopSignal::install_after(Milliseconds((now_ns() - signaled_ns_) / 1'000'000));
  } else {
    for (const int number : {SIGINT, SIGTERM}) (void)std::signal(number, SIG_DFL);
  }
  progress_.clear();
  if (!failure_.empty()) return Failure{failure_};
  return true;
}

// True once all producers are connected: the run's time starts then.
bool Runner::begin() {
  if (begun_) return true;
  if (!std::all_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane->connected(); })) return false;
  begun_ = true;
  summary_.begin_ns = newest_result_ns_ = now_ns();
  pace_.begin(summary_.begin_ns);
  return true;
}

void Runner::pump() {
  // Pushing may call back when a producer has room again.
  if (pumping_ || !begin()) return;
  pumping_ = true;
  while (!stopping_ && !ended_) {
    const Source::State state = source_.look();
    if (state == Source::State::kWait) {
      input_.start(kInputPoll);
      break;
    }
    if (state == Source::State::kBroken) {
      stop(source_.error());
      break;
    }
    if (state == Source::State::kEnd) {
      ended_ = true;
      break;
    }
    if (source_.line().kind == Recorded::Kind::kStock) {
      source_.advance();
      continue;
    }
    // In the order of the recording: a lane that has no room holds up the others.
    Lane& lane = *lanes_[route_.of_request(source_.line())];
    Producer& producer = *lane.producers[lane.next];
    if (!producer.has_room() || waiting() >= kMaxWaiting) break;
    const uint64_t now = now_ns();
    const uint64_t due = pace_.due_ns(source_.line().at_us, now);
    if (due > now) {
      due_->start_at(due);
      break;
    }
    summary_.push_lag.add(now - due);
    producer.push(source_.line(), {.line = source_.number(), .due_ns = due});
    pace_.taken();
    source_.advance();
    lane.next = (lane.next + 1) % lane.producers.size();
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
  if (hooks_.sample && begun_) hooks_.sample(now_ns(), summary_);
  summary_.next_line = source_.number();
  for (const auto& lane : lanes_) {
    for (const auto& producer : lane->producers) {
      if (producer->open() > 0) summary_.next_line = std::min(summary_.next_line, producer->first_open_line());
    }
  }
  for (const auto& lane : lanes_) lane->stop();
  loop_.stop();
}

void Runner::stop(const std::string& why) {
  if (failure_.empty()) failure_ = why;
  if (stopping_) return;
  stopping_ = true;
  drain_.start(kDrain);
}

void Runner::signaled() {
  const uint64_t now = now_ns();
  if (signaled_ns_ != 0 && now - signaled_ns_ < kSameSignalNs) return;
  signaled_ns_ = now;
  if (stopping_) return finish();
  say("stopping (signal again to stop now)");
  stopping_ = true;
  drain_.start(kDrain);
  settle_down();
}

void Runner::tick() {
  ticker_.start(kTick);
  const uint64_t now = now_ns();
  if (hooks_.sample && begun_) hooks_.sample(now, summary_);
  if (now >= next_tick_ns_ && begun_) {
    next_tick_ns_ = now + progress_.every_ms() * 1'000'000;
    progress_.show({.pushed = summary_.pushed,
                    .failed = summary_.failed,
                    .unknown = summary_.unknown,
                    .resent = summary_.resent,
                    .results = options_.wait ? std::optional(summary_.results()) : std::nullopt,
                    .part = ended_ ? kMillion : source_.part_read()},
                   now);
  }
  look_at_patience();
}

void Runner::look_at_patience() {
  if (!options_.wait || stopping_ || waiting() == 0 || !begun_) return;
  const auto patience_ns = static_cast<uint64_t>(options_.timeout / std::chrono::nanoseconds(1));
  if (now_ns() - std::max(newest_result_ns_, summary_.pushed_ns) < patience_ns) return;
  std::optional<tools::StreamId> oldest;
  for (const auto& lane : lanes_) {
    if (lane->awaiting.size() == 0) continue;
    oldest = oldest ? std::min(*oldest, lane->awaiting.oldest()) : lane->awaiting.oldest();
  }
  stop(tools::count_text(waiting(), "request has", "requests have") + " no result, and none arrived within " +
       tools::duration_text(options_.timeout) + ". Is orderd running? See orderctl status. The oldest is " +
       oldest->text());
  settle_down();
}

std::size_t Runner::open_requests() const {
  std::size_t open = 0;
  for (const auto& lane : lanes_) {
    for (const auto& producer : lane->producers) open += producer->open();
  }
  return open;
}

// Requests without a result.
std::size_t Runner::waiting() const {
  std::size_t waiting = 0;
  for (const auto& lane : lanes_) waiting += lane->awaiting.size();
  return waiting;
}

void Runner::on_pushed(Lane& lane, const Producer::Request& request, tools::StreamId id) {
  trouble_.clear();
  summary_.last = id.text();
  if (summary_.pushed++ == 0) summary_.first = summary_.last;
  summary_.pushed_ns = now_ns();
  if (options_.wait) {
    const auto early = lane.awaiting.add(id, {request.due_ns});
    if (early) take_result(early->entry(), request.due_ns, early->seen_ns);
  }
  pump();
}

void Runner::on_unknown(bool again) {
  ++(again ? summary_.resent : summary_.unknown);
  pump();
}

void Runner::on_failed(const Producer::Request& request, const std::string& answer, bool again) {
  if (again) {
    ++summary_.resent;
    return say("the server cannot take requests now (" + tools::shown(answer) + "); retrying until it can");
  }
  ++summary_.failed;
  stop("line " + std::to_string(request.line) + " was refused: " + tools::shown(answer));
  pump();
}

void Runner::on_results(Lane& lane, const std::vector<tools::Entry>& page, uint64_t now) {
  for (const tools::Entry& entry : page) {
    const auto request = tools::parse_id(entry.field("request"));
    if (!request) continue;
    if (hooks_.seen) hooks_.seen(lane.index, entry);
    if (const auto waiting = lane.awaiting.answer(*request, entry, now)) take_result(entry, waiting->due_ns, now);
  }
  lane.forget_strangers();
  pump();
}

void Runner::take_result(const tools::Entry& entry, uint64_t due_ns, uint64_t seen_ns) {
  summary_.count(entry);
  summary_.latency.add(seen_ns > due_ns ? seen_ns - due_ns : 0);
  summary_.result_ns = newest_result_ns_ = seen_ns;
  if (hooks_.result) hooks_.result(entry, seen_ns);
}

void Runner::on_refused(const std::string& answer) {
  stop("cannot read the results: " + tools::shown(answer));
  settle_down();
}

void Runner::say(const std::string& what) {
  if (what == trouble_) return;
  trouble_ = what;
  progress_.clear();
  tools::note(what);
}

}  // namespace orderd::replay
