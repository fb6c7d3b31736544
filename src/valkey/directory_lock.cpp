// flock() on a file. The file also contains the holders' process IDs, for messages only.
#include "valkey/directory_lock.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <thread>
#include <utility>

namespace orderd::valkey {
namespace {

constexpr Milliseconds kPause{20};

bool lives(long process) {
  return process > 0 && (kill(static_cast<pid_t>(process), 0) == 0 || errno == EPERM);
}

// The holders, as noted in the file: "orderd 123", then "valkey-server 456".
std::string holder(int descriptor) {
  std::array<char, 100> text{};
  if (pread(descriptor, text.data(), text.size() - 1, 0) < 0) return "another process";
  long orderd = 0;
  long server = 0;
  (void)std::sscanf(text.data(), "orderd %ld valkey-server %ld", &orderd, &server);
  if (lives(orderd)) return "another orderd (process " + std::to_string(orderd) + ")";
  if (lives(server)) return "the valkey-server of an earlier orderd (process " + std::to_string(server) + ")";
  return "another process";
}

}  // namespace

DirectoryLock::~DirectoryLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<bool> DirectoryLock::take(const std::string& directory, Milliseconds patience,
                                 const std::function<void(const std::string&)>& waits) {
  const std::string path = directory + "/orderd.lock";
  // Not close-on-exec: the server inherits the lock.
  descriptor_ = open(path.c_str(), O_RDWR | O_CREAT, 0600);
  if (descriptor_ < 0) return Failure{"cannot open " + path + ": " + std::strerror(errno)};
  const auto deadline = std::chrono::steady_clock::now() + patience;
  bool said = false;
  while (flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return Failure{"cannot lock " + path + ": " + std::strerror(errno)};
    const std::string used = "the directory " + directory + " is in use by " + holder(descriptor_);
    if (std::chrono::steady_clock::now() > deadline) {
      return Failure{used + ": stop that one, or use another directory"};
    }
    if (!std::exchange(said, true)) {
      waits(used + "; waiting up to " + std::to_string(patience.count() / 1000) + " s for it to end");
    }
    std::this_thread::sleep_for(kPause);
  }
  note("orderd " + std::to_string(getpid()) + "\n");
  return true;
}

void DirectoryLock::note_server(pid_t server) {
  note("orderd " + std::to_string(getpid()) + "\nvalkey-server " + std::to_string(server) + "\n");
}

void DirectoryLock::note(const std::string& text) {
  // Without the note only a later message is less specific.
  if (ftruncate(descriptor_, 0) != 0) return;
  (void)!pwrite(descriptor_, text.data(), text.size(), 0);
}

}  // namespace orderd::valkey
