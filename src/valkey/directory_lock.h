// A directory that belongs to one process, and to what that process starts: the lock is inherited. It is released when
// all of them have ended, however they ended.
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
  // The lock passes to the processes that inherited it.
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

  // Blocks for at most `patience`; before it waits, `waits` gets one sentence that names the directory and who uses it.
  // So does the failure.
  [[nodiscard]] Result<bool> take(const std::string& directory, Milliseconds patience,
                                  const std::function<void(const std::string&)>& waits);
  // Notes in the lock file which server was started, for whom it keeps waiting. Only while the lock is held.
  void note_server(pid_t server);

 private:
  void note(const std::string& text);

  int descriptor_ = -1;
};

}  // namespace orderd::valkey
