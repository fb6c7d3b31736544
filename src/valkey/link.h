// Two channels to one server process with one life cycle: a connection for reads that block, and a share of a
// connection (shared_connections.h) for everything else. Both are up and belong to the same server process (the same
// run_id, where the server gives one), or neither is.
//
// A link reconnects by itself, with a jittered back-off, until it is stopped: it asks the topology where to go, runs
// both handshakes, and compares the run_ids. The end of either channel ends the other. Where another server is the
// primary now, as the server itself or the topology says, the first attempt is made at once.
//
// To be let in is not enough to make the next back-off short again: a server that is wrongly taken for the primary
// accepts each connection and refuses all work. See proven().
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
  kReading,   // for reads that block
  kSettling,  // for everything else
};

class Link {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // Both channels are authenticated, belong to one server process that can do the work, and the scripts are
    // loaded. send(), drop() and stop() are allowed in here.
    virtual void on_up() = 0;
    // Once per loss, after every outstanding call of both channels got its lost() reply; or once per failed attempt to
    // connect. The next attempt follows by itself. stop() is allowed in here; destroying the link is not.
    //   kLost         a connection ended, an attempt timed out, or the two connections reached different servers
    //   kRefused      wrong credentials or missing rights
    //   kUnfit        this server cannot do the work; the text says what to do
    //   kUnavailable  the server is loading, busy or out of memory
    //   others        what drop() was given, or how the server answered the handshake
    virtual void on_down(const Error& error) = 0;
  };

  struct Options {
    std::string name;                       // the daemon's; connections are orderd-read:NAME and orderd-settle:NAME
    std::vector<std::string_view> scripts;  // loaded in this order on the settling connection
    Milliseconds connect_timeout{5000};     // for locating the server and both handshakes together
    Milliseconds reply_timeout{10000};      // without a byte from the server although a reply is due
    Milliseconds read_block{250};           // how long a read may block; the reading channel waits for it in addition
  };

  // `topology`, `connections` and `listener` must outlive the link.
  Link(Loop& loop, Topology& topology, SharedConnections& connections, Options options, uint32_t seed,
       Link::Listener& listener);
  // As stop(). Not inside a callback of the link or of one of its calls.
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Once. May call back before it returns.
  void start();
  // For good: outstanding calls get lost(), on_down is not called. Allowed everywhere and in every state.
  void stop();

  // Queues a command; replies of one channel come in the order of its commands. False: not up, `call` was not taken.
  // As soon as the first call of either channel gets lost(), the link is not up any more.
  [[nodiscard]] bool send(Channel channel, Call& call, const Command& command);
  // Leaves this server: both channels end, on_down(why) follows (where a call is being answered: when that returns),
  // and the topology hears of it. Does nothing unless the link is up.
  void drop(const Error& why);
  // The server did real work: the back-off after the next loss starts short again.
  void proven();
  // The server says that it cannot work now: is another one the primary by now? Then the link leaves by itself, as it
  // does where a server that moves() is silent.
  void suspect();
  // No wait should be longer: where the primary moves, it is back soon.
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
    kLocating,    // the topology was asked; deadline_ runs
    kConnecting,  // handshakes run on one or both channels, each with a deadline of its own
    kUp,          // both channels are open
    kEnding,      // both channels were closed; waits until both have reported their end
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
  Timer look_;  // while connecting and up, where the primary moves: is the server silent?
  Phase phase_ = Phase::kIdle;
  bool hurried_ = false;     // an attempt was made without a wait since the last that was proven()
  uint64_t attempt_ms_ = 0;  // when this attempt began
  std::unique_ptr<Topology::Search> search_;
  std::unique_ptr<Topology::Watch> watch_;
  std::optional<Endpoint> server_;  // where this attempt goes, once that is known
  std::unique_ptr<Reading> reading_;
  std::unique_ptr<Settling> settling_;
  Error failure_;  // why the link went down
};

}  // namespace orderd::valkey
