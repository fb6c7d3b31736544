// A connection that comes back: asks the topology where to go, connects, tells its listener, and after a loss does so
// again, with a jittered back-off, until it is stopped. To be let in is not enough for the next wait to be short again:
// a replica that is still taken for the primary lets us in each time, and refuses all work.
#pragma once

#include <memory>
#include <string>

#include "loop/loop.h"
#include "valkey/backoff.h"
#include "valkey/connection.h"
#include "valkey/connector.h"
#include "valkey/topology.h"

namespace orderd::valkey {

class Session : private Connector::Listener, private Connection::Listener {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // Ready for work: authenticated, scripts loaded.
    virtual void on_up(Session& session) = 0;
    // A connection was lost (after all its calls got their lost() replies), or a try to connect failed. The next try
    // follows by itself. The session may not be destroyed in here.
    virtual void on_down(Session& session, const Error& error) = 0;
  };

  Session(Loop& loop, Topology& topology, Handshake handshake, uint32_t seed, Session::Listener& listener);
  ~Session() override;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // May call back before it returns.
  void start();
  // For good: outstanding calls get their lost() replies; on_down is not called.
  void stop();

  // False: not up, `call` was not taken.
  [[nodiscard]] bool send(Call& call, const Command& command);
  // Drops the connection and connects anew: this server is not the right one any more.
  void drop(const Error& why);
  // The server did what it was asked for: after the next loss the first wait is short.
  void proven() { backoff_.reset(); }

  [[nodiscard]] bool up() const { return phase_ == Phase::kUp; }
  [[nodiscard]] std::size_t in_flight() const { return connection_ ? connection_->in_flight() : 0; }
  // Only while up.
  [[nodiscard]] const std::string& script_id(std::size_t index) const { return script_ids_[index]; }
  [[nodiscard]] const std::string& name() const { return handshake_.name; }

 private:
  enum class Phase {
    kIdle,
    kConnecting,  // the topology or the connector is at work
    kUp,
    kWaiting,  // for the back-off to pass
    kStopped,
  };

  void connect();
  void lost(const Error& error);

  void on_connected(Ready ready) override;
  void on_connect_failed(const Error& error) override;
  void on_open() override {}
  void on_closed(const Error& error) override;

  Loop& loop_;
  Topology& topology_;
  Handshake handshake_;
  Session::Listener& listener_;
  Backoff backoff_;
  Timer retry_;
  Phase phase_ = Phase::kIdle;
  std::unique_ptr<Connector> connector_;
  std::unique_ptr<Connection> connection_;
  std::string where_;  // the server, for errors
  std::vector<std::string> script_ids_;
};

}  // namespace orderd::valkey
