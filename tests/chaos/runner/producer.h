// A producer on a thread of its own: pushes orders in small batches, keeps a record of what it knows of each, and sends
// again what it knows nothing of.
#pragma once

#include <atomic>
#include <mutex>
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

  // It pushes nothing while this is locked; what it had pushed before has been answered, or lost.
  [[nodiscard]] std::unique_lock<std::mutex> hold() { return std::unique_lock<std::mutex>(turn_); }

 private:
  void run();

  valkey::Endpoint server_;
  OrderSource source_;
  Record& record_;
  unsigned per_second_;
  std::mutex turn_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace orderd::chaos
