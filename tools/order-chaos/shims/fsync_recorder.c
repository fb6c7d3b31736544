/* Preloaded into valkey-server: keeps a table of how much of each file is on disk, so that a test can cut the power
   (cut_power() in order-chaos/shims.h). ORDERD_FSYNC_TABLE names the table, a mapped file of struct FsyncTable that
   survives kill -9.

   Safe are the bytes that a file had when a successful fsync or fdatasync began; bytes written while it ran may or may
   not be. Files are identified by inode, because the server renames them; a created file resets its row, because it may
   reuse the inode of a deleted file. Assumption: a rename or a removal is durable when it returns. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "fsync_table.h"
#include "mapped_file.h"

static struct FsyncTable* table;
static FILE* (*next_fopen)(const char*, const char*);

__attribute__((constructor)) static void map_table(void) {
  next_fopen = (FILE * (*)(const char*, const char*)) dlsym(RTLD_NEXT, "fopen64");
  if (!next_fopen) abort();
  table = mapped_file("ORDERD_FSYNC_TABLE", sizeof *table);
}

/* Its row; takes a free one if it has none. */
static struct FsyncRow* row_of(ino_t inode) {
  for (int i = 0; i < FSYNC_ROWS; ++i) {
    unsigned long known = 0;
    if (__atomic_compare_exchange_n(&table->rows[i].inode, &known, inode, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) ||
        known == inode)
      return &table->rows[i];
  }
  fputs("fsync_recorder: too many files for the table\n", stderr);
  abort();
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
