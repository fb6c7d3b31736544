// A connection through the proxy: the client's socket, the server's socket, and a pipe each way. It follows commands
// and replies, and puts the fault of the trigger between their bytes.
#pragma once

#include <poll.h>

#include <array>

#include "order-chaos/proxy/proxy_pipe.h"
#include "order-chaos/proxy/resp.h"

namespace orderd::test {

class ProxyConnection {
 public:
  enum class End { kReset, kClose };

  // Takes over the client's socket. Does nothing before open().
  ProxyConnection(ProxyState& state, int client)
      : to_server(state, Direction::kToServer),
        to_client(state, Direction::kToClient),
        state_(state),
        client_(client) {}
  ~ProxyConnection() { end(End::kClose); }
  ProxyConnection(const ProxyConnection&) = delete;
  ProxyConnection& operator=(const ProxyConnection&) = delete;

  // Connects to this Unix socket, unless it did before. Closes the connection if that fails.
  void open(const std::string& upstream);
  // Closes both sides; queued bytes are lost. The proxy removes the object later.
  void end(End how);
  [[nodiscard]] ProxyPipe& pipe(Direction direction) {
    return direction == Direction::kToServer ? to_server : to_client;
  }

  // What poll() has to wait for: the client's socket and the server's; -1: nothing.
  [[nodiscard]] std::array<pollfd, 2> waits() const;
  // Reads what has arrived and delivers what can be delivered. `events`: the answer of poll() for each socket.
  void serve(std::array<short, 2> events);

  [[nodiscard]] bool gone() const { return client_ < 0; }
  [[nodiscard]] bool is_open() const { return server_ >= 0; }

  ProxyPipe to_server, to_client;

 private:
  using Values = std::vector<RespValue>;

  [[nodiscard]] pollfd wait_of(int socket, const ProxyPipe& from, const ProxyPipe& to) const;
  void take_events(short events, int socket, std::string& part, ProxyPipe& from, ProxyPipe& to);
  void split(std::string& part);
  void command(std::string_view bytes, const Values& values);
  void reply(std::string_view bytes, const Values& values);
  void pump(ProxyPipe& pipe, int target);
  void fire(ProxyPipe& pipe);

  ProxyState& state_;
  int client_;
  int server_ = -1;
  std::string commands_, replies_;  // read, incomplete
  // For each command that waits for its reply: the trigger that chose it (ProxyState::armed); 0: none.
  std::deque<uint64_t> expected_;
};

}  // namespace orderd::test
