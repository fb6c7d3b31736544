// Blocking reads and writes on a socket.
#include "audit/link.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace orderd::audit {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;

}  // namespace

Failure Link::lost() const {
  if (errno == EAGAIN || errno == EWOULDBLOCK) {
    return Failure{server_ + " did not answer in time (valkey.reply_timeout): it may be overloaded or stopped"};
  }
  const std::string why = errno == 0 ? "the server closed it" : std::strerror(errno);
  return Failure{"the connection to " + server_ + " was lost (" + why + "): check that the server still runs"};
}

Result<bool> Link::send(const valkey::Command& command) {
  ORDERD_CHECK(command.complete(), "a command that lacks arguments, or has too many");
  std::string_view bytes = command.bytes();
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return lost();
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

Result<RespView> Link::receive() {
  if (ready_) reader_.drop();
  ready_ = false;
  for (;;) {
    switch (reader_.parse()) {
      case RespReader::State::kReady:
        ready_ = true;
        if (reader_.reply().is_error()) return Failure{explain_(reader_.reply().text())};
        return reader_.reply();
      case RespReader::State::kBroken:
        return Failure{server_ + " sent " + reader_.problem() + ": is it a Valkey server, and nothing in between?"};
      case RespReader::State::kMore: break;
    }
    const auto space = reader_.space(kReadBytes);
    const ssize_t got = recv(socket_, space.data(), space.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) errno = 0;
    if (got <= 0) return lost();
    reader_.filled(static_cast<std::size_t>(got));
  }
}

Result<RespView> Link::ask(const valkey::Command& command) {
  const auto sent = send(command);
  if (!sent) return sent.failure();
  return receive();
}

Result<RespView> Link::ask_at_once(const std::vector<valkey::Command>& commands) {
  auto sent = send(valkey::Command::of("MULTI"));
  for (std::size_t i = 0; sent && i < commands.size(); ++i) sent = send(commands[i]);
  if (sent) sent = send(valkey::Command::of("EXEC"));
  if (!sent) return sent.failure();
  // An error here (a right that is missing) comes before the one of EXEC, and says more.
  for (std::size_t i = 0; i <= commands.size(); ++i) {
    const auto queued = receive();
    if (!queued) return queued.failure();
  }
  auto done = receive();
  if (done && done->size() != commands.size()) return Failure{server_ + " did not carry out what it had queued"};
  return done;
}

}  // namespace orderd::audit
