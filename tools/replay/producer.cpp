// A slot keeps its command until it is answered, so that it can be sent again as it was.
#include "replay/producer.h"

#include <algorithm>

namespace orderd::replay {
namespace {

// Before the next attempt, after the server could not do it.
constexpr Milliseconds kPause{100};
// A slot does not keep the memory of one large request.
constexpr std::size_t kKeptBytes = 4096;

}  // namespace

Producer::Producer(Loop& loop, valkey::Topology& topology, const valkey::Handshake& handshake, Options options,
                   uint32_t seed, Listener& listener)
    : options_(std::move(options)),
      listener_(listener),
      pause_(loop, [this] { send_again(); }),
      session_(loop, topology, handshake, seed, *this) {
  for (std::size_t i = 0; i < options_.window; ++i) {
    slots_.push_back(std::make_unique<Slot>());
    slots_.back()->owner = this;
    slots_.back()->done = [](valkey::Call& call, const valkey::Reply& reply) {
      auto& slot = static_cast<Slot&>(call);
      slot.owner->on_reply(slot, reply);
    };
    free_.push_back(slots_.back().get());
  }
}

Producer::~Producer() {
  stop();
}

void Producer::stop() {
  if (stopped_) return;
  stopped_ = true;
  pause_.stop();
  session_.stop();
}

void Producer::push(const Recorded& recorded, Request request) {
  ORDERD_CHECK(has_room(), "a request for a producer that has no room");
  Slot& slot = *free_.back();
  free_.pop_back();
  slot.used = true;
  slot.request = request;
  slot.command.begin(3 + recorded.fields.size());
  slot.command.add("XADD");
  slot.command.add(options_.stream);
  slot.command.add("*");
  for (const std::string_view text : recorded.fields) slot.command.add(text);
  send(slot);
}

void Producer::send(Slot& slot) {
  // Not connected: it is sent after the reconnect.
  if (!session_.send(slot, slot.command)) resend_.push_back(&slot);
}

void Producer::send_again() {
  if (pause_.active() || !session_.up()) return;
  std::deque<Slot*> waiting;
  waiting.swap(resend_);
  for (Slot* slot : waiting) send(*slot);
  if (has_room()) listener_.on_room();
}

void Producer::on_reply(Slot& slot, const valkey::Reply& reply) {
  const Request request = slot.request;
  if (reply.lost()) {
    const bool again = options_.retry && !stopped_;
    if (again) {
      resend_.push_back(&slot);
    } else {
      release(slot);
    }
    return listener_.on_unknown(request, again);
  }
  const auto id = reply.is_error() ? std::nullopt : tools::parse_id(reply.text());
  if (id) {
    session_.proven();
    newest_ = *id;
    release(slot);
    return listener_.on_pushed(request, *id);
  }
  using valkey::ErrorKind;
  const ErrorKind kind = reply.error();
  const bool passing = kind == ErrorKind::kUnavailable || kind == ErrorKind::kRoleChanged;
  const bool again = passing && options_.retry && !stopped_;
  if (again) {
    resend_.push_back(&slot);
    if (!pause_.active()) pause_.start(kPause);
  } else {
    release(slot);
  }
  listener_.on_failed(request, std::string(reply.text()), again);
}

void Producer::release(Slot& slot) {
  slot.used = false;
  slot.command.shrink(kKeptBytes);
  free_.push_back(&slot);
}

uint64_t Producer::first_open_line() const {
  uint64_t first = UINT64_MAX;
  for (const auto& slot : slots_) {
    if (slot->used) first = std::min(first, slot->request.line);
  }
  return first;
}

void Producer::on_up() {
  send_again();
  if (has_room()) listener_.on_room();
}

void Producer::on_down(const valkey::Error& error) {
  listener_.on_trouble(error.what);
}

}  // namespace orderd::replay
