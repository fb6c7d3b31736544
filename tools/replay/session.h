// A connection that reconnects: asks the topology where to go, connects, and after a loss does so again, with a
// jittered back-off, until it is stopped. See valkey::Link for why a successful connect does not reset the back-off.
#pragma once

#include <memory>
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
    // A connection was lost, after all its calls got their lost() replies, or an attempt to connect failed. The next
    // attempt follows by itself. The session may not be destroyed in here.
    virtual void on_down(const valkey::Error& error) = 0;
  };

  // `topology` and `listener` must outlive the session.
  Session(Loop& loop, valkey::Topology& topology, valkey::Handshake handshake, uint32_t seed,
          Session::Listener& listener);
  ~Session() override;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Once. May call back before it returns.
  void start();
  // For good: outstanding calls get their lost() replies; on_down is not called.
  void stop();

  // False: not up, `call` was not taken.
  [[nodiscard]] bool send(valkey::Call& call, const valkey::Command& command);
  // The server did what it was asked for: the back-off after the next loss starts short again.
  void proven() { backoff_.reset(); }
  [[nodiscard]] bool up() const { return phase_ == Phase::kUp; }

 private:
  enum class Phase {
    kIdle,
    kConnecting,  // the topology or the connector is at work
    kUp,
    kWaiting,  // retry_ runs
    kStopped,
  };

  void connect();
  void on_located(const Result<valkey::Endpoint>& found);
  void lost(const valkey::Error& error);

  void on_connected(valkey::Ready ready) override;
  void on_connect_failed(const valkey::Error& error) override;
  void on_open() override {}
  void on_closed(const valkey::Error& error) override;

  Loop& loop_;
  valkey::Topology& topology_;
  valkey::Handshake handshake_;
  Session::Listener& listener_;
  valkey::Backoff backoff_;
  Timer retry_;
  Phase phase_ = Phase::kIdle;
  std::unique_ptr<valkey::Topology::Search> search_;
  std::unique_ptr<valkey::Connector> connector_;
  std::unique_ptr<valkey::Connection> connection_;
  std::string where_;  // the server, for errors
};

}  // namespace orderd::replay
