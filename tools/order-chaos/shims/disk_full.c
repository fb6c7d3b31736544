/* Preloaded into valkey-server: the disk of its append-only files is full while the first byte of the file
   ORDERD_DISK_FULL is not 0. As on a real disk, the first write after that (the byte is 2) still has space for half of
   its bytes; later ones (1) fail with ENOSPC. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/uio.h>

#include "mapped_file.h"

static char* full; /* null before the constructor: not full */

__attribute__((constructor)) static void map_flag(void) {
  full = mapped_file("ORDERD_DISK_FULL", 1);
}

static int is_append_only(int fd) {
  char link[64];
  char path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  path[length > 0 ? length : 0] = '\0';
  return strstr(path, "/appendonlydir/") != NULL;
}

ssize_t write(int fd, const void* bytes, size_t count) {
  const char state = full ? __atomic_load_n(full, __ATOMIC_SEQ_CST) : 0;
  if (state != 0 && is_append_only(fd)) {
    __atomic_store_n(full, 1, __ATOMIC_SEQ_CST);
    if (state == 1 || count < 2) {
      errno = ENOSPC;
      return -1;
    }
    count /= 2;
  }
  return syscall(SYS_write, fd, bytes, count);
}

ssize_t writev(int fd, const struct iovec* iov, int count) {
  if (full && __atomic_load_n(full, __ATOMIC_SEQ_CST) != 0 && is_append_only(fd)) {
    errno = ENOSPC;
    return -1;
  }
  return syscall(SYS_writev, fd, iov, count);
}
