// An HTTP client for tests of servers on 127.0.0.1: sends arbitrary bytes, and returns everything that comes back.
#pragma once

#include <cstdint>
#include <string>

namespace orderd::test {

// A connection. It waits at most 30 s for anything, then fails the test.
class HttpConnection {
 public:
  // `receive_buffer`: how many bytes the kernel keeps until they are read, about; 0: its default.
  explicit HttpConnection(uint16_t port, int receive_buffer = 0);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // False: the server has closed the connection.
  bool send(const std::string& bytes) const;
  // Everything until the server closes the connection.
  [[nodiscard]] std::string read_all() const;
  // Some of what has arrived; waits for the first byte. Empty: the server has closed the connection.
  [[nodiscard]] std::string read_some() const;
  // Whether nothing has arrived yet.
  [[nodiscard]] bool silent() const;

 private:
  int fd_ = -1;
};

struct HttpAnswer {
  int status = 0;  // 0: the server closed the connection without a response
  std::string head;
  std::string body;
};

[[nodiscard]] HttpAnswer parse_answer(const std::string& bytes);
// GET by default. `headers`: additional ones, each with its CRLF; Host is 127.0.0.1 unless included.
[[nodiscard]] HttpAnswer http(uint16_t port, const std::string& path, const std::string& method = "GET",
                              const std::string& headers = "");

}  // namespace orderd::test
