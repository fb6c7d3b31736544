// A producer with its own thread: pushes small batches of orders, records the outcome of each, and retries those with
// an unknown outcome.
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

// The server's reply to an XADD. kUnknown: no reply.
struct Pushed {
  Outcome outcome = Outcome::kUnknown;
  EntryId entry;
};
// Pushes these in one pipeline and adds them to the record. False: the connection is unusable.
bool push(valkey::SyncClient& client, const std::vector<Order>& orders, Record& record,
          std::vector<Pushed>* pushed = nullptr);

class Producer {
 public:
  // `per_second`: approximate rate of orders. `record` must outlive it.
  Producer(valkey::Endpoint server, OrderSource source, unsigned per_second, Record& record);
  // Stops it and joins its thread.
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  // While this is locked it pushes nothing; earlier pushes have been answered or lost.
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
