// Reads results as they come, on its own thread, and keeps a copy: what was read may never change or vanish.
#pragma once

#include <thread>
#include <unordered_set>

#include "order-chaos/ledger.h"
#include "support/valkey_helpers.h"

namespace orderd::chaos {

class Tailer {
 public:
  struct Seen {
    StreamId id;
    uint64_t fingerprint = 0;
  };

  explicit Tailer(valkey::Endpoint server) : server_(std::move(server)) {}

  // Ends its thread. It reads no more.
  void stop() { thread_ = {}; }

  // Whether a result of this request was read.
  [[nodiscard]] bool has(const std::string& request) const {
    const std::lock_guard<std::mutex> guard(mutex_);
    return requests_.count(request) > 0;
  }
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard<std::mutex> guard(mutex_);
    return seen_.size();
  }
  // The newest result that was read; 0-0 if there is none.
  [[nodiscard]] StreamId newest() const {
    const std::lock_guard<std::mutex> guard(mutex_);
    return seen_.empty() ? StreamId{} : seen_.back().id;
  }
  // In the order in which they were read.
  [[nodiscard]] std::vector<Seen> seen() const {
    const std::lock_guard<std::mutex> guard(mutex_);
    return seen_;
  }

 private:
  void run(const std::stop_token& stop);

  valkey::Endpoint server_;
  mutable std::mutex mutex_;
  std::vector<Seen> seen_;
  std::unordered_set<std::string> requests_;
  std::jthread thread_{[this](const std::stop_token& stop) { run(stop); }};
};

}  // namespace orderd::chaos
