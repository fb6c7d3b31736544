// A valkey-server of our own: on a unix socket in a directory, with an append-only file, started and stopped with this
// process.
//
// The directory is locked while this process or the server lives: the server inherits the lock. Should this process be
// killed, the kernel sends the server SIGTERM, and the next start waits for it to be gone.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "base/result.h"
#include "loop/loop.h"
#include "valkey/backoff.h"

namespace orderd::valkey {

class EmbeddedServer {
 public:
  // `told` gets one sentence each time the server ends unasked; it is started anew after a back-off.
  EmbeddedServer(Loop& loop, std::string directory, uint32_t seed, std::function<void(const std::string&)> told);
  // Kills the server if stop() did not come before.
  ~EmbeddedServer();
  EmbeddedServer(const EmbeddedServer&) = delete;
  EmbeddedServer& operator=(const EmbeddedServer&) = delete;

  // Makes the directory, locks it and starts the server; may wait some seconds for an earlier server to end. A true
  // result: it was started, and listens soon. The failure names the directory or the program and what to do.
  [[nodiscard]] Result<bool> start();
  // Is its socket there?
  [[nodiscard]] bool listening() const;
  // Asks the server to end; `stopped` is called when it has.
  void stop(std::function<void()> stopped);

 private:
  [[nodiscard]] Result<bool> lock();
  [[nodiscard]] Result<bool> spawn();
  void on_child();

  Loop& loop_;
  std::string directory_;  // absolute once started
  std::function<void(const std::string&)> told_;
  std::function<void()> stopped_;
  Backoff backoff_;
  Timer respawn_;
  HandlePtr<uv_signal_t> child_signal_;
  int lock_ = -1;
  pid_t pid_ = -1;
};

}  // namespace orderd::valkey
