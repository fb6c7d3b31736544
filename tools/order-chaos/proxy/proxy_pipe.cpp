// pump() takes items from the front until it must stop. Each item has the time it is due, set when it was read, so a
// change of latency never reorders. Slices and bandwidth apply when bytes are delivered.
#include "order-chaos/proxy/proxy_pipe.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

namespace orderd::test {
namespace {

constexpr double kBurstSeconds = 0.02;  // bandwidth that may be used in one burst

}  // namespace

uint64_t proxy_now_us() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

uint64_t ProxyPipe::arrival_us() {
  const LinkFaults& faults = state_.faults(direction_);
  uint64_t arrival = proxy_now_us() + static_cast<uint64_t>(faults.latency.count()) * 1000;
  if (faults.jitter.count() > 0) arrival += state_.random(static_cast<uint64_t>(faults.jitter.count()) * 1000);
  last_arrival_us_ = std::max(last_arrival_us_, arrival);
  return last_arrival_us_;
}

void ProxyPipe::push(std::string_view bytes) {
  if (bytes.empty() || ended_) return;
  items_.push_back({std::string(bytes), Mark::kEnd, nullptr, arrival_us()});
  queued_ += bytes.size();
  state_.counted.queued_peak = std::max<uint64_t>(state_.counted.queued_peak, queued_);
}

void ProxyPipe::push(Mark mark, const ArmedTrigger* trigger) {
  if (!ended_) items_.push_back({{}, mark, trigger, arrival_us()});
}

void ProxyPipe::inject(std::string bytes) {
  if (bytes.empty() || ended_) return;
  if (sent_ > 0) {
    items_.front().bytes.erase(0, sent_);
    sent_ = 0;
  }
  queued_ += bytes.size();
  items_.push_front({std::move(bytes), Mark::kEnd, nullptr, 0});
}

void ProxyPipe::lose() {
  silent_ = true;
  state_.counted.bytes_lost += queued_;
  queued_ = 0;
  sent_ = 0;
  items_.clear();
}

ProxyPipe::Stop ProxyPipe::pump(int socket) {
  due_us_ = kNever;
  const LinkFaults::Flow flow = state_.faults(direction_).flow;
  if (silent_ || (flow == LinkFaults::Flow::kBlackHole && !items_.empty())) lose();
  while (flow == LinkFaults::Flow::kFlows && !items_.empty() && due_us_ == kNever) {
    Item& item = items_.front();
    if (item.due_us > proxy_now_us()) {
      due_us_ = item.due_us;
      break;
    }
    const std::optional<Stop> stop = item.bytes.empty() ? pass_mark(item, socket) : deliver(item, socket);
    if (stop) return *stop;
  }
  return Stop::kWaits;
}

// Nullopt: the mark was passed.
std::optional<ProxyPipe::Stop> ProxyPipe::pass_mark(const Item& item, int socket) {
  if (item.mark == Mark::kHold && !item.trigger->released) return Stop::kWaits;
  const Mark mark = item.mark;
  items_.pop_front();
  switch (mark) {
    case Mark::kHold: break;
    case Mark::kReset: return Stop::kReset;
    case Mark::kClose: return Stop::kClose;
    case Mark::kSilence: lose(); break;
    case Mark::kEnd:
      ended_ = true;
      items_.clear();  // whatever came after EOF
      queued_ = 0;
      // It fails if the other side has closed already, which is fine.
      (void)shutdown(socket, SHUT_WR);
      break;
  }
  return std::nullopt;
}

std::size_t ProxyPipe::allowed(std::size_t bytes) {
  const LinkFaults& faults = state_.faults(direction_);
  if (reset_after_) bytes = std::min<std::size_t>(bytes, *reset_after_);
  if (faults.slice_max > 0) bytes = std::min<std::size_t>(bytes, 1 + state_.random(faults.slice_max));
  if (faults.bytes_per_second == 0) return bytes;
  const auto rate = static_cast<double>(faults.bytes_per_second);
  const uint64_t now = proxy_now_us();
  tokens_ += rate * static_cast<double>(now - tokens_at_us_) / 1e6;
  tokens_ = std::min(tokens_, std::max(1.0, rate * kBurstSeconds));
  tokens_at_us_ = now;
  if (tokens_ >= 1) return std::min(bytes, static_cast<std::size_t>(tokens_));
  due_us_ = now + static_cast<uint64_t>((1 - tokens_) / rate * 1e6) + 1;
  return 0;
}

// Nullopt: the item was delivered, or part of it and the rest waits for its turn.
std::optional<ProxyPipe::Stop> ProxyPipe::deliver(Item& item, int socket) {
  const std::size_t some = allowed(item.bytes.size() - sent_);
  if (some == 0) return reset_after_ == uint64_t{0} ? Stop::kReset : Stop::kWaits;
  const ssize_t written = send(socket, item.bytes.data() + sent_, some, MSG_NOSIGNAL);
  if (written < 0) return errno == EAGAIN || errno == EINTR ? Stop::kBlocked : Stop::kBroken;
  const auto done = static_cast<std::size_t>(written);
  sent_ += done;
  queued_ -= done;
  (direction_ == Direction::kToServer ? state_.counted.bytes_to_server : state_.counted.bytes_to_client) += done;
  const LinkFaults& faults = state_.faults(direction_);
  if (faults.bytes_per_second > 0) tokens_ -= static_cast<double>(done);
  if (faults.slice_max > 0) due_us_ = 0;
  if (sent_ == item.bytes.size()) {
    items_.pop_front();
    sent_ = 0;
  }
  if (!reset_after_) return std::nullopt;
  *reset_after_ -= done;
  return *reset_after_ == 0 ? std::optional(Stop::kReset) : std::nullopt;
}

}  // namespace orderd::test
