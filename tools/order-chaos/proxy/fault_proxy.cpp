// A thread around poll(). Each turn runs what other threads have asked for, accepts clients and serves the connections.
// While connections are refused the listening socket is closed; a second socket, bound but not listening, keeps the
// port.
#include "order-chaos/proxy/fault_proxy.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/check.h"

namespace orderd::test {

void FaultProxy::hand_over(std::function<void()> act) {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    acts_.push_back(std::move(act));
  }
  const uint64_t one = 1;
  ORDERD_CHECK(write(wake_, &one, sizeof one) == sizeof one, "the fault proxy cannot be woken");
}

FaultProxy::FaultProxy(const valkey::Endpoint& upstream, uint64_t seed)
    : upstream_(upstream), state_(seed), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  ORDERD_CHECK(wake_ >= 0, "the fault proxy has no descriptor left");
  thread_ = std::thread([this] {
    while (!stopped_) turn();
  });
}

FaultProxy::~FaultProxy() {
  on_thread([this] { stopped_ = true; });
  thread_.join();
  ::close(wake_);
}

void FaultProxy::turn() {
  std::vector<pollfd> polled = {{wake_, POLLIN, 0}, {listener_.socket(), POLLIN, 0}};
  for (const auto& connection : connections_) {
    const auto waits = connection->waits();
    polled.insert(polled.end(), waits.begin(), waits.end());
  }
  const std::size_t known = connections_.size();
  if (poll(polled.data(), polled.size(), wait_ms()) < 0) {
    ORDERD_CHECK(errno == EINTR, "poll failed");
    return;
  }
  if (polled[0].revents != 0) {
    uint64_t count = 0;
    (void)!read(wake_, &count, sizeof count);  // resets it
  }
  std::vector<std::function<void()>> acts;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    acts.swap(acts_);
  }
  for (const auto& act : acts) act();
  if (flap_due_us_ <= proxy_now_us()) flap_step();
  accept_all();
  // An act may have ended a connection, but only the end of a turn removes it.
  for (std::size_t i = 0; i < known; ++i)
    connections_[i]->serve({polled[2 + 2 * i].revents, polled[3 + 2 * i].revents});
  std::erase_if(connections_, [](const auto& connection) { return connection->gone(); });
}

int FaultProxy::wait_ms() const {
  uint64_t due = flap_due_us_;
  for (const auto& connection : connections_) due = std::min(due, connection->due_us());
  if (due == ProxyPipe::kNever) return -1;
  const uint64_t now = proxy_now_us();
  return due <= now ? 0 : static_cast<int>((due - now) / 1000 + 1);
}

void FaultProxy::accept_all() {
  for (int client = listener_.accept(); client >= 0; client = listener_.accept()) {
    connections_.push_back(std::make_unique<ProxyConnection>(state_, state_.counted.accepted++, client));
    if (door_ == Door::kOpen) connections_.back()->open(upstream_);
  }
}

void FaultProxy::open_door(Door door) {
  if (door == door_) return;
  door_ = door;
  if (door == Door::kRefused) {
    ++state_.counted.played["refuse"];
    return listener_.close();
  }
  if (door == Door::kSilent) ++state_.counted.played["silent_door"];
  listener_.open();
  if (door == Door::kOpen)
    each(std::nullopt, nullptr, [this](ProxyConnection& connection) { connection.open(upstream_); });
}

void FaultProxy::flap_step() {
  const bool opens = door_ == Door::kRefused;
  flap_due_us_ = proxy_now_us() + static_cast<uint64_t>((opens ? flap_up_ : flap_down_).count());
  if (opens) return open_door(Door::kOpen);
  ++state_.counted.played["flap"];
  open_door(Door::kRefused);
  each(std::nullopt, nullptr, [](ProxyConnection& connection) { connection.end(ProxyConnection::End::kReset); });
}

void FaultProxy::end_flapping() {
  if (flap_due_us_ == ProxyPipe::kNever) return;
  flap_due_us_ = ProxyPipe::kNever;
  open_door(Door::kOpen);
}

void FaultProxy::each(Which which, const char* kind, const std::function<void(ProxyConnection&)>& act) {
  for (const auto& connection : connections_) {
    if (connection->gone() || (which && *which != connection->number())) continue;
    if (kind != nullptr) ++state_.counted.played[kind];
    act(*connection);
  }
}

valkey::Endpoint FaultProxy::endpoint() const {
  valkey::Endpoint endpoint = upstream_;
  endpoint.kind = valkey::Endpoint::Kind::kTcp;
  endpoint.host = "127.0.0.1";
  endpoint.port = listener_.port();
  endpoint.path.clear();
  return endpoint;
}

void FaultProxy::set(Direction direction, const LinkFaults& faults) {
  on_thread([&] {
    state_.faults(direction) = faults;
    auto& played = state_.counted.played;
    if (faults.flow == LinkFaults::Flow::kHeld) ++played["held"];
    if (faults.flow == LinkFaults::Flow::kBlackHole) ++played["black_hole"];
    const bool late = faults.latency.count() + faults.jitter.count() > 0;
    if (late || faults.slice_max > 0 || faults.bytes_per_second > 0) ++played["slow"];
  });
}

void FaultProxy::flap(std::chrono::milliseconds up, std::chrono::milliseconds down) {
  on_thread([&] {
    flap_up_ = up;
    flap_down_ = down;
    door_ = Door::kOpen;
    flap_step();
  });
}

FaultProxy::TriggerId FaultProxy::add(const Trigger& trigger) {
  if (trigger.cuts() && trigger.limit == 0)
    throw std::invalid_argument("a reply is cut after at least one entry or byte");
  const bool loses =
      trigger.cuts() || trigger.what == Trigger::What::kSwallowReply || trigger.what == Trigger::What::kLoseCommand;
  if (loses && trigger.ending == Trigger::Then::kNothing)
    throw std::invalid_argument("a connection that lost bytes is unusable: use kReset, kClose or kSilence");
  return on_thread([&] {
    state_.triggers.push_back({trigger});
    return state_.triggers.size() - 1;
  });
}

void FaultProxy::heal() {
  on_thread([&] {
    end_flapping();
    state_.to_server = state_.to_client = {};
    for (ArmedTrigger& armed : state_.triggers) armed.off = armed.released = true;
    open_door(Door::kOpen);
    each(std::nullopt, nullptr, [](ProxyConnection& connection) {
      for (const Direction direction : {Direction::kToServer, Direction::kToClient})
        connection.pipe(direction).reset_after(std::nullopt);
      if (connection.silent()) connection.end(ProxyConnection::End::kReset);
    });
  });
}

ProxyStats FaultProxy::stats() {
  return on_thread([&] {
    ProxyStats stats = state_.counted;
    each(std::nullopt, nullptr, [&](const ProxyConnection& connection) {
      ++stats.open;
      stats.queued += connection.queued();
    });
    return stats;
  });
}

FaultProxy::Which FaultProxy::connection_of(std::string_view first) {
  return on_thread([&] {
    Which found;
    each(std::nullopt, nullptr, [&](const ProxyConnection& connection) {
      if (begins_with_words(connection.last_command(), first)) found = connection.number();
    });
    return found;
  });
}

}  // namespace orderd::test
