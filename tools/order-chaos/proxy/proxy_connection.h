// The proxy's sockets: its port, and a connection through it.
#pragma once

#include <poll.h>

#include <algorithm>
#include <array>

#include "order-chaos/proxy/proxy_follower.h"
#include "valkey/endpoint.h"

namespace orderd::test {

// The proxy's port of 127.0.0.1. While connections are refused the listening socket is closed; a second socket, bound
// but not listening, keeps the port.
class ProxyListener {
 public:
  // Listens on a free port. Throws std::runtime_error, as open() does.
  ProxyListener();
  ~ProxyListener();
  ProxyListener(const ProxyListener&) = delete;
  ProxyListener& operator=(const ProxyListener&) = delete;

  void open();
  void close();
  [[nodiscard]] uint16_t port() const { return port_; }
  // -1 while it is closed.
  [[nodiscard]] int socket() const { return socket_; }
  // The next client; -1: nobody waits.
  [[nodiscard]] int accept() const;

 private:
  uint16_t port_ = 0;
  int reserved_ = -1;  // bound, never listening
  int socket_ = -1;
};

// The client's socket, the server's socket, a pipe each way, and the RESP follower.
class ProxyConnection {
 public:
  enum class End { kReset, kClose };

  // Takes over the client's socket. Does nothing before open().
  ProxyConnection(ProxyState& state, uint64_t number, int client);
  ~ProxyConnection() { end(End::kClose); }
  ProxyConnection(const ProxyConnection&) = delete;
  ProxyConnection& operator=(const ProxyConnection&) = delete;

  // Connects to the server, unless it did before. May close the connection before it returns.
  void open(const valkey::Endpoint& upstream);
  // Closes both sides; queued bytes are lost. The proxy removes the object later.
  void end(End how);
  void half_close(Direction direction) {
    if (phase_ == Phase::kOpen) pipe(direction).push(ProxyPipe::Mark::kEnd);
  }
  void inject(std::string bytes) {
    if (phase_ == Phase::kOpen) to_client_.inject(std::move(bytes));
  }
  [[nodiscard]] ProxyPipe& pipe(Direction direction) {
    return direction == Direction::kToServer ? to_server_ : to_client_;
  }

  // What poll() has to wait for: the client's socket and the server's; -1: nothing.
  [[nodiscard]] std::array<pollfd, 2> waits() const;
  // When to call serve() even if nothing happens.
  [[nodiscard]] uint64_t due_us() const { return std::min(to_server_.due_us(), to_client_.due_us()); }
  // Reads what has arrived and delivers what can be delivered. `events`: the answer of poll() for each socket.
  void serve(std::array<short, 2> events);

  [[nodiscard]] uint64_t number() const { return number_; }
  [[nodiscard]] bool gone() const { return phase_ == Phase::kGone; }
  // True if it lost bytes, which makes it unusable.
  [[nodiscard]] bool silent() const { return to_server_.silent() || to_client_.silent(); }
  [[nodiscard]] std::size_t queued() const { return to_server_.queued() + to_client_.queued(); }
  [[nodiscard]] const std::string& last_command() const { return follower_.last_command(); }

 private:
  enum class Phase {
    kSilent,      // the client is accepted, nothing more
    kConnecting,  // to the server; the client is not read yet
    kOpen,
    kGone,
  };
  struct Side {
    int socket = -1;
    bool read_ended = false;
    bool blocked = false;  // the socket buffer is full
  };

  // The pipe that this side fills.
  [[nodiscard]] ProxyPipe& pipe_from(const Side& side) { return &side == &client_ ? to_server_ : to_client_; }
  void connected();
  void events_of(Side& side, short events);
  void read(Side& side);
  void pump(ProxyPipe& pipe, Side& target);
  [[nodiscard]] bool reads(const Side& side) const {
    return !side.read_ended && (&side == &client_ ? to_server_ : to_client_).queued() < kProxyQueueMax;
  }
  [[nodiscard]] pollfd wait_of(const Side& side) const;

  ProxyState& state_;
  uint64_t number_;
  Phase phase_ = Phase::kSilent;
  Side client_, server_;
  ProxyPipe to_server_, to_client_;
  ProxyFollower follower_;
};

}  // namespace orderd::test
