// A producer on a thread of its own: pushes orders in small batches, keeps a record of what it knows of each, and sends
// again what it knows nothing of.
#pragma once

#include <atomic>
#include <thread>
#include <vector>

#include "chaos/runner/record.h"
#include "chaos/runner/workload.h"
#include "valkey/endpoint.h"
#include "valkey/sync_client.h"

namespace orderd::chaos {

// What the server said to an XADD. kUnknown: no answer.
struct Pushed {
  Outcome outcome = Outcome::kUnknown;
  EntryId entry;
};
// Pushes these in one pipeline and writes them into the record. False: the connection is of no more use.
bool push(valkey::SyncClient& client, const std::vector<Order>& orders, Record& record,
          std::vector<Pushed>* pushed = nullptr);

class Producer {
 public:
  // `per_second`: about so many orders. `record` outlives it.
  Producer(valkey::Endpoint server, OrderSource source, unsigned per_second, Record& record);
  // Stops it and waits for it.
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  void rate(unsigned per_second) { per_second_ = per_second; }
  [[nodiscard]] uint64_t unknown() const { return unknown_; }

 private:
  void run();

  valkey::Endpoint server_;
  OrderSource source_;
  Record& record_;
  std::atomic<unsigned> per_second_;
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> unknown_{0};
  std::thread thread_;
};

}  // namespace orderd::chaos
