// One XREAD at a time; the next one is sent before the results of the last one are handled.
#include "order-replay/tail.h"

#include <chrono>

namespace orderd::replay {
namespace {

constexpr Milliseconds kPause{100};

}  // namespace

uint64_t now_ns() {
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1));
}

Tail::Tail(Loop& loop, valkey::Topology& topology, const valkey::Handshake& handshake, std::string stream,
           std::string after, uint32_t seed, Listener& listener)
    : stream_(std::move(stream)),
      after_(std::move(after)),
      listener_(listener),
      pause_(loop, [this] { read(); }),
      session_(loop, topology, handshake, kBlock, seed, *this) {
  read_.owner = this;
  read_.done = [](valkey::Call& call, const valkey::Reply& reply) { static_cast<Read&>(call).owner->on_reply(reply); };
}

Tail::~Tail() {
  stop();
}

void Tail::stop() {
  if (stopped_) return;
  stopped_ = true;
  pause_.stop();
  session_.stop();
}

void Tail::read() {
  if (stopped_ || pause_.active()) return;
  // While not connected nothing is sent; on_up() calls this again.
  (void)session_.send(
      read_, valkey::Command::of("XREAD", "COUNT", kPage, "BLOCK", kBlock.count(), "STREAMS", stream_, after_));
}

void Tail::on_reply(const valkey::Reply& reply) {
  const uint64_t now = now_ns();
  if (reply.lost()) return;
  if (reply.is_error()) {
    using valkey::ErrorKind;
    const ErrorKind kind = reply.error();
    if (session_.is_elsewhere(kind)) return session_.drop({kind, std::string(reply.text())});
    if (kind != ErrorKind::kUnavailable && kind != ErrorKind::kRoleChanged) {
      return listener_.on_refused(std::string(reply.text()));
    }
    session_.suspect();
    return pause_.start(kPause);
  }
  session_.proven();
  const std::vector<tools::Entry> page = tools::entries_of(reply.at(0).at(1));
  if (!page.empty()) after_ = page.back().id;
  read();
  if (!page.empty()) listener_.on_results(page, now);
}

}  // namespace orderd::replay
