// A slot keeps its command until it is answered, so that it can be sent again as it was.
#include "order-replay/producer.h"

#include <algorithm>
#include <utility>

#include "shared/output.h"

namespace orderd::replay {

// Before the next attempt, after the server could not do it.
constexpr Milliseconds kPause{100};
// A slot does not keep the memory of one large request.
constexpr std::size_t kKeptBytes = 4096;

Producer::Producer(Loop& loop, valkey::Topology& topology, const valkey::Handshake& handshake, Options options,
                   uint32_t seed, Listener& listener)
    : options_(std::move(options)),
      listener_(listener),
      pause_(loop, [this] { send_again(); }),
      session_(loop, topology, handshake, Milliseconds(0), seed, *this) {
  for (std::size_t i = 0; i < options_.window; ++i) {
    Slot& added = slots_.emplace_back();
    added.owner = this;
    added.done = [](valkey::Call& call, const valkey::Reply& reply) {
      auto& slot = static_cast<Slot&>(call);
      slot.owner->on_reply(slot, reply);
    };
    free_.push_back(&added);
  }
}

void Producer::stop() {
  if (stopped_) return;
  stopped_ = true;
  pause_.stop();
  session_.stop();
  for (Slot* slot : std::exchange(resend_, {})) {
    const bool uncertain = slot->uncertain;
    release(*slot);
    if (uncertain) listener_.on_unknown();
  }
}

void Producer::push(const Recorded& recorded, Request request) {
  ORDERD_CHECK(can_take(), "a request for a producer that has no room");
  Slot& slot = *free_.back();
  free_.pop_back();
  slot.used = true;
  slot.uncertain = false;
  slot.request = request;
  slot.command.begin(3 + recorded.fields.size());
  slot.command.add("XADD");
  slot.command.add(options_.stream);
  slot.command.add("*");
  for (const std::string_view text : recorded.fields) slot.command.add(text);
  send(slot);
}

void Producer::send(Slot& slot) {
  if (!session_.send(slot, slot.command)) {
    resend_.push_back(&slot);  // after the reconnect
  } else if (slot.uncertain) {
    listener_.on_resent();
  }
}

void Producer::send_again() {
  if (pause_.active() || !up()) return;
  for (Slot* slot : std::exchange(resend_, {})) send(*slot);
  if (can_take()) listener_.on_ready();
}

void Producer::on_reply(Slot& slot, const valkey::Reply& reply) {
  const auto id = reply.lost() || reply.is_error() ? std::nullopt : StreamId::parse(reply.text());
  if (id) {
    const Request request = slot.request;
    session_.proven();
    newest_ = *id;
    release(slot);
    listener_.on_pushed(request, *id);
  } else if (!reply.lost()) {
    on_refused(slot, reply);
  } else if (options_.resend_lost && !stopped_) {
    slot.uncertain = true;
    resend_.push_back(&slot);
  } else {
    release(slot);
    listener_.on_unknown();
  }
  session_.replied();
}

void Producer::on_refused(Slot& slot, const valkey::Reply& reply) {
  using valkey::ErrorKind;
  const ErrorKind kind = reply.error();
  const std::string answer(reply.text());
  // Redirected: it was surely not carried out.
  const bool elsewhere = session_.is_elsewhere(kind);
  // A server that loads its data was restarted: the rest of the outage that ended the connection.
  const bool loading = options_.resend_lost && answer.starts_with("LOADING");
  const bool refused_for_now = kind == ErrorKind::kUnavailable || kind == ErrorKind::kRoleChanged;
  const bool passing = loading || (options_.resend_refused && refused_for_now);
  if (stopped_ || (!elsewhere && !passing)) {
    const Request request = slot.request;
    release(slot);
    return listener_.on_failed(request, answer);
  }
  resend_.push_back(&slot);
  if (elsewhere) return session_.leave({kind, answer});
  session_.suspect();
  if (!pause_.active()) pause_.start(kPause);
  listener_.on_trouble("the server cannot take requests now (" + tools::shown(answer) + "); retrying until it can");
}

void Producer::release(Slot& slot) {
  slot.used = false;
  slot.command.shrink(kKeptBytes);
  free_.push_back(&slot);
}

uint64_t Producer::first_open_line() const {
  uint64_t first = UINT64_MAX;
  for (const Slot& slot : slots_) {
    if (slot.used) first = std::min(first, slot.request.line);
  }
  return first;
}

}  // namespace orderd::replay
