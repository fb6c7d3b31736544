// The service manager's side, like systemd: a socket that receives a daemon's reports in order.
#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <utility>

#include "support/temporary_directory.h"
#include "support/wait_for.h"

namespace orderd::test {

class Manager {
 public:
  // `name`: of an abstract socket; empty: one in a new directory.
  explicit Manager(const std::string& name = "") : address_(name.empty() ? directory_.file("notify") : "@" + name) {
    sockaddr_un to = address();
    fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    REQUIRE(fd_ >= 0);
    REQUIRE(bind(fd_, reinterpret_cast<const sockaddr*>(&to), size()) == 0);
  }
  ~Manager() { close(fd_); }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  [[nodiscard]] std::string variable() const { return "NOTIFY_SOCKET=" + address_; }

  // The next report, if there is one; empty: none.
  [[nodiscard]] std::string take() const {
    std::string report(4096, '\0');
    const ssize_t bytes = recv(fd_, report.data(), report.size(), 0);
    report.resize(bytes < 0 ? 0 : static_cast<std::size_t>(bytes));
    return report;
  }
  // Waits for the next report.
  [[nodiscard]] std::string next() const {
    std::string report;
    wait_for([&] { return !(report = take()).empty(); }, std::chrono::seconds(30), "a report");
    return report;
  }
  // The next report, except those sent once a second or more often.
  [[nodiscard]] std::string change() const {
    std::string report;
    do report = next();
    while (report.starts_with("STATUS=") || report.starts_with("WATCHDOG=") ||
           report.starts_with("EXTEND_TIMEOUT_USEC="));
    return report;
  }
  // Takes reports until one begins with this.
  void until(const std::string& begin) const {
    std::string last = "none";
    const bool came = poll_until(
        [&] {
          std::string report = take();
          if (!report.empty()) last = std::move(report);
          return last.starts_with(begin);
        },
        std::chrono::seconds(30));
    if (!came) FAIL("no report ", begin, "; the last one: ", last);
  }
  void drop_all() const {
    while (!take().empty()) {
    }
  }
  // Sends to itself until the queue is full.
  void fill() const {
    sockaddr_un to = address();
    while (sendto(fd_, "FULL", 4, 0, reinterpret_cast<const sockaddr*>(&to), size()) == 4) {
    }
    REQUIRE(errno == EAGAIN);
  }

 private:
  [[nodiscard]] sockaddr_un address() const {
    sockaddr_un made{};
    made.sun_family = AF_UNIX;
    std::memcpy(made.sun_path, address_.data(), address_.size());
    if (address_[0] == '@') made.sun_path[0] = '\0';
    return made;
  }
  [[nodiscard]] socklen_t size() const {
    return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  }

  TemporaryDirectory directory_;
  const std::string address_;
  int fd_ = -1;
};

}  // namespace orderd::test
