#include "base/standard_descriptors.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace orderd {
namespace {

bool same_file(int descriptor, const char* path) {
  struct stat one {};
  struct stat other {};
  return fstat(descriptor, &one) == 0 && stat(path, &other) == 0 && one.st_dev == other.st_dev &&
         one.st_ino == other.st_ino;
}

// Runs in a child: closes the descriptors in `closed` (one bit each), then calls the function.
int child(unsigned closed) {
  for (int i = 0; i < 3; ++i) {
    const int zero = open("/dev/zero", O_RDWR);
    if (zero < 0 || dup2(zero, i) != i) return 1;
    if (zero > 2) close(zero);
  }
  for (int i = 0; i < 3; ++i) {
    if ((closed >> i & 1U) != 0) close(i);
  }
  ensure_standard_descriptors();
  for (int i = 0; i < 3; ++i) {
    if (!same_file(i, (closed >> i & 1U) != 0 ? "/dev/null" : "/dev/zero")) return 2;
  }
  if (write(1, "x", 1) != 1 || write(2, "x", 1) != 1) return 3;
  char byte = 0;
  if (read(0, &byte, 1) != ((closed & 1U) != 0 ? 0 : 1)) return 4;
  const int next = open("/dev/null", O_RDONLY);
  return next > 2 ? 0 : 5;
}

TEST_CASE("closed standard descriptors are opened on /dev/null and open ones are left alone") {
  for (unsigned closed = 0; closed < 8; ++closed) {
    CAPTURE(closed);
    const pid_t pid = fork();
    if (pid == 0) _exit(child(closed));
    int status = -1;
    REQUIRE(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
  }
}

}  // namespace
}  // namespace orderd
