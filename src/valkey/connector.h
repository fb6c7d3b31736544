// From an endpoint to a connection that is ready for work: look up the name, connect, authenticate, ask the server what
// it is and refuse what cannot work, select the database, set the client's name, load the scripts. One shot: it ends in
// on_connected or in on_connect_failed, never in both.
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
  bool brief = false;                     // for one question: the server is not asked what it is
  bool primary_moves = false;             // a replica is no mistake, only the wrong server now: kRoleChanged
  Milliseconds connect_timeout{5000};     // for all of it together; the addresses of a name share it
  Milliseconds reply_timeout{10000};      // of the connection afterwards; longer than any blocking command
};

// What comes out of it.
struct Ready {
  std::unique_ptr<Connection> connection;
  ServerFacts server;                   // what the server was willing to say
  std::vector<std::string> script_ids;  // SHA1 of each script, in order
};

class Connector : private Connection::Listener {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // Set another listener on the connection in here. The connector may not be destroyed in either.
    virtual void on_connected(Ready ready) = 0;
    // kRefused: the credentials or rights; the text says which command needs them. kUnfit: see server.h.
    virtual void on_connect_failed(const Error& error) = 0;
  };

  Connector(Loop& loop, Handshake handshake, Listener& listener);
  // As cancel().
  ~Connector() override;
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  // Starts. May call back before it returns.
  void start(const Endpoint& endpoint);
  // Ends what is in progress; nothing is called back any more. Allowed everywhere and in every state.
  void cancel();

 private:
  enum class Phase {
    kIdle,
    kResolve,       // the name is being looked up
    kConnect,       // the socket connects
    kAuthenticate,  // from here on: the command was sent, its reply is awaited
    kHello,
    kInfo,
    kRole,
    kSelect,
    kName,
    kLoad,  // one script after the other
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
  Timer patience_;  // with the current address; with the look-up
  Timer next_;      // the next address, one turn later
  Phase phase_ = Phase::kIdle;
  Endpoint endpoint_;
  uint64_t deadline_ms_ = 0;
  Lookup* lookup_ = nullptr;  // owned by libuv until its callback
  std::vector<Address> addresses_;
  std::size_t address_ = 0;  // the next one to try
  std::string last_failure_;
  Step step_;
  Call ignored_{[](Call& /*call*/, const Reply& /*reply*/) {}};  // for replies that do not matter
  Ready ready_;
};

}  // namespace orderd::valkey
