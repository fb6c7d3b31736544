// A real valkey-server for a test: in its own directory, on a Unix socket, removed with the test.
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
  bool tcp = false;                           // also listen on a free port of 127.0.0.1
  std::vector<std::string> config = {};       // more lines for its configuration file, e.g. "maxmemory 10mb"
  std::vector<std::string> environment = {};  // of the server: "NAME=value", as in ProcessOptions
  std::string program = "valkey-server";      // found on PATH, or a path; may be another server
};

class ValkeyServer {
 public:
  // Starts it. This and start() throw std::runtime_error, with the end of the server's log, unless it replies to PING
  // in time.
  explicit ValkeyServer(const ServerOptions& options = {});
  ValkeyServer(const ValkeyServer&) = delete;
  ValkeyServer& operator=(const ValkeyServer&) = delete;

  // Starts it again in the same directory, with the same address, after stop() or kill().
  void start();
  void stop() { end(SIGTERM); }  // returns when it has exited
  void kill() { end(SIGKILL); }  // the same
  void wait() { end(0); }        // until it exits by itself
  void restart();
  void pause() { process_->pause(); }  // SIGSTOP: connections stay open without replies
  void resume() { process_->resume(); }

  [[nodiscard]] valkey::Endpoint endpoint() const;      // its unix socket
  [[nodiscard]] valkey::Endpoint tcp_endpoint() const;  // only with ServerOptions::tcp
  [[nodiscard]] std::string port() const { return std::to_string(tcp_endpoint().port); }
  [[nodiscard]] const std::string& directory() const { return directory_.path(); }
  [[nodiscard]] std::string log() const { return process_ ? process_->output() : ""; }
  // A new connection. Throws std::runtime_error.
  [[nodiscard]] valkey::SyncClient client() const;

 private:
  void end(int signal);

  TemporaryDirectory directory_;
  std::vector<std::string> environment_;
  std::string program_;
  uint16_t port_ = 0;
  std::optional<Process> process_;  // after directory_: it exits before the directory is removed
};

// A currently unused port of 127.0.0.1.
[[nodiscard]] uint16_t free_port();

}  // namespace orderd::test
