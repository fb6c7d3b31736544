// One connection to one server, never reused. Runs hiredis' asynchronous context on our loop and reports each of its
// ways to end as one event.
//
//   kOpening --connected--> kOpen --+
//       |                           |   any failure, close(), the destructor
//       +---------------------------+--> kClosed
//
// At the end, in this order: the state becomes kClosed, so nothing can be sent; every outstanding Call gets a lost()
// reply (whether its command was executed is unknown); the listener is called, once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "loop/loop.h"
#include "valkey/command.h"
#include "valkey/error.h"
#include "valkey/reply.h"
#include "valkey/tls.h"

struct redisAsyncContext;

namespace orderd::valkey {

// Receives a reply. The caller owns it and keeps it alive until done() is called, exactly once for each successful
// send(). done() may send again, with the same Call too, and may close the connection, but not destroy it.
struct Call {
  void (*done)(Call& call, const Reply& reply) = nullptr;
};

// An address that needs no lookup.
struct Address {
  std::string host;  // numeric; empty: a Unix socket
  uint16_t port = 0;
  std::string path;  // of the Unix socket
  [[nodiscard]] std::string text() const;
};

class Connection {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void on_open() = 0;
    // May not destroy the connection, which is on the stack.
    virtual void on_closed(const Error& error) = 0;
  };

  // Starts to connect, over TLS if `tls` is set. The listener is never called before open() returns. A failure here is
  // immediate. With TLS a connection is open before the handshake ends: what is sent until then leaves after the
  // server's certificate was verified.
  [[nodiscard]] static Result<std::unique_ptr<Connection>> open(Loop& loop, const Address& address,
                                                                Milliseconds reply_timeout, Listener& listener,
                                                                std::optional<TlsPeer> tls = std::nullopt);
  // Closes the connection if it is open; the listener is called before the destructor returns.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Replaces the listener.
  void set_listener(Listener& listener) { listener_ = &listener; }

  // Queues a command; all commands of this turn of the loop are written together at its end.
  // False: not open; `call` is not used. The number of commands is not limited here, but by the callers.
  [[nodiscard]] bool send(Call& call, const Command& command);

  // Subscribes: `call` gets the confirmation and each message of `channel`, and lost() at the end. The connection must
  // not be used for anything else afterwards. False: as send().
  [[nodiscard]] bool subscribe(Call& call, std::string_view channel);

  // Closes it. Before close() returns, outstanding calls get lost(), and the listener on_closed(error); if called from
  // a Call's done(), after that returns.
  void close(Error error);

  [[nodiscard]] bool is_open() const { return state_ == State::kOpen; }
  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }
  // How long nothing has arrived while a reply is due.
  [[nodiscard]] Milliseconds silence() const;
  // The server has not finished the TLS handshake.
  [[nodiscard]] bool greeting() const { return tls_ && !tls_->established(); }

 private:
  enum class State { kOpening, kOpen, kClosed };
  struct Hooks;  // hiredis' callbacks

  Connection(Loop& loop, Milliseconds reply_timeout, Listener& listener);
  void read();
  void flush();
  void write();
  [[nodiscard]] bool unread() const;
  void take_error();
  void on_connected(bool good);
  [[nodiscard]] bool start_tls();
  void on_reply(Call& call, const Reply& reply);
  void on_message(Call& call, const Reply& reply);
  void on_ended();
  void progressed();
  void watch();
  void want(int events);

  Loop& loop_;
  Milliseconds reply_timeout_;
  Listener* listener_;
  redisAsyncContext* context_ = nullptr;  // hiredis frees it; null after its end
  std::optional<TlsPeer> tls_peer_;
  std::optional<TlsSession> tls_;
  HandlePtr<uv_poll_t> poll_;
  std::optional<BeforeWait> flush_;  // started while commands wait to be written
  Timer watchdog_;
  State state_ = State::kOpening;
  Error error_;
  int events_ = 0;
  std::size_t in_flight_ = 0;
  uint64_t progress_ms_ = 0;  // when bytes last arrived, or the first command after an idle time was sent
  bool last_chance_ = false;
  bool answered_ = false;  // there was a reply
  bool in_callback_ = false;
  bool writing_ = false;
  bool subscribed_ = false;
};

}  // namespace orderd::valkey
