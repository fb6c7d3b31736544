// The peer of a connection, for targets that feed bytes to the real reader: a Unix socket in its own directory, where
// nothing blocks; and what becomes of the bytes.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "support/temporary_directory.h"
#include "valkey/reply.h"

namespace orderd::fuzz {

// One accepted connection.
class Peer {
 public:
  explicit Peer(int file) : file_(file) {}
  ~Peer() { close(); }
  Peer(Peer&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  Peer& operator=(Peer&& other) noexcept {
    close();
    file_ = std::exchange(other.file_, -1);
    return *this;
  }

  [[nodiscard]] bool is_open() const { return file_ >= 0; }
  // Drops what does not fit into the socket, or comes after the other side closed.
  void send(std::string_view bytes) const {
    if (is_open()) (void)::send(file_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  // Shuts down sending; ignores what arrives.
  void end() const { (void)shutdown(file_, SHUT_WR); }
  void close() {
    if (is_open()) ::close(std::exchange(file_, -1));
  }

 private:
  int file_;
};

class Listening {
 public:
  explicit Listening(int flags = SOCK_NONBLOCK) : file_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path().c_str(), sizeof address.sun_path - 1);
    ORDERD_CHECK(bind(file_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "bind");
    ORDERD_CHECK(listen(file_, 64) == 0, "listen");
  }
  ~Listening() { close(file_); }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

  [[nodiscard]] std::string path() const { return directory_.file("socket"); }
  // The next connection; closed if there is none.
  [[nodiscard]] Peer accept() const { return Peer(accept4(file_, nullptr, nullptr, SOCK_CLOEXEC)); }

 private:
  const test::TemporaryDirectory directory_;
  const int file_;
};

// Visits every part of a reply, as its readers do: how many there are.
inline std::size_t walk(const valkey::Reply& reply) {
  ORDERD_CHECK(reply.at(reply.size()).lost(), "an element after the last one");
  ORDERD_CHECK(reply.integer() == 0 || reply.is_integer(), "integer() of another type");
  ORDERD_CHECK(reply.text().empty() || reply.is_string() || reply.is_error(), "text() of another type");
  ORDERD_CHECK((reply.error() != valkey::ErrorKind::kNone) == (reply.is_error() || reply.lost()),
               "error of another type");
  std::size_t parts = 1;
  for (std::size_t i = 0; i < reply.size(); ++i) parts += walk(reply.at(i));
  return parts;
}

}  // namespace orderd::fuzz
