// Prints and aborts. Plain stdio: the logger may be part of what is broken.
#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace orderd {

void check_failed(const char* file, int line, const char* condition, const char* why) {
  std::fprintf(stderr, "orderd: BUG at %s:%d: %s (%s)\n", file, line, why, condition);
  std::fflush(stderr);
  std::abort();
}

}  // namespace orderd
