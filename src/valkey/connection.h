// One connection to one server, from the first connect to its end; never reused. Wraps hiredis' asynchronous context,
// runs it on our loop, and turns its many ways to end into one event.
//
//   kOpening --connected--> kOpen --+
//       |                           |   any failure, close(), the destructor
//       +---------------------------+--> kClosed
//
// At the end, in this order: the state is kClosed, so nothing can be sent any more; every outstanding Call gets a
// lost() reply: whether its command was carried out is unknown; then the listener is called, once.
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

// Where a reply goes. The caller owns it and keeps it alive until done() was called; that happens exactly once for each
// successful send(). done() may send again, the same Call too, and may close the connection; it may not destroy it.
struct Call {
  void (*done)(Call& call, const Reply& reply) = nullptr;
};

// An address without any name in it to be looked up.
struct Address {
  std::string host;  // numeric; empty: a unix socket
  uint16_t port = 0;
  std::string path;  // of the unix socket
  [[nodiscard]] std::string text() const;
};

class Connection {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void on_open() = 0;
    // The connection may not be destroyed in here: it is on the stack.
    virtual void on_closed(const Error& error) = 0;
  };

  // Starts to connect; over TLS where there is a `tls`. The listener is never called before open() returns. A failure
  // here is a refusal on the spot. With TLS a connection is open before the handshake is done: what is sent meanwhile
  // leaves when the server's certificate was verified.
  [[nodiscard]] static Result<std::unique_ptr<Connection>> open(Loop& loop, const Address& address,
                                                                Milliseconds reply_timeout, Listener& listener,
                                                                std::optional<TlsPeer> tls = std::nullopt);
  // Ends the connection if it has not ended; the listener hears of it before the destructor returns.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // From now on another one listens.
  void set_listener(Listener& listener) { listener_ = &listener; }

  // Queues a command; it goes out at the end of this turn of the loop, together with all others.
  // False: not open, and `call` was not taken. Commands sent are bounded by the callers: there is no other limit here.
  [[nodiscard]] bool send(Call& call, const Command& command);

  // From now on every message of `channel` goes to `call`, and so does the confirmation: done() is called for each, and
  // with lost() at the end. For a connection that is used for nothing else afterwards. False: as send().
  [[nodiscard]] bool subscribe(Call& call, std::string_view channel);

  // Ends it. Outstanding calls get their lost() replies, and the listener on_closed(error), before close() returns;
  // where it is called from a Call's done(), when that returns.
  void close(Error error);

  [[nodiscard]] bool is_open() const { return state_ == State::kOpen; }
  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }
  // For how long nothing has come although a reply is due.
  [[nodiscard]] Milliseconds silence() const;
  // The server has yet to do its part of the TLS handshake.
  [[nodiscard]] bool greeting() const { return tls_ && !tls_->established(); }

 private:
  enum class State { kOpening, kOpen, kClosed };
  struct Hooks;  // hiredis' callbacks

  Connection(Loop& loop, Milliseconds reply_timeout, Listener& listener);
  void read();
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
  HandlePtr<uv_prepare_t> flush_;  // active while commands wait to be written
  Timer watchdog_;
  State state_ = State::kOpening;
  Error error_;
  int events_ = 0;
  std::size_t in_flight_ = 0;
  uint64_t progress_ms_ = 0;  // when bytes came last, or the first command after a pause was sent
  bool last_chance_ = false;
  bool answered_ = false;  // there was a reply
  bool in_callback_ = false;
  bool writing_ = false;
  bool subscribed_ = false;
};

}  // namespace orderd::valkey
