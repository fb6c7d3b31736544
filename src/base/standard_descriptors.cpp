// open() takes the lowest free number, so going upward from 0 fills exactly the closed ones.
#include "base/standard_descriptors.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/check.h"

namespace orderd {

void ensure_standard_descriptors() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
    int opened = open("/dev/null", O_RDWR);
    // In a chroot without devices "/" is opened instead: output fails there, which does no harm.
    if (opened < 0) opened = open("/", O_RDONLY | O_DIRECTORY);
    ORDERD_CHECK(opened == descriptor, "a standard descriptor could not be opened");
  }
}

}  // namespace orderd
