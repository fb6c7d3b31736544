// A producer for one lane whose primary moves. It pushes small batches of orders on its own thread, finds the primary,
// records the outcome of each push, and retries those with an unknown outcome.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "chaos/moving/nodes.h"
#include "support/seed.h"

namespace orderd::chaos {

class Pusher {
 public:
  // The outcome at the end.
  struct Record {
    std::map<std::string, std::string> acknowledged;  // order by entry ID
    uint64_t unknown = 0;                             // pushes without an answer
    uint64_t refused = 0;
  };

  // Pushes `per_second` orders for these SKUs, which all belong to the lane. `nodes` must outlive it.
  Pusher(Nodes& nodes, std::string stream, std::vector<std::string> skus, unsigned per_second, uint64_t seed);
  // Like stop().
  ~Pusher();
  Pusher(const Pusher&) = delete;
  Pusher& operator=(const Pusher&) = delete;

  void stop();
  // Call stop() first.
  [[nodiscard]] const Record& record() const { return record_; }
  // How many pushes were acknowledged so far.
  [[nodiscard]] uint64_t pushed() const { return pushed_; }

 private:
  struct Order {
    std::string id;
    std::string json;
  };
  void run();
  [[nodiscard]] bool push(std::vector<Order>& batch);
  [[nodiscard]] Order make_order();
  [[nodiscard]] std::optional<valkey::SyncClient> connect(const valkey::Endpoint& endpoint) const;
  void find_primary();

  Nodes& nodes_;
  std::string stream_;
  std::vector<std::string> skus_;
  unsigned per_second_;
  test::Random random_;
  Record record_;
  uint64_t made_ = 0;
  std::vector<Order> recent_;
  std::optional<valkey::SyncClient> client_;
  std::atomic<uint64_t> pushed_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace orderd::chaos
