// The listener and the connections. While connections are refused the listening socket is closed; a second socket,
// bound but not listening, keeps the port.
#include "chaos/proxy_core.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace orderd::test {
namespace {

constexpr int kBacklog = 128;

[[noreturn]] void refuse(const std::string& what) {
  throw std::runtime_error("fault proxy: " + what + ": " + std::strerror(errno));
}

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Binds to the port; 0: to a free one. A free port is taken before the socket is made to share it: with sharing on, the
// kernel could hand out a port that another proxy has reserved.
int bound_socket(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) refuse("no socket");
  const int on = 1;
  const sockaddr_in address = loopback(port);
  const auto share = [&] { return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0; };
  if ((port != 0 && !share()) || bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      (port == 0 && !share())) {
    ::close(fd);
    refuse("cannot bind port " + std::to_string(port) + " of 127.0.0.1");
  }
  return fd;
}

}  // namespace

ProxyCore::ProxyCore(Loop& loop, const valkey::Endpoint& upstream, uint64_t seed)
    : loop_(loop),
      upstream_(upstream),
      random_(seed),
      turn_(new uv_idle_t),
      sweeper_(loop, [this] { sweep(); }),
      flapper_(loop, [this] { flap_step(); }) {
  ORDERD_CHECK(uv_idle_init(loop_.raw(), turn_.get()) == 0, "uv_idle_init failed");
  turn_->data = this;
  reserved_ = bound_socket(0);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (getsockname(reserved_, reinterpret_cast<sockaddr*>(&address), &size) != 0) refuse("no port");
  port_ = ntohs(address.sin_port);
  listen();
}

ProxyCore::~ProxyCore() {
  connections_.clear();
  stop_listening();
  ::close(reserved_);
}

void ProxyCore::listen() {
  if (listener_ >= 0) return;
  listener_ = bound_socket(port_);
  if (::listen(listener_, kBacklog) != 0) refuse("cannot listen on port " + std::to_string(port_));
  listener_poll_.reset(new uv_poll_t);
  ORDERD_CHECK(uv_poll_init(loop_.raw(), listener_poll_.get(), listener_) == 0, "uv_poll_init failed");
  listener_poll_->data = this;
  ORDERD_CHECK(uv_poll_start(listener_poll_.get(), UV_READABLE, on_listening) == 0, "uv_poll_start failed");
}

void ProxyCore::stop_listening() {
  if (listener_ < 0) return;
  listener_poll_.reset();
  // order matters: a process that is being started has a copy until its exec, so close() alone would leave it
  // listening.
  (void)shutdown(listener_, SHUT_RDWR);
  ::close(listener_);
  listener_ = -1;
}

void ProxyCore::on_listening(uv_poll_t* handle, int status, int) {
  if (handle->data == nullptr) return;
  ORDERD_CHECK(status == 0, "poll on the listener failed");
  static_cast<ProxyCore*>(handle->data)->accept_all();
}

void ProxyCore::accept_all() {
  while (true) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) {
      ORDERD_CHECK(errno != EMFILE && errno != ENFILE, "the fault proxy has no descriptor left");
      return;
    }
    connections_.push_back(std::make_unique<ProxyConnection>(*this, counted_.accepted++, client));
    if (door_ == Door::kOpen) connections_.back()->open();
  }
}

