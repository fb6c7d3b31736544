// One connection through the proxy: the client's socket, the server's, a pipe each way and what follows the commands.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "chaos/proxy_follower.h"
#include "chaos/proxy_pipe.h"
#include "loop/loop.h"

namespace orderd::test {

class ProxyCore;

class ProxyConnection {
 public:
  enum class End { kReset, kClose };

  // Takes over the client's socket. Says nothing and reads nothing until open().
  ProxyConnection(ProxyCore& core, uint64_t number, int client);
  ~ProxyConnection();
  ProxyConnection(const ProxyConnection&) = delete;
  ProxyConnection& operator=(const ProxyConnection&) = delete;

  // Connects to the server. May end the connection before it returns.
  void open();
  // Ends both sides; what waits is lost. Its object stands until the core sweeps it up.
  void end(End how);
  void half_close(Direction direction);
  void inject(std::string bytes);
  void reset_after(Direction direction, std::optional<uint64_t> bytes);
  // Delivers what may be delivered now: after a change of faults, and for a turn that a pipe asked for.
  void pump();

  [[nodiscard]] uint64_t number() const { return number_; }
  [[nodiscard]] bool gone() const { return phase_ == Phase::kGone; }
  [[nodiscard]] bool opened() const { return phase_ != Phase::kSilent; }
  [[nodiscard]] bool wants_turn() const { return to_server_.wants_turn() || to_client_.wants_turn(); }
  // Has it lost bytes, so that it is of no more use?
  [[nodiscard]] bool silent() const { return to_server_.silent() || to_client_.silent(); }
  [[nodiscard]] std::size_t queued() const { return to_server_.queued() + to_client_.queued(); }
  [[nodiscard]] const std::string& last_command() const { return follower_.last_command(); }

 private:
  enum class Phase {
    kSilent,      // the client is let in, nothing more
    kConnecting,  // to the server; the client is not read yet
    kOpen,
    kGone,
  };
  struct Side {
    int socket = -1;
    HandlePtr<uv_poll_t> poll;
    int watched = 0;
    bool read_ended = false;
    bool blocked = false;  // it takes no more bytes
  };

  static void on_client(uv_poll_t* handle, int status, int events);
  static void on_server(uv_poll_t* handle, int status, int events);
  void on_side(Side& side, int status, int events);
  void connected();
  void read(Side& side);
  void pump(ProxyPipe& pipe, Side& target);
  void watch();
  void watch(Side& side, bool readable);
  void close_side(Side& side, End how);

  ProxyCore& core_;
  uint64_t number_;
  Phase phase_ = Phase::kSilent;
  Side client_;
  Side server_;
  ProxyPipe to_server_;
  ProxyPipe to_client_;
  ProxyFollower follower_;
};

}  // namespace orderd::test
