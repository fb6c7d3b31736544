// A connection that reconnects: asks the topology where to go, connects, and after a loss does so again, with a
// jittered back-off, until it is stopped. Where the primary moves, it follows like valkey::Link, which explains the
// rules: the topology hears why a server was left, the first attempt after a redirect is made at once, and a silent
// server is left for the one that most nodes name.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "loop/loop.h"
#include "valkey/backoff.h"
#include "valkey/connection.h"
#include "valkey/connector.h"
#include "valkey/topology.h"

namespace orderd::replay {

class Session : private valkey::Connector::Listener, private valkey::Connection::Listener {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // Connected and authenticated.
    virtual void on_up() = 0;
    // A connection was lost or left, after all its calls got their replies, lost() or not, or an attempt to connect
    // failed. The next attempt follows by itself. The session may not be destroyed in here.
    virtual void on_down(const valkey::Error& error) = 0;
  };

  // `topology` and `listener` must outlive the session. `blocking`: how long the caller's commands may block at the
  // server.
  Session(Loop& loop, valkey::Topology& topology, valkey::Handshake handshake, Milliseconds blocking, uint32_t seed,
          Session::Listener& listener);
  ~Session() override { stop(); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Once. May call back before it returns.
  void start();
  // For good: outstanding calls get their lost() replies; on_down is not called.
  void stop();

  // False: not up, `call` was not taken.
  [[nodiscard]] bool send(valkey::Call& call, const valkey::Command& command) {
    return up() && connection_->send(call, command);
  }
  // To be called after each reply: it may be the last one that leave() waits for.
  void replied() {
    if (leaving_ && connection_->in_flight() == 0) connection_->close(*leaving_);
  }
  // Is this the answer of a server that is no longer the primary, where another one can be found? Then leave() it.
  [[nodiscard]] bool is_elsewhere(valkey::ErrorKind kind) const {
    return topology_.moves() && (kind == valkey::ErrorKind::kMoved || kind == valkey::ErrorKind::kRoleChanged);
  }
  // Leaves this server: takes no more calls, and closes the connection when all replies have arrived, or none has for
  // half a second; at once if calls may block. Then on_down(why) follows, and the session connects to the primary that
  // `why` or the topology names. Does nothing unless up.
  void leave(const valkey::Error& why);
  // The server says that it cannot work now: if another one is the primary by now, the session goes there.
  void suspect() {
    if (server_) topology_.suspect(*server_);
  }
  // Somebody waits for a connection: the next attempt begins now.
  void hurry() {
    if (phase_ == Phase::kWaiting) retry_.start(Milliseconds(0));
  }
  // The server did what it was asked for: the back-off after the next loss starts short again.
  void proven() {
    backoff_.reset();
    hurried_ = false;
  }
  [[nodiscard]] bool up() const { return phase_ == Phase::kUp && connection_->is_open() && !leaving_; }

 private:
  enum class Phase {
    kIdle,
    kConnecting,  // the topology or the connector is at work
    kUp,
    kWaiting,  // retry_ runs
    kStopped,
  };

  void connect();
  void on_elsewhere(const valkey::Endpoint& primary);
  void look();
  void lost(const valkey::Error& error);

  void on_connected(valkey::Ready ready) override;
  void on_connect_failed(const valkey::Error& error) override { lost(error); }
  void on_open() override {}
  void on_closed(const valkey::Error& error) override;

  Loop& loop_;
  valkey::Topology& topology_;
  valkey::Handshake handshake_;
  const Milliseconds blocking_;
  Session::Listener& listener_;
  valkey::Backoff backoff_;
  Timer retry_;
  Timer look_;  // where the primary moves: is the server silent?
  Phase phase_ = Phase::kIdle;
  bool hurried_ = false;     // an attempt was made without a wait since the last that was proven()
  uint64_t attempt_ms_ = 0;  // when this attempt began, or leave() was called
  std::optional<valkey::Error> leaving_;
  std::unique_ptr<valkey::Topology::Search> search_;
  std::unique_ptr<valkey::Topology::Watch> watch_;
  std::optional<valkey::Endpoint> server_;  // where this attempt goes, once that is known
  std::unique_ptr<valkey::Connector> connector_;
  std::unique_ptr<valkey::Connection> connection_;
};

}  // namespace orderd::replay
