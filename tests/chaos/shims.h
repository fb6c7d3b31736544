// Faults of the machine below a valkey-server, without root: libraries that are loaded into it, and the files that tell
// them what to do. None does anything until it is told to.
//
//   Shims shims;                                             it must outlive the server
//   ServerOptions options;
//   options.environment = shims.environment();
//   ValkeyServer server(options);
//   shims.shift_clock(1h);   shims.fill_disk();   cut_power(server, shims);
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "support/temporary_directory.h"

namespace orderd::test {

class Shims {
 public:
  // Throws std::runtime_error when the files cannot be made.
  Shims();
  ~Shims();
  Shims(const Shims&) = delete;
  Shims& operator=(const Shims&) = delete;

  // For one server and its restarts.
  [[nodiscard]] std::vector<std::string> environment() const;

  // The server's wall clock is off by so much from now on, in place of what was said before. Its monotonic clock, and
  // every other process, are not.
  void shift_clock(std::chrono::nanoseconds offset);

  // Its append-only files find half the room for one more write and then none, until free_disk().
  void fill_disk();
  void free_disk();

  // How many bytes of a file are safe on disk; 0: none, or the server has never opened it. Any time, also when the
  // server is gone.
  [[nodiscard]] uint64_t safe_bytes(const std::string& path) const;

 private:
  TemporaryDirectory directory_;
  void* clock_ = nullptr;
  void* disk_ = nullptr;
  void* table_ = nullptr;
};

}  // namespace orderd::test
