// hiredis calls addRead/addWrite/… when it needs the socket; one uv_poll_t serves them. Commands are written before the
// loop waits again, without polling for writability first: that would cost four epoll_ctl calls and another turn of the
// loop for each command. `dataCleanup` is the only hiredis callback on every path, so it is the one end event. hiredis'
// command timeout never fires under steady writes. The watchdog checks instead whether bytes arrive while replies are
// due, since a large reply on a slow network is progress before it is complete. An unrequested reply would make hiredis
// abort the process: it is checked for first, and closes the connection.
#include "valkey/connection.h"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <sys/socket.h>

#include <utility>

#include "valkey/reply_pool.h"

namespace orderd::valkey {
namespace {

// After a suspension of this process (SIGSTOP, a suspended machine) timers fire before sockets are polled: replies that
// have already arrived get this long.
constexpr Milliseconds kLastChance{20};
constexpr const char* kUnasked = "the server sent a reply that nobody asked for";

}  // namespace

std::string Address::text() const {
  if (host.empty()) return path;
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

struct Connection::Hooks {
  static Connection& self(void* data) { return *static_cast<Connection*>(data); }

  static void add_read(void* data) { self(data).want(self(data).events_ | UV_READABLE); }
  static void del_read(void* data) { self(data).want(self(data).events_ & ~UV_READABLE); }
  static void add_write(void* data) {
    Connection& connection = self(data);
    // Connecting, or within a write that did not fit into the socket's buffer.
    const bool wait = connection.state_ != State::kOpen || connection.writing_;
    if (wait || (connection.events_ & UV_WRITABLE) != 0) return connection.want(connection.events_ | UV_WRITABLE);
    if (connection.flush_) connection.flush_->start();
  }
  static void del_write(void* data) { self(data).want(self(data).events_ & ~UV_WRITABLE); }
  // Before the socket is closed. Called more than once.
  static void cleanup(void* data) {
    self(data).poll_.reset();
    self(data).flush_.reset();
  }
  static void connected(const redisAsyncContext* context, int status) {
    if (context->data != nullptr) self(context->data).on_connected(status == REDIS_OK);
  }
  static void ended(void* data) { self(data).on_ended(); }
  static void replied(redisAsyncContext* context, void* reply, void* call) {
    self(context->data).on_reply(*static_cast<Call*>(call), Reply(static_cast<const redisReply*>(reply)));
  }
  static void published(redisAsyncContext* context, void* message, void* call) {
    self(context->data).on_message(*static_cast<Call*>(call), Reply(static_cast<const redisReply*>(message)));
  }
  static void polled(uv_poll_t* handle, int status, int events) {
    if (handle->data == nullptr) return;
    Connection& connection = self(handle->data);
    if (status < 0) {
      // The next read or write returns the error. Bytes that arrived before it are read first. libuv has stopped the
      // poll.
      events = std::exchange(connection.events_, 0);
      connection.want(events);
    }
    if ((events & UV_READABLE) != 0) connection.read();
    // order matters: the read may have ended the connection and destroyed the handle's owner.
    if (handle->data != nullptr && (events & UV_WRITABLE) != 0) connection.write();
  }
};

Connection::Connection(Loop& loop, Milliseconds reply_timeout, Listener& listener)
    : loop_(loop), reply_timeout_(reply_timeout), listener_(&listener), watchdog_(loop, [this] { watch(); }) {
}

Result<std::unique_ptr<Connection>> Connection::open(Loop& loop, const Address& address, Milliseconds reply_timeout,
                                                     Listener& listener, std::optional<TlsPeer> tls) {
  redisOptions options = {};
  if (address.host.empty()) {
    REDIS_OPTIONS_SET_UNIX(&options, address.path.c_str());
  } else {
    REDIS_OPTIONS_SET_TCP(&options, address.host.c_str(), address.port);
  }
  redisAsyncContext* context = redisAsyncConnectWithOptions(&options);
  if (context == nullptr) return Failure{"cannot connect to " + address.text() + ": out of memory"};
  if (context->err != 0) {
    Failure failure{"cannot connect to " + address.text() + ": " + context->errstr};
    redisAsyncFree(context);
    return failure;
  }
  use_reply_pool(*context->c.reader);
  std::unique_ptr<Connection> connection(new Connection(loop, reply_timeout, listener));
  HandlePtr<uv_poll_t> poll(new uv_poll_t);
  if (const int status = uv_poll_init_socket(loop.raw(), poll.get(), context->c.fd); status != 0) {
    // The handle is not initialized: it is freed, not closed.
    delete poll.release();
    redisAsyncFree(context);
    return Failure{"cannot watch the socket to " + address.text() + ": " + uv_strerror(status)};
  }
  poll->data = connection.get();
  connection->poll_ = std::move(poll);
  connection->flush_.emplace(loop, [self = connection.get()] { self->flush(); });
  connection->context_ = context;
  connection->tls_peer_ = std::move(tls);
  context->data = connection.get();
  context->dataCleanup = Hooks::ended;
  context->ev.data = connection.get();
  context->ev.addRead = Hooks::add_read;
  context->ev.delRead = Hooks::del_read;
  context->ev.addWrite = Hooks::add_write;
  context->ev.delWrite = Hooks::del_write;
  context->ev.cleanup = Hooks::cleanup;
  // Polls for writability, which is how hiredis detects the connect.
  ORDERD_CHECK(redisAsyncSetConnectCallback(context, Hooks::connected) == REDIS_OK, "the connect callback was refused");
  return connection;
}

Connection::~Connection() {
  ORDERD_CHECK(!in_callback_, "a connection was destroyed inside its own callback");
  close({ErrorKind::kLost, "closed"});
  ORDERD_CHECK(context_ == nullptr && in_flight_ == 0, "a connection ended with calls unanswered");
}

bool Connection::send(Call& call, const Command& command) {
  if (state_ != State::kOpen) return false;
  ORDERD_CHECK(command.complete(), "a command with another number of arguments than announced");
  const std::string_view bytes = command.bytes();
  const int status = redisAsyncFormattedCommand(context_, Hooks::replied, &call, bytes.data(), bytes.size());
  if (status != REDIS_OK) return false;  // it is closing; the end event follows
  if (in_flight_++ == 0) {
    progressed();
    if (!watchdog_.active()) watchdog_.start(reply_timeout_);
  }
  return true;
}

bool Connection::subscribe(Call& call, std::string_view channel) {
  if (state_ != State::kOpen) return false;
  const Command command = Command::of("SUBSCRIBE", channel);
  const std::string_view bytes = command.bytes();
  subscribed_ = redisAsyncFormattedCommand(context_, Hooks::published, &call, bytes.data(), bytes.size()) == REDIS_OK;
  return subscribed_;
}

void Connection::close(Error error) {
  if (state_ == State::kClosed) return;
  error_ = std::move(error);
  state_ = State::kClosed;
  redisAsyncFree(context_);  // calls outstanding callbacks, then Hooks::ended; inside a callback: after its return
}

void Connection::flush() {
  // order matters: a failed write ends the connection, and replies that arrived before would be lost.
  char byte = 0;
  if (recv(context_->c.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0) read();
  if (flush_) write();  // the read may have ended it
}

void Connection::write() {
  if (tls_) clear_tls_errors();
  writing_ = true;
  redisAsyncHandleWrite(context_);
  writing_ = false;
}

void Connection::read() {
  // Readable: bytes or the end; after the end nothing is polled.
  progressed();
  if (tls_) clear_tls_errors();
  // While no reply is due, only the end can follow, or the error with which a server rejects a client.
  if (state_ == State::kOpen && in_flight_ == 0 && !subscribed_ && redisBufferRead(&context_->c) == REDIS_OK &&
      unread() && context_->c.reader->buf[context_->c.reader->pos] != '-') {
    return close({ErrorKind::kLost, kUnasked});
  }
  redisAsyncHandleRead(context_);
}

// Whether bytes follow the last reply.
bool Connection::unread() const {
  return context_->c.reader->pos < context_->c.reader->len;
}

// hiredis has detected the end: records the reason.
void Connection::take_error() {
  if (state_ == State::kClosed) return;
  // The error may be empty if the server rejected the client. After a TLS failure hiredis describes an errno that was
  // never set.
  const bool explained =
      context_ != nullptr && context_->err != 0 && context_->errstr != nullptr && *context_->errstr != '\0';
  error_ = {ErrorKind::kLost, tls_ ? tls_->end(answered_) : ""};
  if (error_.what.empty()) error_.what = explained ? context_->errstr : "the connection ended";
  state_ = State::kClosed;
}

void Connection::on_connected(bool good) {
  if (!good) return take_error();  // hiredis frees the context next
  if (state_ != State::kOpening || !start_tls()) return;
  state_ = State::kOpen;
  in_callback_ = true;
  listener_->on_open();
  in_callback_ = false;
}

// False: it failed, and the connection is closed.
bool Connection::start_tls() {
  if (!tls_peer_) return true;
  auto session = TlsSession::start(context_->c, *tls_peer_);
  if (!session) {
    close({ErrorKind::kLost, session.error()});
    return false;
  }
  tls_ = *session;
  return true;
}

void Connection::on_reply(Call& call, const Reply& reply) {
  // order matters: first the state, so that the call cannot send, then the call.
  if (reply.lost()) take_error();
  answered_ = answered_ || !reply.lost();
  // order matters: before the call. It may send another command, which would get the surplus reply.
  if (--in_flight_ == 0 && state_ == State::kOpen && !subscribed_ && unread()) close({ErrorKind::kLost, kUnasked});
  const bool outer = !in_callback_;
  in_callback_ = true;
  call.done(call, reply);
  if (outer) in_callback_ = false;
}

void Connection::on_message(Call& call, const Reply& reply) {
  if (reply.lost()) take_error();
  const bool outer = !in_callback_;
  in_callback_ = true;
  call.done(call, reply);
  if (outer) in_callback_ = false;
}

void Connection::on_ended() {
  take_error();
  context_ = nullptr;
  watchdog_.stop();
  ORDERD_CHECK(in_flight_ == 0, "hiredis has ended with callbacks outstanding");
  const bool outer = !in_callback_;
  in_callback_ = true;
  listener_->on_closed(error_);
  if (outer) in_callback_ = false;
}

void Connection::progressed() {
  progress_ms_ = loop_.now_ms();
  last_chance_ = false;
}

Milliseconds Connection::silence() const {
  return Milliseconds(in_flight_ == 0 ? 0 : loop_.now_ms() - progress_ms_);
}

void Connection::watch() {
  if (in_flight_ == 0) return;
  if (silence() < reply_timeout_) return watchdog_.start(reply_timeout_ - silence());
  if (!last_chance_) {
    last_chance_ = true;
    return watchdog_.start(kLastChance);
  }
  close({ErrorKind::kLost, "no reply for " + std::to_string(reply_timeout_.count()) + " ms"});
}

void Connection::want(int events) {
  if (!poll_ || events == events_) return;
  events_ = events;
  const int status = events == 0 ? uv_poll_stop(poll_.get()) : uv_poll_start(poll_.get(), events, Hooks::polled);
  ORDERD_CHECK(status == 0, "uv_poll refused an open socket");
}

}  // namespace orderd::valkey
