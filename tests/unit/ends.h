// Both ends of a pipe, or of something like it, for the tests of the log. The reading end is nonblocking.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <utility>

#include "support/wait_for.h"

namespace orderd::test {

class Ends {
 public:
  static Ends pipe() {
    std::array<int, 2> files{};
    REQUIRE(::pipe(files.data()) == 0);
    return Ends(files);
  }
  static Ends terminal() {
    const int reader = ::posix_openpt(O_RDWR | O_NOCTTY);
    REQUIRE(reader >= 0);
    REQUIRE(::grantpt(reader) == 0);
    REQUIRE(::unlockpt(reader) == 0);
    const int writer = ::open(::ptsname(reader), O_RDWR | O_NOCTTY);
    REQUIRE(writer >= 0);
    termios mode{};
    REQUIRE(::tcgetattr(writer, &mode) == 0);
    ::cfmakeraw(&mode);
    REQUIRE(::tcsetattr(writer, TCSANOW, &mode) == 0);
    return Ends({reader, writer});
  }
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;
  ~Ends() {
    close_reader();
    ::close(files_[1]);
  }

  [[nodiscard]] int writer() const { return files_[1]; }
  // All that can be read now.
  std::string read() {
    std::string out;
    std::array<char, 65'536> buffer{};
    for (ssize_t got = 0; (got = ::read(files_[0], buffer.data(), buffer.size())) > 0;) {
      out.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return out;
  }
  [[nodiscard]] bool readable() const {
    pollfd reader{.fd = files_[0], .events = POLLIN, .revents = 0};
    return ::poll(&reader, 1, 0) == 1;
  }
  // Reads until `end` arrives.
  std::string read_until(const std::string& end) {
    std::string out;
    wait_for([&] { return out.append(read()).ends_with(end); }, std::chrono::seconds(10), end);
    return out;
  }
  void close_reader() {
    if (files_[0] >= 0) ::close(std::exchange(files_[0], -1));
  }

 private:
  explicit Ends(const std::array<int, 2>& files) : files_(files) {
    REQUIRE(::fcntl(files_[0], F_SETFL, O_NONBLOCK) == 0);
  }
  std::array<int, 2> files_;
};

}  // namespace orderd::test
