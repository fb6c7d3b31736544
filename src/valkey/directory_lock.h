// Locks a directory for one process and the processes that it starts, which inherit the lock. It is released when all
// of them have ended, in whatever way.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "base/result.h"
#include "loop/loop.h"

namespace orderd::valkey {

class DirectoryLock {
 public:
  DirectoryLock() = default;
  // Processes that inherited the lock keep it.
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

  // Blocks for at most `patience`. Before it waits, it calls `waits` with a sentence that names the directory and who
  // uses it; so does the failure.
  [[nodiscard]] Result<bool> take(const std::string& directory, Milliseconds patience,
                                  const std::function<void(const std::string&)>& waits);
  // Notes in the lock file which server was started, for the messages of waiting processes. Only while locked.
  void note_server(pid_t server);

 private:
  void note(const std::string& text);

  int descriptor_ = -1;
};

}  // namespace orderd::valkey
