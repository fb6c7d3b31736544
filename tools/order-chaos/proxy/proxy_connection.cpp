// A command or a reply is queued only when all of it has arrived, so its fault is known before its first byte is. A
// side is polled for reading while its pipe has space, and for writing only while it is blocked.
#include "order-chaos/proxy/proxy_connection.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"

namespace orderd::test {
namespace {

constexpr std::size_t kReadSize = std::size_t{64} * 1024;
constexpr std::size_t kWordsMax = 16;  // of a command, to find its trigger
// [[stream, [[id, fields], …]]]: the depth of an entry in a reply of XREAD.
constexpr int kEntryDepth = 3;

void close_socket(int& socket, ProxyConnection::End how) {
  if (socket < 0) return;
  const linger at_once{1, 0};
  // A Unix socket has no reset: it is just closed.
  if (how == ProxyConnection::End::kReset) (void)setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(socket);
  socket = -1;
}

// How many bytes of a reply are left where the trigger ends it; nullopt: it does not end this one.
std::optional<std::size_t> kept_of(const Trigger& trigger, std::size_t bytes, const std::vector<RespValue>& values) {
  if (trigger.what == Trigger::What::kSwallowReply) return 0;
  if (trigger.what == Trigger::What::kCutAfterBytes && trigger.limit <= bytes) return trigger.limit;
  if (trigger.what != Trigger::What::kCutAfterEntries) return std::nullopt;
  std::size_t entries = 0;
  for (const RespValue& value : values) {
    if (value.depth == kEntryDepth && ++entries == trigger.limit) return value.end;
  }
  return std::nullopt;
}

}  // namespace

void ProxyConnection::open(const std::string& upstream) {
  if (gone() || is_open()) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  upstream.copy(address.sun_path, sizeof address.sun_path - 1);
  server_ = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  ORDERD_CHECK(server_ >= 0, "the fault proxy has no descriptor left");
  if (connect(server_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) end(End::kClose);
}

void ProxyConnection::end(End how) {
  close_socket(client_, how);
  close_socket(server_, how);
}

// `from`: the pipe that this side fills; `to`: the one that is delivered to it.
pollfd ProxyConnection::wait_of(int socket, const ProxyPipe& from, const ProxyPipe& to) const {
  const bool reads = !from.source_ended && from.queued() < ProxyPipe::kQueueMax;
  const int events = (reads ? POLLIN : 0) | (to.target_blocked ? POLLOUT : 0);
  // poll() reports a closed peer even if nothing is asked: then it must not see the socket.
  return {events == 0 || !is_open() ? -1 : socket, static_cast<short>(events), 0};
}

std::array<pollfd, 2> ProxyConnection::waits() const {
  return {wait_of(client_, to_server, to_client), wait_of(server_, to_client, to_server)};
}

void ProxyConnection::serve(std::array<short, 2> events) {
  take_events(events[0], client_, commands_, to_server, to_client);
  take_events(events[1], server_, replies_, to_client, to_server);
  pump(to_server, server_);
  pump(to_client, client_);
  if (to_server.finished() && to_client.finished()) end(End::kClose);
}

void ProxyConnection::take_events(short events, int socket, std::string& part, ProxyPipe& from, ProxyPipe& to) {
  if (!is_open() || events == 0) return;
  if ((events & (POLLERR | POLLNVAL)) != 0) return end(End::kReset);
  if ((events & POLLOUT) != 0) to.target_blocked = false;
  if ((events & (POLLIN | POLLHUP)) == 0 || from.source_ended) return;
  char buffer[kReadSize];
  const ssize_t got = recv(socket, buffer, sizeof buffer, 0);
  if (got > 0) return split(part.append(buffer, static_cast<std::size_t>(got)));
  if (got < 0) return errno == EAGAIN || errno == EINTR ? void() : end(End::kReset);
  from.source_ended = true;
  from.push(part);
  from.push(ProxyPipe::Mark::kEof);
}

void ProxyConnection::split(std::string& part) {
  std::string_view rest = part;
  std::size_t end = 0;
  for (Values values; next_value(rest, end, values); values.clear()) {
    &part == &commands_ ? command(rest.substr(0, end), values) : reply(rest.substr(0, end), values);
    rest.remove_prefix(std::exchange(end, 0));
  }
  part.erase(0, part.size() - rest.size());
}

void ProxyConnection::fire(ProxyPipe& pipe) {
  state_.taken = state_.fired = true;
  pipe.push(state_.trigger.closes ? ProxyPipe::Mark::kClose : ProxyPipe::Mark::kReset);
}

void ProxyConnection::command(std::string_view bytes, const Values& values) {
  std::vector<std::string_view> words;
  for (const RespValue& value : values) {
    if (value.depth == 1 && words.size() < kWordsMax)
      words.push_back(bytes.substr(value.begin, value.end - 2 - value.begin));
  }
  const std::string first(words.empty() ? "" : words[0]);
  ++state_.commands[first];
  Trigger& trigger = state_.trigger;
  const bool named = trigger.word.empty() || std::find(words.begin(), words.end(), trigger.word) != words.end();
  bool chosen = !state_.taken && first == trigger.first && named;
  if (chosen && trigger.skipped > 0) {
    --trigger.skipped;
    chosen = false;
  }
  if (!chosen || trigger.what != Trigger::What::kLoseCommand) {
    // A reply may be too short to be cut, so the next one is chosen, too.
    state_.taken = state_.taken || (chosen && !trigger.cuts());
    expected_.push_back(chosen ? state_.armed : 0);
    return to_server.push(bytes);
  }
  fire(to_server);
}

void ProxyConnection::reply(std::string_view bytes, const Values& values) {
  const bool chosen = !expected_.empty() && expected_.front() == state_.armed && !state_.fired;
  if (!expected_.empty()) expected_.pop_front();
  if (chosen && state_.trigger.what == Trigger::What::kHoldReply) {
    state_.fired = true;
    to_client.push(ProxyPipe::Mark::kHold);
  }
  const auto kept = chosen ? kept_of(state_.trigger, bytes.size(), values) : std::nullopt;
  to_client.push(bytes.substr(0, kept.value_or(bytes.size())));
  if (kept) fire(to_client);
}

void ProxyConnection::pump(ProxyPipe& pipe, int target) {
  if (!is_open()) return;
  const auto mark = pipe.pump(target);
  if (mark) end(*mark == ProxyPipe::Mark::kReset ? End::kReset : End::kClose);
}

}  // namespace orderd::test
