// Makes a connection that is ready for work: looks up the host, connects, authenticates, asks what the server is and
// rejects unsuitable ones, selects the database, sets the client's name, loads the scripts. It ends once, in
// on_connected or in on_connect_failed.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "loop/loop.h"
#include "valkey/connection.h"
#include "valkey/endpoint.h"
#include "valkey/server.h"

namespace orderd::valkey {

struct Handshake {
  std::string name;                       // for CLIENT LIST; see client_info.h
  std::vector<std::string_view> scripts;  // loaded in this order
  bool brief = false;                     // for a single question: skips what the server is
  bool primary_moves = false;  // a replica is not an error in the settings, but the wrong server now: kRoleChanged
  Milliseconds connect_timeout{5000};  // for everything together; the addresses of a name share it
  Milliseconds reply_timeout{10000};   // of the finished connection; longer than any blocking command
};

// The result.
struct Ready {
  std::unique_ptr<Connection> connection;
  ServerFacts server;                   // as far as the server said
  std::vector<std::string> script_ids;  // SHA1 of each script, in order
};

class Connector : private Connection::Listener {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // Must set another listener on the connection. Neither callback may destroy the connector.
    virtual void on_connected(Ready ready) = 0;
    // kRefused: wrong credentials or missing rights; the text names the command. kUnfit: see server.h.
    virtual void on_connect_failed(const Error& error) = 0;
  };

  Connector(Loop& loop, Handshake handshake, Listener& listener);
  // As cancel().
  ~Connector() override;
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  // Starts. May call back before it returns.
  void start(const Endpoint& endpoint);
  // Ends without a callback. Allowed everywhere and in every state.
  void cancel();

 private:
  enum class Phase {
    kIdle,
    kResolve,       // looks up the host
    kConnect,       // connects the socket
    kAuthenticate,  // from here on: a command was sent and its reply is awaited
    kHello,
    kInfo,
    kRole,
    kSelect,
    kName,
    kLoad,  // one script after another
    kDone,
  };
  struct Lookup;
  struct Step : Call {
    Connector* owner = nullptr;
  };

  void resolve();
  void on_resolved(int status, const struct addrinfo* found);
  void connect_next();
  void advance(Phase phase);
  void send(const Command& command);
  void on_step(const Reply& reply);
  void take(const Reply& reply);
  void on_silence();
  void fail(const Error& error);
  void finish();

  void on_open() override;
  void on_closed(const Error& error) override;

  Loop& loop_;
  Handshake handshake_;
  Listener& listener_;
  Timer patience_;  // with the current address or the lookup
  Timer next_;      // starts the next address, one turn later
  Phase phase_ = Phase::kIdle;
  Endpoint endpoint_;
  uint64_t deadline_ms_ = 0;
  Lookup* lookup_ = nullptr;  // owned by libuv until its callback
  std::vector<Address> addresses_;
  std::size_t address_ = 0;  // the next one to try
  std::string last_failure_;
  Step step_;
  Call ignored_{[](Call& /*call*/, const Reply& /*reply*/) {}};  // for replies that are ignored
  Ready ready_;
};

}  // namespace orderd::valkey
