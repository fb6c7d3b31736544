// Every event ends in watch(), which recomputes what to wait for: a side is polled for reading while its pipe has room,
// and for writing only while it is blocked.
#include "chaos/proxy_connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "chaos/fault_proxy.h"
#include "chaos/proxy_core.h"

namespace orderd::test {
namespace {

constexpr std::size_t kReadSize = std::size_t{64} * 1024;

HandlePtr<uv_poll_t> poll_handle(Loop& loop, int socket, ProxyConnection* owner) {
  HandlePtr<uv_poll_t> handle(new uv_poll_t);
  ORDERD_CHECK(uv_poll_init(loop.raw(), handle.get(), socket) == 0, "uv_poll_init failed");
  handle->data = owner;
  return handle;
}

}  // namespace

ProxyConnection::ProxyConnection(ProxyCore& core, uint64_t number, int client)
    : core_(core),
      number_(number),
      to_server_(core, Direction::kToServer, [this] { pump(); }),
      to_client_(core, Direction::kToClient, [this] { pump(); }),
      follower_(core, to_server_, to_client_) {
  client_.socket = client;
  client_.poll = poll_handle(core.loop(), client, this);
  core_.set_no_delay(client);
}

ProxyConnection::~ProxyConnection() {
  close_side(client_, End::kClose);
  close_side(server_, End::kClose);
}

void ProxyConnection::open() {
  if (phase_ != Phase::kSilent) return;
  server_.socket = core_.connect_upstream();
  if (server_.socket < 0) {
    core_.note_upstream_failed();
    return end(End::kClose);
  }
  server_.poll = poll_handle(core_.loop(), server_.socket, this);
  phase_ = Phase::kConnecting;
  watch();
}

void ProxyConnection::connected() {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(server_.socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
    core_.note_upstream_failed();
    return end(End::kClose);
  }
  core_.set_no_delay(server_.socket);
  phase_ = Phase::kOpen;
  watch();
}

void ProxyConnection::close_side(Side& side, End how) {
  if (side.socket < 0) return;
  side.poll.reset();
  if (how == End::kReset) {
    const linger at_once{1, 0};
    // A Unix socket has no reset: it is just closed.
    (void)setsockopt(side.socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  ::close(side.socket);
  side.socket = -1;
}

void ProxyConnection::end(End how) {
  if (phase_ == Phase::kGone) return;
  phase_ = Phase::kGone;
  close_side(client_, how);
  close_side(server_, how);
  core_.sweep_soon();
}

void ProxyConnection::half_close(Direction direction) {
  if (phase_ != Phase::kOpen) return;
  (direction == Direction::kToServer ? to_server_ : to_client_).push(ProxyPipe::Mark::kEnd);
  pump();
}

void ProxyConnection::inject(std::string bytes) {
  if (phase_ != Phase::kOpen) return;
  to_client_.inject(std::move(bytes));
  pump();
}

void ProxyConnection::reset_after(Direction direction, std::optional<uint64_t> bytes) {
  (direction == Direction::kToServer ? to_server_ : to_client_).reset_after(bytes);
}

void ProxyConnection::on_client(uv_poll_t* handle, int status, int events) {
  if (handle->data == nullptr) return;
  auto& self = *static_cast<ProxyConnection*>(handle->data);
  self.on_side(self.client_, status, events);
}

void ProxyConnection::on_server(uv_poll_t* handle, int status, int events) {
  if (handle->data == nullptr) return;
  auto& self = *static_cast<ProxyConnection*>(handle->data);
  if (self.phase_ == Phase::kConnecting) return self.connected();
  self.on_side(self.server_, status, events);
}

void ProxyConnection::on_side(Side& side, int status, int events) {
  if (status != 0) return end(End::kReset);
  if ((events & UV_WRITABLE) != 0) side.blocked = false;
  if ((events & UV_READABLE) != 0 && phase_ == Phase::kOpen) read(side);
  pump();
}

void ProxyConnection::read(Side& side) {
  char buffer[kReadSize];
  const ssize_t got = recv(side.socket, buffer, sizeof buffer, 0);
  if (got < 0) {
    if (errno != EAGAIN && errno != EINTR) end(End::kReset);
    return;
  }
  const std::string_view bytes(buffer, static_cast<std::size_t>(got));
  const bool from_client = &side == &client_;
  if (got == 0) {
    side.read_ended = true;
    if (from_client) follower_.client_ended();
    (from_client ? to_server_ : to_client_).push(ProxyPipe::Mark::kEnd);
  } else if (from_client) {
    follower_.from_client(bytes);
  } else {
    follower_.from_server(bytes);
  }
}

void ProxyConnection::pump() {
  if (phase_ != Phase::kOpen) return;
  pump(to_server_, server_);
  if (phase_ == Phase::kOpen) pump(to_client_, client_);
  if (phase_ != Phase::kOpen) return;
  const bool done = client_.read_ended && server_.read_ended && (to_server_.ended() || to_server_.silent()) &&
                    (to_client_.ended() || to_client_.silent());
  if (done) return end(End::kClose);
  if (wants_turn()) core_.want_turn();
  watch();
}

void ProxyConnection::pump(ProxyPipe& pipe, Side& target) {
  if (target.blocked) return;
  switch (pipe.pump(target.socket)) {
    case ProxyPipe::Stop::kEmpty:
    case ProxyPipe::Stop::kEnded: break;
    case ProxyPipe::Stop::kBlocked: target.blocked = true; break;
    case ProxyPipe::Stop::kReset:
      core_.note_played("reset");
      end(End::kReset);
      break;
    case ProxyPipe::Stop::kClose:
      core_.note_played("close");
      end(End::kClose);
      break;
    case ProxyPipe::Stop::kBroken: end(End::kReset); break;
  }
}

void ProxyConnection::watch() {
  if (phase_ == Phase::kConnecting) {
    server_.blocked = true;
    watch(server_, false);
    server_.blocked = false;
  } else if (phase_ == Phase::kOpen) {
    watch(client_, to_server_.queued() < FaultProxy::kQueueMax);
    watch(server_, to_client_.queued() < FaultProxy::kQueueMax);
  }
}

void ProxyConnection::watch(Side& side, bool readable) {
  const int events = (readable && !side.read_ended ? UV_READABLE : 0) | (side.blocked ? UV_WRITABLE : 0);
  if (events == side.watched) return;
  side.watched = events;
  if (events == 0) {
    uv_poll_stop(side.poll.get());
    return;
  }
  const uv_poll_cb call = &side == &client_ ? on_client : on_server;
  ORDERD_CHECK(uv_poll_start(side.poll.get(), events, call) == 0, "uv_poll_start failed");
}

}  // namespace orderd::test
