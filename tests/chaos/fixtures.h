// Servers behind a fault proxy, or with simulated clock, disk and power. Also a plain TCP client, to see what a client
// library hides: how a connection ends.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "integration/sale.h"
#include "order-chaos/proxy/fault_proxy.h"
#include "order-chaos/shims.h"
#include "support/wait_for.h"

namespace orderd::test {

inline constexpr std::chrono::seconds kDeadline{20};
inline constexpr std::chrono::seconds kSaleDeadline{60};

class RawClient {
 public:
  enum class End { kNone, kOrderly, kReset };

  // Throws std::system_error: ECONNREFUSED if nothing listens.
  explicit RawClient(const FaultProxy& proxy) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(proxy.port());
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

  // Sends a command. Throws std::system_error when the connection has ended.
  void send(const std::vector<std::string>& words, int times = 1) {
    std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string& word : words) bytes += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
    std::string all;
    for (; times > 0; --times) all += bytes;
    if (::send(socket_, all.data(), all.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(all.size()))
      throw std::system_error(errno, std::generic_category(), "send");
  }
  // Reads until `bytes` arrived or the connection ends; all by default. Throws std::runtime_error after 20 s of
  // silence.
  std::string read(std::size_t bytes = SIZE_MAX) {
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
  // Whether nothing has arrived yet.
  [[nodiscard]] bool hears_nothing() const {
    char byte = 0;
    return recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
  }
  // How it ended, as far as was read.
  [[nodiscard]] End end() const { return end_; }

  void check_served() {
    send({"PING"});
    CHECK(read(7) == "+PONG\r\n");
  }
  void check_ended(End how) {
    CHECK(read().empty());
    CHECK(end_ == how);
  }

 private:
  int socket_;
  End end_ = End::kNone;
};

struct ProxiedServer {
  // Through the proxy.
  [[nodiscard]] valkey::SyncClient client() const {
    valkey::Endpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = proxy.port();
    auto connected = valkey::SyncClient::connect(endpoint, {.reply_timeout = std::chrono::seconds(20)});
    if (!connected) throw std::runtime_error(connected.error());
    return std::move(*connected);
  }
  // Bypasses the proxy.
  std::string ask_server(const std::vector<std::string>& words) const {
    auto direct = server.client();
    return ask(direct, words);
  }
  void check_served() const { RawClient(proxy).check_served(); }
  // Waits until the proxy has this many open connections.
  void wait_open(uint64_t count) {
    wait_for([&] { return proxy.stats().open == count; }, kDeadline, "open connections: " + std::to_string(count));
  }

  ValkeyServer server;
  FaultProxy proxy{server.endpoint(), test_seed()};
};

using AppendOnly = ServerOptions::AppendOnly;

// A server that the shims act on.
inline ServerOptions shimmed(const Shims& shims, AppendOnly append_only) {
  return {.append_only = append_only, .environment = shims.environment()};
}

// How many descriptors a process has.
inline std::ptrdiff_t open_files(const std::string& pid) {
  const std::filesystem::directory_iterator all("/proc/" + pid + "/fd");
  return std::distance(begin(all), end(all));
}

}  // namespace orderd::test
