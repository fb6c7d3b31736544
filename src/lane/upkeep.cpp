// One timer, several chores; each has its period and at most one call under way. Their calls stand in the same pipe as
// the orders, a few short ones a second.
#include "lane/upkeep.h"

#include <algorithm>

namespace orderd::lane {
namespace {

constexpr Milliseconds kPositionEvery{1000};
constexpr Milliseconds kTrimEvery{30'000};
constexpr int kClaimEntries = 128;
constexpr int kTrimEntries = 10'000;

}  // namespace

Upkeep::Upkeep(Loop& loop, const Options& options, valkey::Session& session, Settler& settler, Counters& counters,
               Listener& listener)
    : loop_(loop),
      options_(options),
      session_(session),
      settler_(settler),
      counters_(counters),
      listener_(listener),
      timer_(loop, [this] { tick(); }) {
  prepare(position_, "position", &Upkeep::on_position);
  prepare(look_, "look at the position", &Upkeep::on_looked);
  prepare(claim_, "claim", &Upkeep::on_claim);
  prepare(refresh_, "refresh", &Upkeep::on_refreshed);
  prepare(trim_orders_, "trim of the orders stream", &Upkeep::on_trimmed_orders);
  prepare(trim_results_, "trim of the results stream", &Upkeep::on_trimmed_results);
}

void Upkeep::prepare(Chore& chore, const char* name, void (Upkeep::*on_good)(const valkey::Reply&)) {
  chore.owner = this;
  chore.name = name;
  chore.on_good = on_good;
  chore.done = [](valkey::Call& call, const valkey::Reply& reply) {
    auto& done = static_cast<Chore&>(call);
    done.owner->on_reply(done, reply);
  };
}

void Upkeep::start() {
  if (!timer_.active()) timer_.start(tick_length());
}

void Upkeep::stop() {
  timer_.stop();
}

void Upkeep::on_up() {
  knows_position_ = false;
  look();
}

void Upkeep::disregard_position() {
  if (settled_ != EntryId{}) disregarded_ = settled_;
  settled_ = {};
}

// Short enough for the shortest period among the settings.
Milliseconds Upkeep::tick_length() const {
  return std::clamp(options_.claim_idle / 3, Milliseconds(20), Milliseconds(500));
}

bool Upkeep::due(Chore& chore, Milliseconds every) {
  if (chore.busy || loop_.now_ms() < chore.due_ms) return false;
  chore.due_ms = loop_.now_ms() + static_cast<uint64_t>(every.count());
  return true;
}

void Upkeep::tick() {
  timer_.start(tick_length());
  if (!session_.up()) return;
  refresh();
  // A table that does not flow has no use for more.
  if (settler_.flowing() && due(claim_, options_.claim_idle / 3)) claim("0-0");
  if (counters_.settled() != position_settled_) position_more_ = 3;
  if (position_more_ > 0 && due(position_, kPositionEvery)) write_position();
  // Others may be serving while this lane has nothing to write down.
  if (position_more_ == 0 && due(look_, kPositionEvery)) look();
  if (options_.retention_orders.count() > 0 &&
      due(trim_orders_, std::clamp(options_.retention_orders / 4, Milliseconds(250), kTrimEvery))) {
    trim_orders();
  }
  if (options_.retention_results.count() > 0 &&
      due(trim_results_, std::clamp(options_.retention_results / 4, Milliseconds(250), kTrimEvery))) {
    trim_results();
  }
}

void Upkeep::send(Chore& chore, const valkey::Command& command) {
  chore.busy = session_.send(chore, command);
}

void Upkeep::on_reply(Chore& chore, const valkey::Reply& reply) {
  chore.busy = false;
  if (&chore == &look_ && reply.error() != valkey::ErrorKind::kLost && !knows_position_) {
    knows_position_ = true;  // whatever it says: where it is refused, orders go on
    if (reply.error() == valkey::ErrorKind::kNone) on_looked(reply);
    listener_.on_position_known();
  }
  switch (reply.error()) {
    case valkey::ErrorKind::kNone:
      // A replica that is taken for the primary answers this, too: it is no work done.
      if (&chore != &look_) session_.proven();
      return (this->*chore.on_good)(reply);
    case valkey::ErrorKind::kLost: return;
    case valkey::ErrorKind::kUnavailable: return;  // the orders meet it too, and say so
    case valkey::ErrorKind::kNoScript: return settler_.reload();
    case valkey::ErrorKind::kNoGroup: return listener_.on_upkeep_group_missing();
    default: return listener_.on_upkeep_refused(chore.name, {reply.error(), std::string(reply.text())});
  }
}

void Upkeep::write_position() {
  if (position_.busy) return;
  position_settled_ = counters_.settled();
  --position_more_;
  send(position_, valkey::Command::of("EVALSHA", session_.script_id(kPosition), 3, options_.orders, options_.results,
                                      options_.position_key(), options_.group));
}

void Upkeep::on_position(const valkey::Reply& reply) {
  set_settled(reply.text());
}

void Upkeep::look() {
  if (!look_.busy) send(look_, valkey::Command::of("HMGET", options_.position_key(), "settled"));
}

void Upkeep::on_looked(const valkey::Reply& reply) {
  set_settled(reply.at(0).text());
}

void Upkeep::set_settled(std::string_view text) {
  settled_ = EntryId::parse(text);
  if (settled_ == disregarded_) {
    settled_ = {};
  } else {
    disregarded_ = {};
  }
}

void Upkeep::claim(std::string_view from) {
  send(claim_,
       valkey::Command::of("EVALSHA", session_.script_id(kClaim), 2, options_.orders, options_.results, options_.group,
                           options_.consumer, options_.claim_idle.count(), from, kClaimEntries));
}

void Upkeep::on_claim(const valkey::Reply& reply) {
  const auto count_of = [&reply](std::size_t index) {
    return static_cast<uint64_t>(std::clamp<int64_t>(reply.at(index).integer(), 0, kClaimEntries));
  };
  const uint64_t claimed = count_of(1);
  const uint64_t lost = count_of(2);
  counters_.claimed += claimed;
  for (uint64_t i = 0; i < lost; ++i) counters_.count(Verdict::kRequestLost);
  const std::string_view next = reply.at(0).text();
  if (!next.empty() && next != "0-0") claim(next);
  if (claimed > 0) listener_.on_claimed();
}

// An entry that waits here for long (the server is out of memory, say) is still ours: say so before others take it
// over. One that was not refreshed in time (this process was stopped) may be somebody else's by now and is left alone.
void Upkeep::refresh() {
  if (refresh_.busy) return;
  const auto idle_ms = static_cast<uint64_t>(options_.claim_idle.count());
  const uint64_t now_ms = loop_.now_ms();
  std::vector<std::string_view> ids;
  for (Slot& slot : settler_.slots()) {
    if (slot.state != Slot::State::kQueued || now_ms - slot.since_ms < idle_ms / 3) continue;
    if (now_ms - slot.since_ms < idle_ms) ids.emplace_back(slot.request);
    slot.since_ms = now_ms;
  }
  if (ids.empty()) return;
  valkey::Command command;
  command.begin(6 + ids.size());
  command.add("XCLAIM");
  command.add(options_.orders);
  command.add(options_.group);
  command.add(options_.consumer);
  command.add(0);
  for (const std::string_view id : ids) command.add(id);
  command.add("JUSTID");
  send(refresh_, command);
}

void Upkeep::on_refreshed(const valkey::Reply& /*reply*/) {
}

void Upkeep::trim_orders() {
  send(trim_orders_, valkey::Command::of("EVALSHA", session_.script_id(kTrim), 1, options_.orders,
                                         options_.retention_orders.count(), kTrimEntries, options_.group));
}

void Upkeep::trim_results() {
  send(trim_results_,
       valkey::Command::of("EVALSHA", session_.script_id(kTrim), 2, options_.results, options_.position_key(),
                           options_.retention_results.count(), kTrimEntries, ""));
}

void Upkeep::on_trimmed_orders(const valkey::Reply& reply) {
  counters_.trimmed += static_cast<uint64_t>(reply.integer());
  if (reply.integer() >= kTrimEntries) trim_orders_.due_ms = 0;  // there is more
}

void Upkeep::on_trimmed_results(const valkey::Reply& reply) {
  counters_.trimmed += static_cast<uint64_t>(reply.integer());
  if (reply.integer() >= kTrimEntries) trim_results_.due_ms = 0;
}

}  // namespace orderd::lane
