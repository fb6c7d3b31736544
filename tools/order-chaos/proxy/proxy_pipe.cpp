// pump() takes items from the front until it must stop. Each item has the time it is due, set when it was read, so a
// change of latency never reorders. Slices and bandwidth apply when bytes are delivered.
#include "order-chaos/proxy/proxy_pipe.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace orderd::test {

uint64_t proxy_now_us() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

uint64_t ProxyPipe::arrival_us() {
  const LinkFaults& faults = state_.faults(direction_);
  uint64_t late = static_cast<uint64_t>(faults.latency.count()) * 1000;
  if (faults.jitter.count() > 0) late += state_.random(static_cast<uint64_t>(faults.jitter.count()) * 1000);
  if (late > 0) last_arrival_us_ = std::max(last_arrival_us_, proxy_now_us() + late);
  return last_arrival_us_;
}

void ProxyPipe::push(std::string_view bytes) {
  if (bytes.empty() || ended_) return;
  const uint64_t due = arrival_us();
  queued_ += bytes.size();
  if (!items_.empty() && !items_.back().bytes.empty() && items_.back().due_us == due) {
    items_.back().bytes.append(bytes);
  } else {
    items_.push_back({std::string(bytes), Mark::kEof, due});
  }
}

void ProxyPipe::push(Mark mark) {
  if (!ended_) items_.push_back({{}, mark, arrival_us()});
}

void ProxyPipe::inject(const std::string& bytes) {
  if (ended_) return;
  if (!items_.empty()) items_.front().bytes.erase(0, std::exchange(items_.front().sent, 0));
  queued_ += bytes.size();
  items_.push_front({bytes, Mark::kEof, 0});
}

void ProxyPipe::lose() {
  silent_ = true;
  state_.counted.bytes_lost += queued_;
  queued_ = 0;
  items_.clear();
}

std::optional<ProxyPipe::Mark> ProxyPipe::pump(int target) {
  due_us_ = kNever;
  const LinkFaults::Flow flow = state_.faults(direction_).flow;
  if (silent_ || (flow == LinkFaults::Flow::kBlackHole && !items_.empty())) lose();
  while (flow == LinkFaults::Flow::kFlows && !items_.empty() && due_us_ == kNever && !target_blocked) {
    const Item& item = items_.front();
    if (item.due_us > proxy_now_us()) {
      due_us_ = item.due_us;
    } else if (!item.bytes.empty()) {
      if (const auto end = deliver(target)) return end;
    } else if (item.mark == Mark::kHold && state_.holds) {
      break;
    } else if (const auto end = pass_mark(target)) {
      return end;
    }
  }
  return std::nullopt;
}

std::optional<ProxyPipe::Mark> ProxyPipe::pass_mark(int target) {
  const Mark mark = items_.front().mark;
  items_.pop_front();
  if (mark == Mark::kReset || mark == Mark::kClose) return mark;
  if (mark != Mark::kEof) return std::nullopt;
  ended_ = true;
  items_.clear();  // whatever came after EOF
  queued_ = 0;
  (void)shutdown(target, SHUT_WR);  // it fails if the other side has closed already, which is fine
  return std::nullopt;
}

std::size_t ProxyPipe::allowed() {
  const LinkFaults& faults = state_.faults(direction_);
  std::size_t bytes = items_.front().bytes.size() - items_.front().sent;
  if (reset_after_) bytes = std::min<std::size_t>(bytes, *reset_after_);
  if (faults.slice_max > 0) bytes = std::min<std::size_t>(bytes, 1 + state_.random(faults.slice_max));
  if (faults.bytes_per_second == 0) return bytes;
  if (ready_us_ > proxy_now_us()) {
    due_us_ = ready_us_;
    return 0;
  }
  return std::min<std::size_t>(bytes, faults.bytes_per_second / 50 + 1);
}

std::optional<ProxyPipe::Mark> ProxyPipe::deliver(int target) {
  const std::size_t some = allowed();
  if (some == 0) return std::nullopt;
  Item& item = items_.front();
  const ssize_t written = send(target, item.bytes.data() + item.sent, some, MSG_NOSIGNAL);
  if (written < 0) {
    target_blocked = errno == EAGAIN || errno == EINTR;
    return target_blocked ? std::nullopt : std::optional(Mark::kReset);
  }
  const auto done = static_cast<std::size_t>(written);
  item.sent += done;
  queued_ -= done;
  const LinkFaults& faults = state_.faults(direction_);
  if (faults.bytes_per_second > 0) ready_us_ = proxy_now_us() + done * 1'000'000 / faults.bytes_per_second;
  if (faults.slice_max > 0) due_us_ = 0;
  if (item.sent == item.bytes.size()) items_.pop_front();
  if (!reset_after_) return std::nullopt;
  *reset_after_ -= done;
  return *reset_after_ == 0 ? std::optional(Mark::kReset) : std::nullopt;
}

}  // namespace orderd::test
