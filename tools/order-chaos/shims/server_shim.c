/* Preloaded into valkey-server: its wall clock, its disk and what a power cut leaves, as the file ORDERD_SERVER_SHIM
   (struct ServerShim) says. A change takes effect at the next call, and the file survives kill -9.

   Clock: offset; the monotonic clock is unchanged. It makes the system call itself: looking up the real functions while
   the allocator starts would hang the server.

   Disk: only that of the append-only files can be full.

   Power (cut_power() in order-chaos/shims.h): safe are the bytes that a file had when a successful fsync or fdatasync
   began; bytes written while it ran may or may not be. Files are identified by inode, because the server renames them;
   a created file resets its row, because it may reuse the inode of a deleted file. Assumption: a rename or a removal is
   durable when it returns. */
#define _GNU_SOURCE
#include "server_shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static const long kSecond = 1000000000L;
static struct ServerShim* shim; /* null before the constructor: no effect */
static FILE* (*next_fopen)(const char*, const char*);

static void die(const char* why) {
  fprintf(stderr, "server_shim: %s\n", why);
  abort();
}

__attribute__((constructor)) static void map_shim(void) {
  next_fopen = (FILE * (*)(const char*, const char*)) dlsym(RTLD_NEXT, "fopen64");
  const char* path = getenv("ORDERD_SERVER_SHIM");
  const int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC) : -1;
  void* at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *shim, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (!next_fopen || at == MAP_FAILED) die("ORDERD_SERVER_SHIM must name its file");
  close(fd);
  shim = at;
}

/* The clock. */

int clock_gettime(clockid_t clock, struct timespec* now) {
  const int result = (int)syscall(SYS_clock_gettime, clock, now);
  if (result != 0 || !shim || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return result;
  const long shifted = now->tv_sec * kSecond + now->tv_nsec + __atomic_load_n(&shim->clock_offset_ns, __ATOMIC_RELAXED);
  now->tv_sec = shifted / kSecond;
  now->tv_nsec = shifted % kSecond;
  return 0;
}

int gettimeofday(struct timeval* restrict now, void* restrict zone) {
  struct timespec precise;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &precise) != 0) return -1;
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* result) {
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  if (result) *result = now.tv_sec;
  return now.tv_sec;
}

/* The full disk. */

/* The disk_full of a file; 0 if it is not append-only. */
static long full_for(int fd) {
  char link[64];
  char path[4096];
  const long full = shim ? __atomic_load_n(&shim->disk_full, __ATOMIC_SEQ_CST) : 0;
  if (full == 0) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  path[length > 0 ? length : 0] = '\0';
  return strstr(path, "/appendonlydir/") ? full : 0;
}

ssize_t write(int fd, const void* bytes, size_t count) {
  const long full = full_for(fd);
  if (full != 0) {
    __atomic_store_n(&shim->disk_full, 1, __ATOMIC_SEQ_CST);
    if (full == 1 || count < 2) {
      errno = ENOSPC;
      return -1;
    }
    count /= 2;
  }
  return syscall(SYS_write, fd, bytes, count);
}

ssize_t writev(int fd, const struct iovec* iov, int count) {
  if (full_for(fd) != 0) {
    errno = ENOSPC;
    return -1;
  }
  return syscall(SYS_writev, fd, iov, count);
}

/* What is on disk. */

/* Its row; takes a free one if it has none. */
static struct FsyncRow* row_of(ino_t inode) {
  for (int i = 0; i < FSYNC_ROWS; ++i) {
    unsigned long known = 0;
    struct FsyncRow* row = &shim->rows[i];
    if (__atomic_compare_exchange_n(&row->inode, &known, inode, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) ||
        known == inode)
      return row;
  }
  die("too many files for the table");
  return NULL;
}

/* A file that is empty when opened has nothing on disk yet. */
static void note_opened(int fd) {
  struct stat file;
  if (fd >= 0 && fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && file.st_size == 0)
    __atomic_store_n(&row_of(file.st_ino)->safe, 0, __ATOMIC_SEQ_CST);
}

int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const int mode = flags & O_CREAT ? va_arg(more, int) : 0;
  va_end(more);
  const int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
  if ((flags & O_ACCMODE) != O_RDONLY) note_opened(fd);
  return fd;
}

FILE* fopen64(const char* path, const char* mode) {
  FILE* file = next_fopen(path, mode);
  if (file && mode[0] != 'r') note_opened(fileno(file));
  return file;
}

FILE* fopen(const char* path, const char* mode) {
  return fopen64(path, mode);
}

static int sync_and_note(long call, int fd) {
  struct stat file;
  const int known = fstat(fd, &file) == 0 && S_ISREG(file.st_mode);
  const int result = (int)syscall(call, fd);
  if (result != 0 || !known) return result;
  struct FsyncRow* row = row_of(file.st_ino);
  long safe = __atomic_load_n(&row->safe, __ATOMIC_SEQ_CST);
  while (safe < file.st_size &&
         !__atomic_compare_exchange_n(&row->safe, &safe, file.st_size, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
  }
  return result;
}

int fsync(int fd) {
  return sync_and_note(SYS_fsync, fd);
}

int fdatasync(int fd) {
  return sync_and_note(SYS_fdatasync, fd);
}

int ftruncate64(int fd, off_t length) {
  struct stat file;
  const int result = (int)syscall(SYS_ftruncate, fd, length);
  if (result == 0 && fstat(fd, &file) == 0 && S_ISREG(file.st_mode)) {
    struct FsyncRow* row = row_of(file.st_ino);
    if (row->safe > length) __atomic_store_n(&row->safe, length, __ATOMIC_SEQ_CST);
  }
  return result;
}
