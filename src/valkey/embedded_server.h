// A valkey-server of our own: on a unix socket in a directory, with an append-only file, started and stopped with this
// process.
//
// The directory is locked while this process or the server lives: the server inherits the lock. Should this process be
// killed, the kernel sends the server SIGTERM, and the next start waits for its end.
//
// A crash or a power cut may leave the beginning of a transaction at the end of the append-only file. The server
// refuses such a file (aof-load-truncated no): what it would do by itself executes half of that transaction at the
// start after the next. Here the torn end is cut off (aof_repair.h) and the server is started again. Any other damage
// is left alone.
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

  // `report` gets one sentence when start() has to wait for the directory, when the server ended by itself (it is
  // restarted after a back-off), and when its file was repaired; the same sentence only once, until the server has run
  // for a while. `refused` gets one, once, when its files are damaged otherwise: which file, and what to do. The server
  // is not restarted then. `report` may be called inside start(); otherwise both are called from the loop, and may
  // call stop().
  EmbeddedServer(Loop& loop, std::string directory, uint32_t seed, Report report, Report refused);
  // Ends the server if stop() did not come before.
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
    kStopped,    // not started yet, or stopped
    kRunning,    // the server runs, as pid_
    kWaiting,    // it has ended; respawn_ starts it again
    kRepairing,  // it has ended with a failure: its files are checked, and a torn end is cut off
    kRefused,    // they are damaged; nothing more is done
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
