// A thread around poll(). Each turn runs what other threads have asked for, accepts clients and serves the connections.
#include "order-chaos/proxy/fault_proxy.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "support/valkey_server.h"

namespace orderd::test {
namespace {

constexpr int kBacklog = 128;

// A socket that is bound to a free port. It is bound by number: only then does it keep the port while it is shut down.
// It is shared only then, with its own connections: before, two proxies could get the same port.
int bind_listener(uint16_t& port) {
  for (int tries = 0; tries < 100; ++tries) {
    port = free_port();
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    if (fd >= 0 && bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0)
      return fd;
    if (fd >= 0) ::close(fd);
  }
  throw std::runtime_error(std::string("the fault proxy gets no port: ") + std::strerror(errno));
}

}  // namespace

void FaultProxy::hand_over(std::function<void()> act) {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    acts_.push_back(std::move(act));
  }
  const uint64_t one = 1;
  ORDERD_CHECK(write(wake_, &one, sizeof one) == sizeof one, "the fault proxy cannot be woken");
}

FaultProxy::FaultProxy(const valkey::Endpoint& upstream, uint64_t seed)
    : upstream_(upstream.path),
      state_(seed),
      listener_(bind_listener(port_)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  ORDERD_CHECK(wake_ >= 0 && listen(listener_, kBacklog) == 0, "the fault proxy cannot listen");
  thread_ = std::thread([this] {
    while (!stopped_) turn();
  });
}

FaultProxy::~FaultProxy() {
  on_thread([this] { stopped_ = true; });
  thread_.join();
  // order matters: a process that is being started has a copy until its exec, so close() alone would leave it
  // listening.
  (void)shutdown(listener_, SHUT_RDWR);
  ::close(listener_);
  ::close(wake_);
}

void FaultProxy::turn() {
  std::vector<pollfd> polled = {{wake_, POLLIN, 0}, {door_ == Door::kRefused ? -1 : listener_, POLLIN, 0}};
  for (const auto& connection : connections_) {
    const auto waits = connection->waits();
    polled.insert(polled.end(), waits.begin(), waits.end());
  }
  const std::size_t known = connections_.size();
  if (poll(polled.data(), polled.size(), wait_ms()) < 0) {
    ORDERD_CHECK(errno == EINTR, "poll failed");
    return;
  }
  uint64_t count = 0;
  (void)!read(wake_, &count, sizeof count);  // resets it
  std::vector<std::function<void()>> acts;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    acts.swap(acts_);
  }
  for (const auto& act : acts) act();
  accept_all();
  // An act may have ended a connection, but only the end of a turn removes it.
  for (std::size_t i = 0; i < known; ++i)
    connections_[i]->serve({polled[2 + 2 * i].revents, polled[3 + 2 * i].revents});
  std::erase_if(connections_, [](const auto& connection) { return connection->gone(); });
}

int FaultProxy::wait_ms() const {
  uint64_t due = ProxyPipe::kNever;
  for (const auto& connection : connections_)
    due = std::min({due, connection->to_server.due_us(), connection->to_client.due_us()});
  if (due == ProxyPipe::kNever) return -1;
  const uint64_t now = proxy_now_us();
  return due <= now ? 0 : static_cast<int>((due - now) / 1000 + 1);
}

void FaultProxy::accept_all() {
  while (door_ != Door::kRefused) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    ORDERD_CHECK(client >= 0 || (errno != EMFILE && errno != ENFILE), "the fault proxy has no descriptor left");
    if (client < 0) return;
    const int on = 1;  // slices must leave one by one
    (void)setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections_.push_back(std::make_unique<ProxyConnection>(state_, client));
    ++state_.counted.accepted;
    if (door_ == Door::kOpen) connections_.back()->open(upstream_);
  }
}

void FaultProxy::open_door(Door door) {
  if (door == door_) return;
  if (door == Door::kRefused) {
    (void)shutdown(listener_, SHUT_RDWR);
  } else if (door_ == Door::kRefused) {
    ORDERD_CHECK(listen(listener_, kBacklog) == 0, "the fault proxy cannot listen again");
  }
  door_ = door;
  if (door == Door::kOpen) each_now([this](auto& connection) { connection.open(upstream_); });
}

void FaultProxy::each_now(const std::function<void(ProxyConnection&)>& act) {
  for (const auto& connection : connections_) {
    if (!connection->gone()) act(*connection);
  }
}

void FaultProxy::heal() {
  on_thread([&] {
    state_.to_server = state_.to_client = {};
    state_.arm(nullptr);
    open_door(Door::kOpen);
    each_now([](ProxyConnection& connection) {
      for (ProxyPipe* pipe : {&connection.to_server, &connection.to_client}) pipe->reset_after(std::nullopt);
      if (connection.to_server.silent() || connection.to_client.silent()) connection.end(ProxyConnection::End::kReset);
    });
  });
}

ProxyStats FaultProxy::stats() {
  return on_thread([&] {
    ProxyStats stats = state_.counted;
    each_now([&](const ProxyConnection& connection) {
      ++stats.open;
      stats.queued += connection.to_server.queued() + connection.to_client.queued();
    });
    return stats;
  });
}

}  // namespace orderd::test
