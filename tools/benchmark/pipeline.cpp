// A plain socket and poll(2). The replies are known in advance, so they are compared, not parsed.
#include "benchmark/pipeline.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>

namespace orderd::bench {
namespace {

constexpr std::size_t kReceive = 64 * 1024;
constexpr int kPatienceMs = 60'000;

[[noreturn]] void give_up(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

class Socket {
 public:
  explicit Socket(const valkey::Endpoint& endpoint) {
    const bool tcp = endpoint.kind == valkey::Endpoint::Kind::kTcp;
    fd_ = socket(tcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd_ < 0) give_up("socket");
    int status = 0;
    if (tcp) {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(endpoint.port);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      const int on = 1;
      status = setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      if (status == 0) status = connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    } else {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      endpoint.path.copy(address.sun_path, sizeof address.sun_path - 1);
      status = connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
    if (status != 0) give_up("connect");
  }
  ~Socket() { close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // Which of POLLIN and POLLOUT is possible; waits for one of those in `events`.
  [[nodiscard]] int wait(short events) const {
    pollfd poll_for{fd_, events, 0};
    const int ready = poll(&poll_for, 1, kPatienceMs);
    if (ready < 0) give_up("poll");
    if (ready == 0) throw std::runtime_error("the server did not reply for a minute");
    return poll_for.revents;
  }
  [[nodiscard]] std::size_t send_some(std::string_view bytes) const {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) give_up("send");
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }
  [[nodiscard]] std::size_t receive_some(char* buffer, std::size_t size) const {
    const ssize_t got = recv(fd_, buffer, size, MSG_DONTWAIT);
    if (got == 0) throw std::runtime_error("the server closed the connection");
    if (got < 0 && errno != EAGAIN) give_up("recv");
    return got < 0 ? 0 : static_cast<std::size_t>(got);
  }

 private:
  int fd_ = -1;
};

}  // namespace

void Pipeline::add(const valkey::Command& command, std::size_t orders, std::string_view answer) {
  bytes_.append(command.bytes());
  ends_.push_back(bytes_.size());
  answers_.append(answer);
  answer_ends_.push_back(answers_.size());
  orders_ += orders;
}

double Pipeline::run(const valkey::Endpoint& endpoint, std::size_t window) const {
  const Socket server(endpoint);
  std::vector<char> buffer(kReceive);
  const std::string_view commands = bytes_;
  const std::string_view answers = answers_;
  std::size_t sent = 0;
  std::size_t received = 0;  // bytes of replies
  std::size_t answered = 0;
  const auto begin = std::chrono::steady_clock::now();
  while (answered < ends_.size()) {
    const std::size_t allowed = ends_[std::min(answered + window, ends_.size()) - 1];
    const int ready = server.wait(sent < allowed ? POLLIN | POLLOUT : POLLIN);
    if ((ready & POLLOUT) != 0) sent += server.send_some(commands.substr(sent, allowed - sent));
    if ((ready & ~POLLOUT) == 0) continue;
    const std::string_view got(buffer.data(), server.receive_some(buffer.data(), buffer.size()));
    if (got != answers.substr(received, got.size())) {
      throw std::runtime_error("unexpected reply: " + std::string(got.substr(0, 120)));
    }
    received += got.size();
    while (answered < ends_.size() && answer_ends_[answered] <= received) ++answered;
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace orderd::bench
