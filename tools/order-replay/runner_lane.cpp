// Whether the connections work again is looked at after a reply and ten times a second, not when one of them comes up:
// a server that is wrongly taken for the primary accepts each connection and refuses all work.
#include "order-replay/runner_lane.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <random>

#include "shared/output.h"

namespace orderd::replay {

// Results of one read: handling a page should take far less than a millisecond.
constexpr std::size_t kResultsPage = 128;
// What a server can lack after a failover: the results of some seconds. 100 bytes each.
constexpr std::size_t kMaxTaken = 100'000;
// How long one read waits at the server.
constexpr Milliseconds kReadBlock{1000};
constexpr Milliseconds kReadPause{100};

Runner::Lane::Lane(Runner& owner, std::size_t index, const settings::Settings& settings,
                   const std::string& results_after)
    : owner_(owner),
      index_(index),
      name_(settings.lane_name()),
      results_(settings.streams.results),
      after_(results_after),
      pause_(owner.loop_, [this] { read_results(); }) {
  std::random_device entropy;
  valkey::Topology& topology = owner.topologies_.of(settings.lane);
  const valkey::Handshake handshake{.name = tools::program_name(),
                                    .scripts = {},
                                    .connect_timeout = settings.valkey.connect_timeout,
                                    .reply_timeout = settings.valkey.reply_timeout};
  const RunOptions& options = owner.options_;
  const Producer::Options pushing{.stream = settings.streams.orders,
                                  .window = options.window,
                                  .resend_lost = options.retry,
                                  .resend_refused = options.retry && (!options.give_up || topology.moves())};
  Producer::Listener& pushes = *this;
  for (uint64_t i = 0; i < options.producers; ++i) {
    producers_.push_back(std::make_unique<Producer>(owner.loop_, topology, handshake, pushing, entropy(), pushes));
  }
  if (!options.wait) return;
  taken_[StreamId::parse(results_after).value_or(StreamId{})] = {};
  read_.owner = this;
  read_.done = [](valkey::Call& call, const valkey::Reply& reply) {
    static_cast<Read&>(call).owner->on_results(reply);
  };
  Session::Listener& connection = *this;
  tail_.emplace(owner.loop_, topology, handshake, kReadBlock, entropy(), connection);
}

void Runner::Lane::start() {
  if (tail_) tail_->start();
  for (const auto& producer : producers_) {
    if (!owner_.finished_) producer->start();
  }
}

void Runner::Lane::stop() {
  for (const auto& producer : producers_) producer->stop();
  pause_.stop();
  if (tail_) tail_->stop();
  keep_all_but(0);
}

std::size_t Runner::Lane::open() const {
  std::size_t open = 0;
  for (const auto& producer : producers_) open += producer->open();
  return open;
}

uint64_t Runner::Lane::first_open_line() const {
  uint64_t first = UINT64_MAX;
  for (const auto& producer : producers_) {
    if (producer->open() > 0) first = std::min(first, producer->first_open_line());
  }
  return first;
}

void Runner::Lane::on_pushed(const Producer::Request& request, StreamId id) {
  proven_ = true;
  look();
  RunSummary& summary = owner_.summary_;
  summary.last = id.text();
  if (summary.pushed++ == 0) summary.first = summary.last;
  summary.pushed_ns = uv_hrtime();
  if (owner_.options_.wait) await(id, request.due_ns);
  owner_.pump();
}

void Runner::Lane::await(StreamId request, uint64_t due_ns) {
  if (owner_.waiting() == 0) owner_.patience_ns_ = uv_hrtime();
  const auto early = awaiting_.add(request, {due_ns});
  if (early) take(early->entry(), request, due_ns, early->seen_ns);
}

// Of one of our requests.
void Runner::Lane::take(const tools::Entry& result, StreamId request, uint64_t due_ns, uint64_t seen_ns) {
  RunSummary& summary = owner_.summary_;
  uint64_t& figure = summary.figure_of(result);
  ++figure;
  summary.latency.add(seen_ns > due_ns ? seen_ns - due_ns : 0);
  summary.result_ns = owner_.patience_ns_ = seen_ns;
  if (const auto id = StreamId::parse(result.id)) {
    Taken& taken = taken_[*id] = {request, due_ns, &figure};
    if (owner_.hooks_.kept) taken.copy.emplace(result, seen_ns);
  }
  if (owner_.hooks_.result) owner_.hooks_.result(result);
}

void Runner::Lane::keep_all_but(std::size_t newest) {
  for (; taken_.size() > newest; taken_.erase(taken_.begin())) {
    const Taken& oldest = taken_.begin()->second;
    if (oldest.copy) owner_.hooks_.kept(oldest.copy->entry());
  }
}

void Runner::Lane::on_unknown() {
  ++owner_.summary_.unknown;
  owner_.pump();
}

void Runner::Lane::on_failed(const Producer::Request& request, const std::string& answer) {
  ++owner_.summary_.failed;
  owner_.first_failed_line_ = std::min(owner_.first_failed_line_, request.line);
  owner_.stop(fmt::format("line {} was refused: {}", request.line, explained(answer)));
  owner_.pump();
}

// Before new results are read: does the server have those that were read?
void Runner::Lane::on_up() {
  comparing_ = !taken_.empty();
  read_results();
}

// While not connected nothing is sent; on_up() calls this again.
void Runner::Lane::read_results() {
  using valkey::Command;
  if (pause_.active()) return;
  if (comparing_) {
    const std::string last = taken_.rbegin()->first.text();
    return (void)tail_->send(read_, Command::of("XREVRANGE", results_, last, "-", "COUNT", 1));
  }
  (void)tail_->send(
      read_, Command::of("XREAD", "COUNT", kResultsPage, "BLOCK", kReadBlock.count(), "STREAMS", results_, after_));
}

// `newest`: the newest result that the server has, up to the last one that was read. If it is another one, what was
// read after it is lost: those requests have no result any more, and get a new one unless they are lost, too. It may
// have been written since with a smaller ID; then the last one that is left is looked for in turn.
void Runner::Lane::compare(const std::vector<tools::Entry>& newest) {
  const auto left = newest.empty() ? StreamId{} : StreamId::parse(newest.front().id).value_or(StreamId{});
  const auto first_lost = taken_.upper_bound(left);
  const std::map<StreamId, Taken> lost(first_lost, taken_.end());
  taken_.erase(first_lost, taken_.end());
  comparing_ = !taken_.empty() && taken_.rbegin()->first != left;
  after_ = left.text();
  if (lost.empty()) return;
  awaiting_.forget_results_after(left);
  if (owner_.hooks_.lost_after) owner_.hooks_.lost_after(index_, left);
  uint64_t ours = 0;
  for (const auto& [id, taken] : lost) {
    if (taken.figure == nullptr) continue;
    ++ours;
    --*taken.figure;
    await(taken.request, taken.due_ns);
  }
  if (ours == 0) return;
  owner_.say(fmt::format("{}{} no longer on the server; the requests wait for a result again", prefix(),
                         tools::count_text(ours, "result that was read is", "results that were read are")));
}

void Runner::Lane::on_results(const valkey::Reply& reply) {
  using valkey::ErrorKind;
  const uint64_t now = uv_hrtime();
  if (reply.lost()) return;
  if (reply.is_error()) {
    const ErrorKind kind = reply.error();
    if (tail_->is_elsewhere(kind)) return tail_->leave({kind, std::string(reply.text())});
    if (kind == ErrorKind::kUnavailable || kind == ErrorKind::kRoleChanged) {
      tail_->suspect();
      return pause_.start(kReadPause);
    }
    owner_.stop(prefix() + "cannot read the results: " + explained(std::string(reply.text())));
    return owner_.settle_down();
  }
  tail_->proven();
  const std::vector<tools::Entry> page = tools::entries_of(comparing_ ? reply : reply.at(0).at(1));
  if (comparing_) {
    compare(page);
    return read_results();
  }
  if (!page.empty()) after_ = page.back().id;
  // order matters: the server works on the next page while this one is handled.
  read_results();
  if (page.empty()) return;
  look();
  for (const tools::Entry& entry : page) {
    if (const auto id = StreamId::parse(entry.id)) taken_.try_emplace(taken_.end(), *id);
    const auto request = StreamId::parse(entry.field("request"));
    if (!request) continue;
    if (owner_.hooks_.seen) owner_.hooks_.seen(index_, entry);
    if (const auto waiting = awaiting_.answer(*request, entry, now)) take(entry, *request, waiting->due_ns, now);
  }
  keep_all_but(kMaxTaken);
  forget_strangers();
  owner_.pump();
}

// What is known of others' requests up to the newest reply of each producer.
void Runner::Lane::forget_strangers() {
  StreamId known{UINT64_MAX, UINT64_MAX};
  for (const auto& producer : producers_) {
    if (producer->open() > 0) known = std::min(known, producer->newest());
  }
  awaiting_.forget_early(known);
}

void Runner::Lane::on_down(const valkey::Error& error) {
  // Of no use unless somebody acts.
  const bool ends = error.kind == valkey::ErrorKind::kUnfit && (owner_.options_.give_up || !owner_.started_);
  if (ends) return owner_.end(prefix() + error.what);
  down_ = true;
  raise(error.what, "; reconnecting");
}

void Runner::Lane::hurry() {
  for (const auto& producer : producers_) producer->hurry();
  if (tail_) tail_->hurry();
}

void Runner::Lane::raise(const std::string& what, const std::string& next) {
  proven_ = false;
  if (what == trouble_) return;
  trouble_ = what;
  owner_.say(prefix() + what + next);
}

void Runner::Lane::look() {
  const auto up = [](const auto& each) { return each->up(); };
  if (trouble_.empty() || (tail_ && !tail_->up()) || !std::all_of(producers_.begin(), producers_.end(), up)) return;
  if (!proven_ && open() > 0) return;
  if (down_) owner_.say(prefix() + "reconnected");
  trouble_.clear();
  down_ = false;
  owner_.patience_ns_ = uv_hrtime();  // starts over
}

}  // namespace orderd::replay
