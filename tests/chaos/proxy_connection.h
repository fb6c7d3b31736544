// One connection through the proxy: the client's socket, the server's socket, a pipe each way, and the RESP follower.
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

  // Takes over the client's socket. Does nothing before open().
  ProxyConnection(ProxyCore& core, uint64_t number, int client);
  ~ProxyConnection();
  ProxyConnection(const ProxyConnection&) = delete;
  ProxyConnection& operator=(const ProxyConnection&) = delete;

  // Connects to the server. May close the connection before it returns.
  void open();
  // Closes both sides; queued bytes are lost. The object exists until the core sweeps it up.
  void end(End how);
  void half_close(Direction direction);
  void inject(std::string bytes);
  void reset_after(Direction direction, std::optional<uint64_t> bytes);
  // Delivers what can be delivered now: after a change of faults, or when a pipe asked for another turn.
  void pump();

  [[nodiscard]] uint64_t number() const { return number_; }
  [[nodiscard]] bool gone() const { return phase_ == Phase::kGone; }
  [[nodiscard]] bool opened() const { return phase_ != Phase::kSilent; }
  [[nodiscard]] bool wants_turn() const { return to_server_.wants_turn() || to_client_.wants_turn(); }
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
    HandlePtr<uv_poll_t> poll;
    int watched = 0;
    bool read_ended = false;
    bool blocked = false;  // the socket buffer is full
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
