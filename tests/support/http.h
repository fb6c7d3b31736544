// An HTTP client for tests of servers on 127.0.0.1: sends arbitrary bytes, and returns everything that comes back.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string>

namespace orderd::test {

// A connection: one blocking socket. It waits at most 30 s for anything, then fails the test.
class HttpConnection {
 public:
  // `receive_buffer`: how many bytes the kernel keeps until they are read, about; 0: its default.
  explicit HttpConnection(uint16_t port, int receive_buffer = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{.tv_sec = 30, .tv_usec = 0};
    REQUIRE(::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
    if (receive_buffer > 0) {
      REQUIRE(::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer) == 0);
    }
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    REQUIRE_MESSAGE(::connect(fd_, generic, sizeof address) == 0, "connect to ", port);
  }
  ~HttpConnection() { ::close(fd_); }
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // False: the server has closed the connection.
  bool send(const std::string& bytes) const {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t sent = ::send(fd_, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
      if (sent <= 0) return false;
      done += static_cast<std::size_t>(sent);
    }
    return true;
  }
  // Everything until the server closes the connection.
  [[nodiscard]] std::string read_all() const {
    std::string all;
    for (std::string some = read_some(); !some.empty(); some = read_some()) all += some;
    return all;
  }
  // Some of what has arrived; waits for the first byte. Empty: the server has closed the connection.
  [[nodiscard]] std::string read_some() const {
    std::array<char, 65536> buffer{};
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno != ECONNRESET) FAIL("no response for 30 s");
    return got <= 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(got));
  }
  // Whether nothing has arrived yet.
  [[nodiscard]] bool silent() const {
    char byte = 0;
    return ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }

 private:
  int fd_ = -1;
};

struct HttpAnswer {
  int status = 0;  // 0: the server closed the connection without a response
  std::string head;
  std::string body;
};

[[nodiscard]] inline HttpAnswer parse_answer(const std::string& bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (!bytes.starts_with("HTTP/1.1 ") || end == std::string::npos) return {};
  return {std::stoi(bytes.substr(9, 3)), bytes.substr(0, end + 2), bytes.substr(end + 4)};
}
// GET by default. `headers`: additional ones, each with its CRLF; Host is 127.0.0.1 unless included.
[[nodiscard]] inline HttpAnswer http(uint16_t port, const std::string& path, const std::string& method = "GET",
                                     const std::string& headers = "") {
  const HttpConnection connection(port);
  const std::string host = headers.find("Host:") == std::string::npos ? "Host: 127.0.0.1\r\n" : "";
  (void)connection.send(method + " " + path + " HTTP/1.1\r\n" + host + "Connection: close\r\n" + headers + "\r\n");
  return parse_answer(connection.read_all());
}

}  // namespace orderd::test