void ProxyCore::set_no_delay(int socket) const {
  const int on = 1;
  // Slices must leave one by one. A Unix socket has no such option and needs none.
  (void)setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int ProxyCore::connect_upstream() const {
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (upstream_.kind == valkey::Endpoint::Kind::kUnix) {
    auto& address = reinterpret_cast<sockaddr_un&>(storage);
    address.sun_family = AF_UNIX;
    upstream_.path.copy(address.sun_path, sizeof address.sun_path - 1);
    size = sizeof address;
  } else {
    auto& address = reinterpret_cast<sockaddr_in&>(storage);
    address.sin_family = AF_INET;
    address.sin_port = htons(upstream_.port);
    if (inet_pton(AF_INET, upstream_.host.c_str(), &address.sin_addr) != 1) return -1;
    size = sizeof address;
  }
  const int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  ORDERD_CHECK(fd >= 0, "the fault proxy has no descriptor left");
  if (connect(fd, reinterpret_cast<const sockaddr*>(&storage), size) == 0 || errno == EINPROGRESS) return fd;
  ::close(fd);
  return -1;
}

void ProxyCore::each(std::optional<uint64_t> which, const std::function<void(ProxyConnection&)>& act) {
  for (const auto& connection : connections_) {
    if (!connection->gone() && (!which || *which == connection->number())) act(*connection);
  }
}

void ProxyCore::sweep() {
  std::erase_if(connections_, [](const auto& connection) { return connection->gone(); });
}

void ProxyCore::pump_all() {
  each(std::nullopt, [](ProxyConnection& connection) { connection.pump(); });
}

void ProxyCore::want_turn() {
  ORDERD_CHECK(uv_idle_start(turn_.get(), on_turn) == 0, "uv_idle_start failed");
}

void ProxyCore::on_turn(uv_idle_t* handle) {
  if (handle->data == nullptr) return;
  auto& self = *static_cast<ProxyCore*>(handle->data);
  uv_idle_stop(handle);
  self.each(std::nullopt, [](ProxyConnection& connection) {
    if (connection.wants_turn()) connection.pump();
  });
}

void ProxyCore::set(Direction direction, const LinkFaults& faults) {
  (direction == Direction::kToServer ? to_server_ : to_client_) = faults;
  if (faults.flow == LinkFaults::Flow::kHeld) note_played("held");
  if (faults.flow == LinkFaults::Flow::kBlackHole) note_played("black_hole");
  if (faults.latency.count() + faults.jitter.count() > 0 || faults.slice_max > 0 || faults.bytes_per_second > 0) {
    note_played("slow");
  }
  pump_all();
}

void ProxyCore::set_door(Door door) {
  if (door == door_) return;
  door_ = door;
  if (door == Door::kRefused) {
    note_played("refuse");
    return stop_listening();
  }
  if (door == Door::kSilent) note_played("silent_door");
  listen();
  if (door == Door::kOpen) {
    each(std::nullopt, [](ProxyConnection& connection) { connection.open(); });
  }
}

void ProxyCore::flap(std::chrono::milliseconds up, std::chrono::milliseconds down) {
  flap_up_ = up;
  flap_down_ = down;
  door_ = Door::kOpen;
  flap_step();
}

void ProxyCore::flap_step() {
  if (door_ == Door::kRefused) {
    set_door(Door::kOpen);
    return flapper_.start(flap_up_);
  }
  note_played("flap");
  set_door(Door::kRefused);
  each(std::nullopt, [](ProxyConnection& connection) { connection.end(ProxyConnection::End::kReset); });
  flapper_.start(flap_down_);
}

void ProxyCore::stop_flapping() {
  if (!flapper_.active()) return;
  flapper_.stop();
  set_door(Door::kOpen);
}

void ProxyCore::heal() {
  stop_flapping();
  to_server_ = {};
  to_client_ = {};
  for (Armed& armed : triggers_) armed.off = armed.released = true;
  set_door(Door::kOpen);
  each(std::nullopt, [](ProxyConnection& connection) {
    connection.reset_after(Direction::kToServer, std::nullopt);
    connection.reset_after(Direction::kToClient, std::nullopt);
    if (connection.silent()) return connection.end(ProxyConnection::End::kReset);
    connection.pump();
  });
}

std::optional<uint64_t> ProxyCore::connection_of(std::string_view first) const {
  std::optional<uint64_t> found;
  for (const auto& connection : connections_) {
    if (!connection->gone() && begins_with_words(connection->last_command(), first)) found = connection->number();
  }
  return found;
}

void ProxyCore::note_delivered(Direction direction, std::size_t bytes) {
  (direction == Direction::kToServer ? counted_.bytes_to_server : counted_.bytes_to_client) += bytes;
}

ProxyStats ProxyCore::stats() const {
  ProxyStats result = counted_;
  for (const auto& connection : connections_) {
    if (connection->gone()) continue;
    ++result.open;
    result.queued += connection->queued();
  }
  return result;
}

}  // namespace orderd::test
