// A plain TCP connection to a proxy, to see what a client library hides: how a connection ends, and its packet sizes.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include "valkey/endpoint.h"

namespace orderd::test {

class RawClient {
 public:
  enum class End { kNone, kOrderly, kReset };

  // Throws std::system_error: ECONNREFUSED if nothing listens.
  explicit RawClient(const valkey::Endpoint& endpoint) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{20, 0};
    if (socket_ < 0 || setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
        connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      const int error = errno;
      if (socket_ >= 0) ::close(socket_);
      throw std::system_error(error, std::generic_category(), "connect");
    }
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // Throws std::system_error when the connection has ended.
  void send(std::string_view bytes) {
    if (::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) {
      throw std::system_error(errno, std::generic_category(), "send");
    }
  }
  void shut_down_sending() { (void)shutdown(socket_, SHUT_WR); }

  // Reads until `bytes` arrived or the connection ends. Throws std::runtime_error after 20 s of silence.
  std::string read(std::size_t bytes) {
    std::string result;
    while (result.size() < bytes && end_ == End::kNone) {
      char buffer[4096];
      const ssize_t got = recv(socket_, buffer, std::min(sizeof buffer, bytes - result.size()), 0);
      if (got > 0) result.append(buffer, static_cast<std::size_t>(got));
      if (got == 0) end_ = End::kOrderly;
      if (got < 0 && errno == ECONNRESET) end_ = End::kReset;
      if (got < 0 && errno != ECONNRESET) throw std::runtime_error("no data for 20 s");
    }
    return result;
  }
  // Everything before EOF.
  std::string read_all() { return read(SIZE_MAX); }
  // What has arrived already; may be empty.
  std::string peek() {
    char buffer[4096];
    const ssize_t got = recv(socket_, buffer, sizeof buffer, MSG_PEEK | MSG_DONTWAIT);
    return got > 0 ? std::string(buffer, static_cast<std::size_t>(got)) : std::string();
  }
  // How it ended, as far as was read.
  [[nodiscard]] End end() const { return end_; }

 private:
  int socket_;
  End end_ = End::kNone;
};

// The bytes of a command.
[[nodiscard]] inline std::string command_bytes(const std::vector<std::string>& words) {
  std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) bytes += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return bytes;
}

}  // namespace orderd::test
