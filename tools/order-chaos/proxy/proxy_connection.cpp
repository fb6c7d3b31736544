// A side is polled for reading while its pipe has space, and for writing only while it is blocked.
#include "order-chaos/proxy/proxy_connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace orderd::test {
namespace {

constexpr std::size_t kReadSize = std::size_t{64} * 1024;
constexpr int kBacklog = 128;

[[noreturn]] void refuse(const std::string& what) {
  throw std::runtime_error("fault proxy: " + what + ": " + std::strerror(errno));
}

// Binds to the port; 0: to a free one. A free port is taken before the socket is made to share it: with sharing on, the
// kernel could hand out a port that another proxy has reserved.
int bound_socket(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) refuse("no socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  const auto share = [&] { return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0; };
  if ((port != 0 && !share()) || bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      (port == 0 && !share())) {
    ::close(fd);
    refuse("cannot bind port " + std::to_string(port) + " of 127.0.0.1");
  }
  return fd;
}

// Slices must leave one by one. A Unix socket has no such option and needs none.
void set_no_delay(int socket) {
  const int on = 1;
  (void)setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// A connecting or connected socket; -1: refused.
int connect_to(const valkey::Endpoint& upstream) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (upstream.kind == valkey::Endpoint::Kind::kUnix) {
    auto& address = reinterpret_cast<sockaddr_un&>(storage);
    address.sun_family = AF_UNIX;
    upstream.path.copy(address.sun_path, sizeof address.sun_path - 1);
    size = sizeof address;
  } else {
    auto& address = reinterpret_cast<sockaddr_in&>(storage);
    address.sin_family = AF_INET;
    address.sin_port = htons(upstream.port);
    if (inet_pton(AF_INET, upstream.host.c_str(), &address.sin_addr) != 1) return -1;
    size = sizeof address;
  }
  const int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  ORDERD_CHECK(fd >= 0, "the fault proxy has no descriptor left");
  if (connect(fd, reinterpret_cast<const sockaddr*>(&storage), size) == 0 || errno == EINPROGRESS) return fd;
  ::close(fd);
  return -1;
}

void close_socket(int& socket, ProxyConnection::End how) {
  if (socket < 0) return;
  if (how == ProxyConnection::End::kReset) {
    const linger at_once{1, 0};
    // A Unix socket has no reset: it is just closed.
    (void)setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  ::close(socket);
  socket = -1;
}

}  // namespace

ProxyListener::ProxyListener() : reserved_(bound_socket(0)) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (getsockname(reserved_, reinterpret_cast<sockaddr*>(&address), &size) != 0) refuse("no port");
  port_ = ntohs(address.sin_port);
  open();
}

ProxyListener::~ProxyListener() {
  close();
  ::close(reserved_);
}

void ProxyListener::open() {
  if (socket_ >= 0) return;
  socket_ = bound_socket(port_);
  if (listen(socket_, kBacklog) != 0) refuse("cannot listen on port " + std::to_string(port_));
}

void ProxyListener::close() {
  if (socket_ < 0) return;
  // order matters: a process that is being started has a copy until its exec, so close() alone would leave it
  // listening.
  (void)shutdown(socket_, SHUT_RDWR);
  ::close(socket_);
  socket_ = -1;
}

int ProxyListener::accept() const {
  if (socket_ < 0) return -1;
  const int client = accept4(socket_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  ORDERD_CHECK(client >= 0 || (errno != EMFILE && errno != ENFILE), "the fault proxy has no descriptor left");
  return client;
}

ProxyConnection::ProxyConnection(ProxyState& state, uint64_t number, int client)
    : state_(state),
      number_(number),
      to_server_(state, Direction::kToServer),
      to_client_(state, Direction::kToClient),
      follower_(state, to_server_, to_client_) {
  client_.socket = client;
  set_no_delay(client);
}

void ProxyConnection::open(const valkey::Endpoint& upstream) {
  if (phase_ != Phase::kSilent) return;
  phase_ = Phase::kConnecting;
  server_.socket = connect_to(upstream);
  if (server_.socket >= 0) return;
  ++state_.counted.upstream_failed;
  end(End::kClose);
}

void ProxyConnection::connected() {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(server_.socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
    ++state_.counted.upstream_failed;
    return end(End::kClose);
  }
  set_no_delay(server_.socket);
  phase_ = Phase::kOpen;
}

void ProxyConnection::end(End how) {
  phase_ = Phase::kGone;
  close_socket(client_.socket, how);
  close_socket(server_.socket, how);
}

pollfd ProxyConnection::wait_of(const Side& side) const {
  const int events = (reads(side) ? POLLIN : 0) | (side.blocked ? POLLOUT : 0);
  // poll() reports a closed peer even if nothing is asked: then it must not see the socket.
  return {events == 0 ? -1 : side.socket, static_cast<short>(events), 0};
}

std::array<pollfd, 2> ProxyConnection::waits() const {
  if (phase_ == Phase::kConnecting) return {pollfd{-1, 0, 0}, pollfd{server_.socket, POLLOUT, 0}};
  if (phase_ == Phase::kOpen) return {wait_of(client_), wait_of(server_)};
  return {pollfd{-1, 0, 0}, pollfd{-1, 0, 0}};
}

void ProxyConnection::serve(std::array<short, 2> events) {
  if (phase_ == Phase::kConnecting && events[1] != 0) return connected();
  events_of(client_, events[0]);
  events_of(server_, events[1]);
  pump(to_server_, server_);
  pump(to_client_, client_);
  if (phase_ != Phase::kOpen) return;
  const auto done = [](const Side& side, const ProxyPipe& pipe) {
    return side.read_ended && (pipe.ended() || pipe.silent());
  };
  if (done(client_, to_server_) && done(server_, to_client_)) end(End::kClose);
}

void ProxyConnection::events_of(Side& side, short events) {
  if (phase_ != Phase::kOpen || events == 0) return;
  if ((events & (POLLERR | POLLNVAL)) != 0) return end(End::kReset);
  side.blocked = false;
  if ((events & (POLLIN | POLLHUP)) != 0 && reads(side)) read(side);
}

void ProxyConnection::read(Side& side) {
  char buffer[kReadSize];
  const ssize_t got = recv(side.socket, buffer, sizeof buffer, 0);
  if (got < 0) {
    if (errno != EAGAIN && errno != EINTR) end(End::kReset);
    return;
  }
  if (got == 0) {
    side.read_ended = true;
    if (&side == &client_) follower_.client_ended();
    return pipe_from(side).push(ProxyPipe::Mark::kEnd);
  }
  const std::string_view bytes(buffer, static_cast<std::size_t>(got));
  &side == &client_ ? follower_.from_client(bytes) : follower_.from_server(bytes);
}

void ProxyConnection::pump(ProxyPipe& pipe, Side& target) {
  if (phase_ != Phase::kOpen || target.blocked) return;
  switch (pipe.pump(target.socket)) {
    case ProxyPipe::Stop::kWaits: break;
    case ProxyPipe::Stop::kBlocked: target.blocked = true; break;
    case ProxyPipe::Stop::kReset:
      ++state_.counted.played["reset"];
      end(End::kReset);
      break;
    case ProxyPipe::Stop::kClose:
      ++state_.counted.played["close"];
      end(End::kClose);
      break;
    case ProxyPipe::Stop::kBroken: end(End::kReset); break;
  }
}

}  // namespace orderd::test
