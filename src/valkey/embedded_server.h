// A valkey-server of our own: on a unix socket in a directory, with an append-only file, started and stopped with this
// process.
//
// The directory is locked while this process or the server lives: the server inherits the lock. Should this process be
// killed, the kernel sends the server SIGTERM, and the next start waits for it to be gone.
//
// A power cut may leave the beginning of a decision at the end of the append-only file. The server refuses such a file
// (aof-load-truncated no): what it would do by itself executes half of that decision at the start after the next. Here
// valkey-check-aof cuts it off before the decision, and the server is started again. Any other damage is left alone.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "base/result.h"
#include "loop/loop.h"
#include "valkey/aof_check.h"
#include "valkey/aof_tail.h"
#include "valkey/backoff.h"

namespace orderd::valkey {

class EmbeddedServer {
 public:
  using Tell = std::function<void(const std::string&)>;

  // `told` gets one sentence each time the server ends unasked, and one when its file was mended; it is started anew
  // after a back-off. `refused` gets one, once, when its file is damaged otherwise: which file, and what to do. It is
  // not started again then; the callback may call stop(). Both are called from the loop.
  EmbeddedServer(Loop& loop, std::string directory, uint32_t seed, Tell told, Tell refused);
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
  enum class Phase {
    kStopped,   // not started yet, or stopped
    kRunning,   // the server runs, as pid_
    kWaiting,   // it has ended; respawn_ starts it again
    kChecking,  // it has ended with a failure: valkey-check-aof looks at its files
    kMending,   // they end with a torn decision: valkey-check-aof cuts it off
    kRefused,   // they are damaged; nothing more is done
    kStopping,  // it was asked to end
  };

  [[nodiscard]] Result<bool> lock();
  [[nodiscard]] Result<bool> spawn();
  void start_again();
  void on_child();
  void check();
  void on_checked(const Result<AofCheck::Report>& report);
  void mend(const std::string& file, const AofAnalysis& found);
  void refuse(const std::string& what);
  [[nodiscard]] std::string manifest() const;

  Loop& loop_;
  std::string directory_;  // absolute once started
  Tell told_;
  Tell refused_;
  Phase phase_ = Phase::kStopped;
  std::function<void()> stopped_;
  AofCheck check_;
  Backoff backoff_;
  Timer respawn_;
  HandlePtr<uv_signal_t> child_signal_;
  int lock_ = -1;
  pid_t pid_ = -1;
};

}  // namespace orderd::valkey
