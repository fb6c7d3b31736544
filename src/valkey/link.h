// Two channels to one server process with one life cycle: a connection for blocking reads, and a share of a connection
// (shared_connections.h) for everything else. Both are up, to the same server process (the same run_id, if known), or
// neither is.
//
// A link reconnects with a jittered back-off until it is stopped: it asks the topology for the server, runs both
// handshakes and compares the run_ids. The end of one channel closes the other. If the server or the topology reports a
// new primary, the first attempt is immediate.
//
// A successful handshake does not reset the back-off: a server that is wrongly considered the primary accepts each
// connection and refuses all work. See proven(). A connection that lasted resets it, too.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loop/loop.h"
#include "valkey/backoff.h"
#include "valkey/connection.h"
#include "valkey/connector.h"
#include "valkey/server.h"
#include "valkey/shared_connections.h"
#include "valkey/topology.h"

namespace orderd::valkey {

enum class Channel {
  kReading,   // for blocking reads
  kSettling,  // for everything else
};

class Link {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // Both channels are authenticated and reach one suitable server process; the scripts are loaded. May call send(),
    // drop() and stop().
    virtual void on_up() = 0;
    // Once per loss, after each outstanding call of both channels got lost(); and once per failed attempt to connect.
    // The next attempt follows automatically. May call stop(), but not destroy the link.
    //   kLost         a connection ended, an attempt timed out, or the two connections reached different servers
    //   kRefused      wrong credentials or missing rights
    //   kUnfit        the server is unsuitable; the text has the remedy
    //   kUnavailable  the server is loading, busy or out of memory
    //   others        passed to drop(), or the server's answer to the handshake
    virtual void on_down(const Error& error) = 0;
  };

  struct Options {
    std::string name;                       // the daemon's; connections are orderd-read:NAME and orderd-settle:NAME
    std::vector<std::string_view> scripts;  // loaded in this order, on the settling connection
    Milliseconds connect_timeout{5000};     // for finding the server and for both handshakes together
    Milliseconds reply_timeout{10000};      // of silence while a reply is due
    Milliseconds read_block{250};           // how long a read may block: added to reply_timeout on the reading channel
  };

  // `topology`, `connections` and `listener` must outlive the link.
  Link(Loop& loop, Topology& topology, SharedConnections& connections, Options options, uint32_t seed,
       Link::Listener& listener);
  // Calls stop(). Not inside a callback of the link or of one of its calls.
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Once. May call back before it returns.
  void start();
  // Final: outstanding calls get lost(), on_down is not called. Allowed everywhere and in every state.
  void stop();

  // Queues a command; replies of a channel arrive in the order of its commands. False: not up; `call` is not used. When
  // the first call of either channel gets lost(), the link is already down.
  [[nodiscard]] bool send(Channel channel, Call& call, const Command& command);
  // Leaves this server: closes both channels and reports to the topology; on_down(why) follows, after the current
  // callback if there is one. Does nothing unless the link is up.
  void drop(const Error& why);
  // The server did real work: resets the back-off.
  void proven();
  // The server says that it cannot work now: asks whether there is a new primary, and leaves if so. A silent server is
  // handled the same way, without this call.
  void suspect();
  // The longest useful wait: short if the primary can change.
  [[nodiscard]] Milliseconds longest_wait() const;

  [[nodiscard]] bool up() const;
  [[nodiscard]] std::size_t in_flight() const;  // of both channels
  // Only while up.
  [[nodiscard]] const std::string& script_id(std::size_t index) const;
  [[nodiscard]] const ServerFacts& server() const;
  // Its address, without a password.
  [[nodiscard]] std::string server_name() const { return server_->redacted(); }

 private:
  enum class Phase {
    kIdle,        // not started
    kLocating,    // asks the topology; deadline_ runs
    kConnecting,  // handshakes on one or both channels, each with its own deadline
    kUp,          // both channels are open
    kEnding,      // closes both channels; waits until both have reported their end
    kWaiting,     // no connection; retry_ runs
    kStopped,     // for good
  };
  struct Reading;
  struct Settling;

  void change_phase(Phase next);
  void locate();
  void connect();
  void compare();
  void fail(Error error);
  void close_both();
  void on_channel_closed(const Error& error);
  void on_search_timeout();
  void on_elsewhere(const Endpoint& primary);
  void look();
  [[nodiscard]] Milliseconds next_wait();
  [[nodiscard]] Handshake handshake(Channel channel) const;

  Loop& loop_;
  Topology& topology_;
  SharedConnections& connections_;
  Options options_;
  Link::Listener& listener_;
  Backoff backoff_;
  Timer retry_;
  Timer deadline_;
  Timer look_;  // if the primary can change: checks for silence while connecting and up
  Phase phase_ = Phase::kIdle;
  bool hurried_ = false;     // an immediate attempt was made since the last proven()
  uint64_t attempt_ms_ = 0;  // when this attempt began
  std::unique_ptr<Topology::Search> search_;
  std::unique_ptr<Topology::Watch> watch_;
  std::optional<Endpoint> server_;  // of this attempt, once known
  std::unique_ptr<Reading> reading_;
  std::unique_ptr<Settling> settling_;
  Error failure_;  // why the link went down
};

}  // namespace orderd::valkey
