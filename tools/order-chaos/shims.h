// Faults of the machine under a valkey-server, without root: a library preloaded into it, and the file that controls
// it. It does nothing by default.
//
//   Shims shims;                                                       it must outlive the server
//   ValkeyServer server({.environment = shims.environment()});
//   shims.shift_clock(1h);   shims.fill_disk();   cut_power(server, shims);
#pragma once

#include <atomic>

#include "order-chaos/shims/server_shim.h"
#include "support/valkey_server.h"

namespace orderd::test {

class Shims {
 public:
  // Throws std::runtime_error if the file cannot be created.
  Shims();
  ~Shims();
  Shims(const Shims&) = delete;
  Shims& operator=(const Shims&) = delete;

  // For one server and its restarts.
  [[nodiscard]] std::vector<std::string> environment() const;

  // Sets the offset of the server's wall clock. Its monotonic clock, and other processes, are not affected.
  void shift_clock(std::chrono::nanoseconds offset) { std::atomic_ref(shim_->clock_offset_ns).store(offset.count()); }

  // Its append-only files have space for half of one more write and then none, until free_disk().
  void fill_disk() { std::atomic_ref(shim_->disk_full).store(2); }
  void free_disk() { std::atomic_ref(shim_->disk_full).store(0); }

  // How many bytes of a file are on disk; 0: none, or the server never opened it. May be called at any time, even when
  // the server is down.
  [[nodiscard]] uint64_t safe_bytes(const std::string& path) const;

 private:
  TemporaryDirectory directory_;
  ServerShim* shim_;
};

// Simulates a power cut: kills the server, which must run with these shims and an append-only file, and truncates its
// append-only files and their manifest to what was synced to disk. Call start() afterwards. Throws std::runtime_error.
void cut_power(ValkeyServer& server, const Shims& shims);

// The append-only file that a server in this directory appends to: the last incremental one in its manifest. Throws
// std::runtime_error if there is none.
[[nodiscard]] std::string append_only_file(const std::string& server_directory);

}  // namespace orderd::test
