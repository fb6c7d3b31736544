/* Preloaded into valkey-server: offsets its wall clock by the nanoseconds in the first eight bytes of the file
   ORDERD_CLOCK_OFFSET; a change takes effect at the next call. The monotonic clock is unchanged. It makes the system
   call itself: looking up the real functions while the allocator starts would hang the server. */
#define _GNU_SOURCE
#include <sys/time.h>
#include <time.h>

#include "mapped_file.h"

static const long kSecond = 1000000000L;
static const long* offset; /* null before the constructor: no offset */

__attribute__((constructor)) static void map_offset(void) {
  offset = mapped_file("ORDERD_CLOCK_OFFSET", sizeof *offset);
}

int clock_gettime(clockid_t clock, struct timespec* now) {
  const int result = (int)syscall(SYS_clock_gettime, clock, now);
  if (result != 0 || !offset || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return result;
  const long shifted = now->tv_sec * kSecond + now->tv_nsec + __atomic_load_n(offset, __ATOMIC_RELAXED);
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
