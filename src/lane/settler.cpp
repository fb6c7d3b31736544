// The replies of a connection come in the order of its commands, so what is refused is collected in that order, and
// when nothing is in flight any more it stands again at the head of the queue. A later order never overtakes it.
#include "lane/settler.h"

#include <algorithm>

namespace orderd::lane {
namespace {

// A slot keeps its buffer up to this; an order of one line takes about 400 bytes.
constexpr std::size_t kKeptBytes = 4096;

}  // namespace

Settler::Settler(Loop& loop, const Options& options, valkey::Session& session, Counters& counters, uint32_t seed,
                 Listener& listener)
    : loop_(loop),
      options_(options),
      session_(session),
      counters_(counters),
      listener_(listener),
      backoff_(seed),
      timer_(loop, [this] { advance(); }),
      slots_(options.max_in_flight),
      queue_(options.max_in_flight) {
  free_.reserve(slots_.size());
  again_.reserve(slots_.size());
  for (auto slot = slots_.rbegin(); slot != slots_.rend(); ++slot) {
    slot->owner = this;
    slot->done = [](valkey::Call& call, const valkey::Reply& reply) {
      auto& settled = static_cast<Slot&>(call);
      settled.owner->on_reply(settled, reply);
    };
    free_.push_back(&*slot);
  }
  load_.owner = this;
  load_.done = [](valkey::Call& call, const valkey::Reply& reply) {
    static_cast<LoadCall&>(call).owner->on_loaded(reply);
  };
}

void Settler::on_up() {
  ORDERD_CHECK(occupied() == 0, "slots survived the end of their connection");
  must_load_ = false;  // the handshake has loaded them
  just_loaded_ = false;
  phase_ = Phase::kFlowing;
}

void Settler::on_down() {
  ORDERD_CHECK(sent_ == 0, "calls outlived their connection");
  timer_.stop();
  phase_ = Phase::kDown;
  again_.clear();
  queue_size_ = 0;
  for (Slot& slot : slots_) {
    if (slot.state != Slot::State::kFree) free(slot);
  }
}

Slot* Settler::take() {
  if (free_.empty() || phase_ == Phase::kDown) return nullptr;
  Slot* slot = free_.back();
  free_.pop_back();
  slot->state = Slot::State::kTaken;
  slot->since_ms = loop_.now_ms();
  return slot;
}

void Settler::submit(Slot& slot) {
  if (slot.state == Slot::State::kTaken) bytes_ += slot.command.bytes().size();
  slot.state = Slot::State::kQueued;
  queue_[(queue_head_ + queue_size_++) % queue_.size()] = &slot;
  pump();
}

void Settler::release(Slot& slot) {
  free(slot);
  listener_.on_room();
}

void Settler::reload() {
  if (phase_ == Phase::kDown) return;
  must_load_ = true;
  if (phase_ == Phase::kFlowing) {
    phase_ = Phase::kStalling;
    advance();
  }
}

void Settler::pump() {
  while (phase_ == Phase::kFlowing && queue_size_ > 0 && send_next()) {
  }
}

bool Settler::send_next() {
  Slot& slot = *queue_[queue_head_];
  if (!session_.send(slot, slot.command)) return false;  // going down: on_down() follows and empties the table
  slot.state = Slot::State::kSent;
  ++sent_;
  queue_head_ = (queue_head_ + 1) % queue_.size();
  --queue_size_;
  return true;
}

void Settler::on_reply(Slot& slot, const valkey::Reply& reply) {
  --sent_;
  switch (reply.error()) {
    case valkey::ErrorKind::kNone: {
      const Verdict verdict = parse_verdict(reply.text());
      if (verdict != Verdict::kUnknown) return on_verdict(slot, verdict);
      send_again(slot);
      return stall({valkey::ErrorKind::kFault, "the script gave an answer that this version does not know"});
    }
    case valkey::ErrorKind::kLost:
      // Whether it was settled is unknown. If it was not, it is still pending and will be read again.
      return free(slot);
    case valkey::ErrorKind::kNoScript:
      must_load_ = true;
      send_again(slot);
      return stall(just_loaded_ ? valkey::Error{reply.error(), std::string(reply.text())} : valkey::Error{});
    case valkey::ErrorKind::kRoleChanged:
    case valkey::ErrorKind::kMoved:
      send_again(slot);
      return listener_.on_wrong_server({reply.error(), std::string(reply.text())});
    case valkey::ErrorKind::kUnavailable:
    case valkey::ErrorKind::kNoGroup:
    case valkey::ErrorKind::kRefused:
    case valkey::ErrorKind::kFault: send_again(slot); return stall({reply.error(), std::string(reply.text())});
  }
}

void Settler::on_verdict(Slot& slot, Verdict verdict) {
  session_.proven();
  just_loaded_ = false;
  counters_.count(verdict);
  // With the gate open it was not pending: it says nothing of what the group has delivered.
  if (verdict <= Verdict::kRequestLost && slot.command.bytes()[slot.gate] == '1')
    highest_ = std::max(highest_, EntryId::parse(slot.request));
  const bool parked = verdict == Verdict::kGone || verdict == Verdict::kNoGroup;
  if (parked) {
    slot.state = Slot::State::kParked;
  } else {
    free(slot);
  }
  if (phase_ == Phase::kProbing) well();
  if (phase_ == Phase::kStalling && sent_ == 0) advance();
  if (parked) listener_.on_parked();
  listener_.on_room();
}

void Settler::send_again(Slot& slot) {
  slot.state = Slot::State::kQueued;
  again_.push_back(&slot);
}

// `error`: why; kNone where it is enough to load the scripts.
void Settler::stall(const valkey::Error& error) {
  if (error.kind != valkey::ErrorKind::kNone) {
    if (held_.what != error.what) listener_.on_hold(error);
    held_ = error;
  }
  if (phase_ == Phase::kFlowing || phase_ == Phase::kProbing) phase_ = Phase::kStalling;
  if (sent_ == 0) advance();
}

// The next step of a stall, once nothing is in flight.
void Settler::advance() {
  switch (phase_) {
    case Phase::kStalling: {
      if (sent_ > 0) return;
      // What was refused goes before what was never sent.
      std::vector<Slot*> rest;
      for (std::size_t i = 0; i < queue_size_; ++i) rest.push_back(queue_[(queue_head_ + i) % queue_.size()]);
      std::copy(again_.begin(), again_.end(), queue_.begin());
      std::copy(rest.begin(), rest.end(), queue_.begin() + static_cast<std::ptrdiff_t>(again_.size()));
      queue_head_ = 0;
      queue_size_ = again_.size() + rest.size();
      again_.clear();
      if (must_load_ && held_.kind == valkey::ErrorKind::kNone) {
        phase_ = Phase::kLoading;
        loaded_ = 0;
        return load_next();
      }
      phase_ = Phase::kHolding;
      return timer_.start(backoff_.next());
    }
    case Phase::kHolding:
      if (must_load_) {
        phase_ = Phase::kLoading;
        loaded_ = 0;
        return load_next();
      }
      if (queue_size_ == 0) return well();
      phase_ = Phase::kProbing;
      (void)send_next();  // refused only on the way down
      return;
    case Phase::kDown:
    case Phase::kFlowing:
    case Phase::kLoading:
    case Phase::kProbing: return;
  }
}

void Settler::load_next() {
  const auto sources = script_sources();
  if (loaded_ == sources.size()) {
    must_load_ = false;
    just_loaded_ = true;
    if (held_.kind == valkey::ErrorKind::kNone) return well();
    phase_ = Phase::kHolding;
    return advance();
  }
  (void)session_.send(load_, valkey::Command::of("SCRIPT", "LOAD", sources[loaded_]));  // refused only on the way down
}

void Settler::on_loaded(const valkey::Reply& reply) {
  if (reply.lost()) return;
  if (reply.is_error()) return hold({reply.error(), "SCRIPT LOAD: " + std::string(reply.text())});
  ++loaded_;
  load_next();
}

void Settler::hold(const valkey::Error& error) {
  if (held_.what != error.what) listener_.on_hold(error);
  held_ = error;
  phase_ = Phase::kHolding;
  timer_.start(backoff_.next());
}

void Settler::well() {
  phase_ = Phase::kFlowing;
  backoff_.reset();
  if (held_.kind != valkey::ErrorKind::kNone) {
    held_ = {};
    listener_.on_hold(held_);
  }
  pump();
  listener_.on_room();
}

void Settler::free(Slot& slot) {
  bytes_ -= slot.state == Slot::State::kTaken ? 0 : slot.command.bytes().size();
  slot.command.shrink(kKeptBytes);
  slot.state = Slot::State::kFree;
  free_.push_back(&slot);
}

}  // namespace orderd::lane
