// A real valkey-server for a test: in a directory of its own, on a unix socket, gone with the test.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/temporary_directory.h"
#include "valkey/endpoint.h"
#include "valkey/sync_client.h"

namespace orderd::test {

struct ServerOptions {
  enum class AppendOnly { kOff, kEverySecond, kAlways };
  AppendOnly append_only = AppendOnly::kOff;
  bool tcp = false;                           // listen on a free port of 127.0.0.1, too
  std::vector<std::string> config = {};       // more lines for its configuration file, e.g. "maxmemory 10mb"
  std::vector<std::string> environment = {};  // of the server: "NAME=value", as in ProcessOptions
  std::string program = "valkey-server";      // found on PATH, or a path; another server is as good
};

class ValkeyServer {
 public:
  // Starts it. This and start() throw std::runtime_error, with the end of the server's log, unless it answers PING in
  // time.
  explicit ValkeyServer(const ServerOptions& options = {});
  ValkeyServer(const ValkeyServer&) = delete;
  ValkeyServer& operator=(const ValkeyServer&) = delete;

  // Starts it again in the same directory, with the same address, after stop() or kill().
  void start();
  void stop();  // SIGTERM; returns when it has ended
  void kill();  // SIGKILL, likewise
  void wait();  // until it has ended by itself
  void restart();
  void pause();  // SIGSTOP: connections stay open and nothing answers
  void resume();

  [[nodiscard]] valkey::Endpoint endpoint() const;      // its unix socket
  [[nodiscard]] valkey::Endpoint tcp_endpoint() const;  // only with ServerOptions::tcp
  [[nodiscard]] const std::string& directory() const { return directory_.path(); }
  [[nodiscard]] std::string log() const;
  // A new connection. Throws std::runtime_error.
  [[nodiscard]] valkey::SyncClient client() const;

 private:
  TemporaryDirectory directory_;
  std::vector<std::string> environment_;
  std::string program_;
  uint16_t port_ = 0;
  std::optional<Process> process_;  // after directory_: it ends before its directory goes
};

// A port of 127.0.0.1 that nobody listens on now.
[[nodiscard]] uint16_t free_port();

}  // namespace orderd::test
