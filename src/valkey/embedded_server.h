// A private valkey-server on a Unix socket in a directory, with an append-only file, started and stopped with this
// process.
//
// The directory is locked while this process or the server lives: the server inherits the lock. If this process is
// killed, the kernel sends the server SIGTERM, and the next start waits for its end.
//
// A crash or power loss may leave an incomplete transaction at the end of the append-only file. The server refuses such
// a file (aof-load-truncated no), since loading it executes half of that transaction at the second start. Here the torn
// end is removed (aof_repair.h) and the server is started again. Other damage is left alone.
#pragma once

#include <sys/types.h>

#include <functional>
#include <set>
#include <string>

#include "base/result.h"
#include "loop/loop.h"
#include "valkey/aof_repair.h"
#include "valkey/backoff.h"
#include "valkey/directory_lock.h"

namespace orderd::valkey {

class EmbeddedServer {
 public:
  using Report = std::function<void(const std::string&)>;

  // `report` gets a sentence when start() waits for the directory, when the server ended unexpectedly (it is restarted
  // after a back-off), and when its file was repaired. The same sentence is not repeated until the server has run for a
  // while. `refused` gets one sentence, once, if its files have other damage: which file, and what to do; the server is
  // not restarted. `report` may be called inside start(); otherwise both are called from the loop, and may call stop().
  EmbeddedServer(Loop& loop, std::string directory, uint32_t seed, Report report, Report refused);
  // Ends the server if it still runs.
  ~EmbeddedServer();
  EmbeddedServer(const EmbeddedServer&) = delete;
  EmbeddedServer& operator=(const EmbeddedServer&) = delete;

  // Creates and locks the directory and starts the server; may wait seconds for an earlier server to end. True: it was
  // started and will listen soon. The failure names the directory or the program, and the remedy.
  [[nodiscard]] Result<bool> start();
  // Whether it listens.
  [[nodiscard]] bool listening() const;
  // Asks the server to end; `stopped` is called when it has.
  void stop(std::function<void()> stopped);

 private:
  enum class Phase {
    kStopped,    // not started yet, or stopped
    kRunning,    // the server runs, as pid_
    kWaiting,    // it has ended; respawn_ restarts it
    kRepairing,  // it failed: its files are checked, and a torn end is removed
    kRefused,    // they are damaged: it is not restarted
    kStopping,   // it was asked to end
  };

  void watch_children();
  [[nodiscard]] Result<bool> spawn();
  void start_again();
  void on_child();
  void on_repaired(const AofRepair::Outcome& outcome);
  void refuse(const std::string& what);
  void say(const std::string& what);
  [[nodiscard]] std::string files() const;

  Loop& loop_;
  std::string directory_;  // absolute once started
  Report report_;
  Report refused_;
  Phase phase_ = Phase::kStopped;
  std::function<void()> stopped_;
  AofRepair repair_;
  Backoff backoff_;
  Timer respawn_;
  HandlePtr<uv_signal_t> child_signal_;
  DirectoryLock lock_;
  pid_t pid_ = -1;
  uint64_t spawned_ms_ = 0;
  std::set<std::string> said_;
};

}  // namespace orderd::valkey
