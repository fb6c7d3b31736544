// Plain sockets with one uv_poll_t each, so that a test controls what is sent and how a connection ends, to the byte.
// Everything is sent when the socket is found writable, so one slice is sent per turn.
#include "support/fake_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "support/resp.h"

namespace orderd::test {
namespace {

constexpr int kBacklog = 16;
constexpr std::string_view kRunId = "0123456789abcdef0123456789abcdef01234567";

// For system and uv calls that fail only if a test is wrong.
void must(int status) {
  ORDERD_CHECK(status == 0, std::strerror(status < -1 ? -status : errno));
}

// "-- settle.lua: …" near the top: "settle".
std::string script_name(const std::string& text) {
  const std::size_t end = text.find(".lua");
  const std::size_t comment = text.rfind("-- ", end);
  if (end == std::string::npos || comment == std::string::npos) return "script";
  return text.substr(comment + 3, end - comment - 3);
}

}  // namespace

FakeServer::FakeServer(Loop& loop, Where where, std::string host, uint16_t port)
    : loop_(loop), where_(where), host_(std::move(host)), port_(port) {
  // hiredis writes without MSG_NOSIGNAL; the daemon ignores the signal too.
  std::signal(SIGPIPE, SIG_IGN);
  for (const char* command : {"AUTH", "SELECT", "CLIENT SETNAME", "CLIENT SETINFO"}) on(command).reply("+OK\r\n");
  on("HELLO").reply(resp::bulks({"server", "valkey", "version", "8.0.1", "mode", "standalone", "role", "master"}));
  on("INFO").reply(resp::bulk(info(kRunId)));
  on("ROLE").reply(resp::array({resp::bulk("master"), resp::integer(0), resp::array({})}));
  on("SCRIPT LOAD").answer([](const Received& command) { return resp::bulk(script_name(command.words.at(2))); });
  listen();
}

FakeServer::~FakeServer() {
  refuse();
  close_all();
}

std::string FakeServer::info(std::string_view run_id) {
  return "# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\nserver_mode:standalone\r\n"
         "run_id:" +
         std::string(run_id) + "\r\n";
}

bool FakeServer::answer(std::string_view first, std::string bytes) {
  const auto [peer, waiting] = oldest_waiting(first);
  if (waiting == nullptr) return false;
  waiting->bytes = std::move(bytes);
  waiting->ready = true;
  flush(*peer);
  return true;
}

std::pair<FakeServer::Peer*, FakeServer::Outgoing*> FakeServer::oldest_waiting(std::string_view first) const {
  for (const auto& peer : peers_) {
    for (Outgoing& each : peer->out) {
      if (peer->fd >= 0 && !each.ready && each.command.begins(first)) return {peer.get(), &each};
    }
  }
  return {};
}

void FakeServer::blurt(std::size_t connection, std::string_view bytes) {
  Peer& peer = *peers_.at(connection);
  peer.out.push_back({{}, nullptr, std::string(bytes), true});
  flush(peer);
}

void FakeServer::close_all() {
  for (const auto& peer : peers_) close(*peer, End::kClose);
}

void FakeServer::refuse() {
  if (listener_ < 0) return;
  listener_poll_.reset();
  ::close(std::exchange(listener_, -1));
  if (where_ == Where::kUnix) unlink(endpoint().path.c_str());
}

void FakeServer::listen() {
  sockaddr_storage address{};
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(sockaddr_un);
  if (where_ == Where::kUnix) {
    generic->sa_family = AF_UNIX;
    endpoint().path.copy(reinterpret_cast<sockaddr_un*>(generic)->sun_path, sizeof(sockaddr_un::sun_path) - 1);
  } else {
    generic->sa_family = AF_INET;
    auto* internet = reinterpret_cast<sockaddr_in*>(generic);
    internet->sin_port = htons(port_);
    ORDERD_CHECK(inet_pton(AF_INET, host_.c_str(), &internet->sin_addr) == 1, "not an IPv4 address");
    size = sizeof *internet;
  }
  listener_ = socket(generic->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  must(setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  must(bind(listener_, generic, size));
  must(getsockname(listener_, generic, &size));
  if (where_ == Where::kTcp) port_ = ntohs(reinterpret_cast<sockaddr_in*>(generic)->sin_port);
  must(::listen(listener_, kBacklog));
  listener_poll_.emplace(loop_, listener_, [this] { accept_all(); });
}

valkey::Endpoint FakeServer::endpoint() const {
  valkey::Endpoint endpoint;
  endpoint.kind = where_ == Where::kUnix ? valkey::Endpoint::Kind::kUnix : valkey::Endpoint::Kind::kTcp;
  endpoint.host = host_;
  endpoint.port = port_;
  endpoint.path = directory_.file("socket");
  return endpoint;
}

std::size_t FakeServer::standing() const {
  std::size_t open = 0;
  for (const auto& peer : peers_) open += peer->fd >= 0 ? 1U : 0U;
  return open;
}

std::size_t FakeServer::count(std::string_view first) const {
  std::size_t count = 0;
  for (const Received& command : received_) count += command.begins(first) ? 1U : 0U;
  return count;
}

std::vector<std::string> FakeServer::sequence(std::size_t connection, std::size_t words) const {
  std::vector<std::string> texts;
  for (Received command : received_) {
    if (command.connection != connection) continue;
    command.words.resize(std::min(command.words.size(), words));
    texts.push_back(command.text());
  }
  return texts;
}

void FakeServer::accept_all() {
  for (;;) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    auto peer = std::make_unique<Peer>();
    peer->server = this;
    peer->number = peers_.size();
    peer->fd = fd;
    peer->poll.reset(new uv_poll_t);
    must(uv_poll_init_socket(loop_.raw(), peer->poll.get(), fd));
    peer->poll->data = peer.get();
    peers_.push_back(std::move(peer));
    watch(*peers_.back(), false);
  }
}

void FakeServer::on_peer(uv_poll_t* handle, int status, int events) {
  if (handle->data == nullptr) return;
  Peer& peer = *static_cast<Peer*>(handle->data);
  if (status < 0) return peer.server->close(peer, End::kClose);
  if ((events & UV_READABLE) != 0) peer.server->read(peer);
  if (peer.fd >= 0 && (events & UV_WRITABLE) != 0 && !peer.server->write_some(peer))
    peer.server->close(peer, End::kClose);
}

void FakeServer::read(Peer& peer) {
  std::array<char, 65536> buffer;
  const ssize_t bytes = recv(peer.fd, buffer.data(), buffer.size(), 0);
  if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (bytes <= 0) return close(peer, End::kClose);
  peer.in.feed({buffer.data(), static_cast<std::size_t>(bytes)});
  while (auto words = peer.in.next()) take(peer, std::move(*words));
  flush(peer);
}

void FakeServer::take(Peer& peer, std::vector<std::string> words) {
  received_.push_back({peer.number, std::move(words)});
  const Received command = received_.back();
  const auto takes = [&command](Rule& each) { return each.takes(command); };
  const auto rule = std::find_if(rules_.rbegin(), rules_.rend(), takes);
  if (rule == rules_.rend()) {
    peer.out.push_back({command, nullptr, resp::error("ERR unknown command '" + command.words.front() + "'"), true});
    return;
  }
  // order matters: the function may answer another command, even of this connection.
  const std::optional<std::string> bytes = rule->answer_ ? rule->answer_(command) : std::string();
  peer.out.push_back({command, &*rule, bytes.value_or(""), bytes.has_value() && !rule->holds_});
}

void FakeServer::flush(Peer& peer) {
  if (peer.fd >= 0 && !peer.out.empty() && peer.out.front().ready) watch(peer, true);
}

// Sends what can be sent now. False: the peer has closed the connection.
bool FakeServer::write_some(Peer& peer) {
  while (!peer.out.empty() && peer.out.front().ready) {
    const Outgoing& first = peer.out.front();
    const std::size_t slice = first.rule != nullptr ? first.rule->slice_ : 0;
    const std::size_t size = first.rule != nullptr && first.rule->cut_ ? std::min(*first.rule->cut_, first.bytes.size())
                                                                       : first.bytes.size();
    const std::size_t piece = std::min(size - peer.sent, slice > 0 ? slice : size);
    const ssize_t sent = piece == 0 ? 0 : send(peer.fd, first.bytes.data() + peer.sent, piece, MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    peer.sent += static_cast<std::size_t>(sent);
    if (peer.sent == size) {
      if (first.rule != nullptr && first.rule->end_ != End::kNone) {
        close(peer, first.rule->end_);
        return true;
      }
      peer.sent = 0;
      peer.out.pop_front();
    }
    if (slice > 0) return true;  // the rest in the next turn
  }
  watch(peer, false);
  return true;
}

void FakeServer::watch(Peer& peer, bool writable) {
  must(uv_poll_start(peer.poll.get(), writable ? UV_READABLE | UV_WRITABLE : UV_READABLE, on_peer));
}

void FakeServer::close(Peer& peer, End how) {
  if (peer.fd < 0) return;
  peer.poll.reset();
  if (how == End::kReset) {
    const linger at_once{1, 0};
    must(setsockopt(peer.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once));
  }
  ::close(std::exchange(peer.fd, -1));
  peer.out.clear();
}

}  // namespace orderd::test
