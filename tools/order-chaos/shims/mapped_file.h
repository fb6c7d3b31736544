/* Shared by the shims: the file through which a test controls them. */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Maps the first `size` bytes of the file that this variable names; aborts if it cannot. */
static void* mapped_file(const char* variable, size_t size) {
  const char* path = getenv(variable);
  const int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC) : -1;
  void* at = fd < 0 ? MAP_FAILED : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) {
    fprintf(stderr, "%s must name a file of %zu bytes\n", variable, size);
    abort();
  }
  close(fd);
  return at;
}
