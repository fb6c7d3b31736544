// pump() takes items from the front until it must stop. Each item has the time it is due, set when it was read, so a
// change of latency never reorders. Slices and bandwidth apply when bytes are delivered.
#include "chaos/proxy_pipe.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "chaos/proxy_core.h"

namespace orderd::test {
namespace {

constexpr double kBurstSeconds = 0.02;   // bandwidth that may be used in one burst
constexpr uint64_t kMicrosecond = 1000;  // in nanoseconds

uint64_t now_us() {
  return uv_hrtime() / kMicrosecond;
}

}  // namespace

ProxyPipe::ProxyPipe(ProxyCore& core, Direction direction, std::function<void()> pump)
    : core_(core), direction_(direction), timer_(core.loop(), std::move(pump)) {
}

uint64_t ProxyPipe::due() {
  const LinkFaults& faults = core_.faults(direction_);
  uint64_t due_us = now_us() + static_cast<uint64_t>(faults.latency.count()) * 1000;
  if (faults.jitter.count() > 0) due_us += core_.random(static_cast<uint64_t>(faults.jitter.count()) * 1000);
  last_due_us_ = std::max(last_due_us_, due_us);
  return last_due_us_;
}

void ProxyPipe::push(std::string_view bytes) {
  if (bytes.empty() || ended_) return;
  Item item;
  item.bytes = bytes;
  item.due_us = due();
  items_.push_back(std::move(item));
  queued_ += bytes.size();
  core_.note_queued(queued_);
}

void ProxyPipe::push(Mark mark, std::size_t trigger) {
  if (ended_) return;
  items_.push_back({{}, mark, trigger, due()});
}

void ProxyPipe::inject(std::string bytes) {
  if (bytes.empty() || ended_) return;
  if (sent_ > 0) {
    items_.front().bytes.erase(0, sent_);
    sent_ = 0;
  }
  queued_ += bytes.size();
  items_.push_front({std::move(bytes), Mark::kEnd, 0, 0});
}

void ProxyPipe::lose() {
  silent_ = true;
  core_.note_lost(queued_);
  queued_ = 0;
  sent_ = 0;
  items_.clear();
}

ProxyPipe::Stop ProxyPipe::pump(int socket) {
  wants_turn_ = false;
  if (ended_) return Stop::kEnded;
  const LinkFaults::Flow flow = core_.faults(direction_).flow;
  if (silent_ || (flow == LinkFaults::Flow::kBlackHole && !items_.empty())) lose();
  while (flow == LinkFaults::Flow::kFlows && !items_.empty() && !wants_turn_) {
    Item& item = items_.front();
    const uint64_t now = now_us();
    if (item.due_us > now) {
      wait_us(item.due_us - now);
      break;
    }
    const std::optional<Stop> stop = item.bytes.empty() ? pass_mark(item, socket) : deliver(item, socket);
    if (stop) return *stop;
  }
  return Stop::kEmpty;
}

// Nullopt: the mark was passed.
std::optional<ProxyPipe::Stop> ProxyPipe::pass_mark(const Item& item, int socket) {
  if (item.mark == Mark::kHold && core_.holds(item.trigger)) return Stop::kEmpty;
  const Mark mark = item.mark;
  items_.pop_front();
  switch (mark) {
    case Mark::kHold: break;
    case Mark::kReset: return Stop::kReset;
    case Mark::kClose: return Stop::kClose;
    case Mark::kSilence: lose(); break;
    case Mark::kEnd:
      ended_ = true;
      // It fails if the other side has closed already, which is fine.
      (void)shutdown(socket, SHUT_WR);
      return Stop::kEnded;
  }
  return std::nullopt;
}

std::size_t ProxyPipe::allowed(std::size_t bytes) {
  const LinkFaults& faults = core_.faults(direction_);
  if (reset_after_) bytes = std::min<std::size_t>(bytes, *reset_after_);
  if (faults.slice_max > 0) bytes = std::min<std::size_t>(bytes, 1 + core_.random(faults.slice_max));
  if (faults.bytes_per_second == 0) return bytes;
  const auto rate = static_cast<double>(faults.bytes_per_second);
  const uint64_t now = now_us();
  tokens_ += rate * static_cast<double>(now - tokens_at_us_) / 1e6;
  tokens_ = std::min(tokens_, std::max(1.0, rate * kBurstSeconds));
  tokens_at_us_ = now;
  if (tokens_ >= 1) return std::min(bytes, static_cast<std::size_t>(tokens_));
  wait_us(static_cast<uint64_t>((1 - tokens_) / rate * 1e6) + 1);
  return 0;
}

// Nullopt: the item was delivered, or part of it and the rest waits for its turn.
std::optional<ProxyPipe::Stop> ProxyPipe::deliver(Item& item, int socket) {
  const std::size_t some = allowed(item.bytes.size() - sent_);
  if (some == 0) return reset_after_ == uint64_t{0} ? Stop::kReset : Stop::kEmpty;
  const ssize_t written = send(socket, item.bytes.data() + sent_, some, MSG_NOSIGNAL);
  if (written < 0) return errno == EAGAIN || errno == EINTR ? Stop::kBlocked : Stop::kBroken;
  const auto done = static_cast<std::size_t>(written);
  sent_ += done;
  queued_ -= done;
  core_.note_delivered(direction_, done);
  if (core_.faults(direction_).bytes_per_second > 0) tokens_ -= static_cast<double>(done);
  if (core_.faults(direction_).slice_max > 0) wants_turn_ = true;
  if (sent_ == item.bytes.size()) {
    items_.pop_front();
    sent_ = 0;
  }
  if (!reset_after_) return std::nullopt;
  *reset_after_ -= done;
  return *reset_after_ == 0 ? std::optional(Stop::kReset) : std::nullopt;
}

void ProxyPipe::wait_us(uint64_t us) {
  timer_.start(Milliseconds(us / 1000 + 1));
}

}  // namespace orderd::test
