// ORDERD_CHECK: a bug stops the process, in release builds too, after printing the values. Restart and recovery is the
// tested path; continuing with a broken invariant is not.
#pragma once

namespace orderd {

// Prints file, line, the condition and `why` to standard error and aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* condition, const char* why);

}  // namespace orderd

// `why` says in words what is broken; `...` may not be empty.
#define ORDERD_CHECK(condition, why)                               \
  do {                                                             \
    if (!(condition)) [[unlikely]]                                 \
      ::orderd::check_failed(__FILE__, __LINE__, #condition, why); \
  } while (false)
