// An HTTP client for tests of servers on 127.0.0.1: what is sent can be any bytes, and what comes back is all there is.
#pragma once

#include <cstdint>
#include <string>

namespace orderd::test {

// A connection. It waits for 30 s at most for anything, and then fails the test.
class HttpConnection {
 public:
  explicit HttpConnection(uint16_t port);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // False: the server has closed the connection.
  bool send(const std::string& bytes) const;
  // All that comes until the server closes the connection.
  [[nodiscard]] std::string read_all() const;
  // Some of what has come; waits for the first byte. Empty: the server has closed the connection.
  [[nodiscard]] std::string read_some() const;
  // Has nothing come yet?
  [[nodiscard]] bool silent() const;

 private:
  int fd_ = -1;
};

struct HttpAnswer {
  int status = 0;  // 0: the server closed the connection without an answer
  std::string head;
  std::string body;
};

[[nodiscard]] HttpAnswer parse_answer(const std::string& bytes);
// GET by default. `headers`: further ones, each with its CRLF; a Host is among them or is 127.0.0.1.
[[nodiscard]] HttpAnswer http(uint16_t port, const std::string& path, const std::string& method = "GET",
                              const std::string& headers = "");

}  // namespace orderd::test
