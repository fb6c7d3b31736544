// Reads results as they come, on its own thread, and keeps a copy: what was read may never change or vanish.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "order-chaos/record.h"
#include "support/valkey_helpers.h"
#include "valkey/endpoint.h"

namespace orderd::chaos {

// A hash of an entry's fields, to compare copies.
[[nodiscard]] uint64_t fingerprint(const test::Entry& entry);

class Tailer {
 public:
  struct Seen {
    EntryId id;
    uint64_t fingerprint = 0;
  };

  explicit Tailer(valkey::Endpoint server);
  ~Tailer();
  Tailer(const Tailer&) = delete;
  Tailer& operator=(const Tailer&) = delete;

  // Ends its thread. It reads no more.
  void stop();

  // Whether a result of this request was read.
  [[nodiscard]] bool has(const std::string& request) const;
  [[nodiscard]] std::size_t size() const;
  // In the order in which they were read.
  [[nodiscard]] std::vector<Seen> seen() const;

 private:
  void run();

  valkey::Endpoint server_;
  std::atomic<bool> stop_{false};
  mutable std::mutex mutex_;
  std::vector<Seen> seen_;
  std::unordered_set<std::string> requests_;
  std::thread thread_;
};

}  // namespace orderd::chaos
