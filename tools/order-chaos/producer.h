// A producer with its own thread: pushes small batches of orders, records the outcome of each, and retries those that
// were refused or got no reply.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "order-chaos/record.h"
#include "order-chaos/workload.h"
#include "valkey/sync_client.h"

namespace orderd::chaos {

// The server's reply to an XADD. kUnknown: no reply.
struct Pushed {
  Outcome outcome = Outcome::kUnknown;
  EntryId entry;
};
// Pushes these in one pipeline and adds them to the record. False: the connection is unusable, or its server is not
// the stream's primary.
bool push(valkey::SyncClient& client, const std::string& stream, const std::vector<Order>& orders, Record& record,
          std::vector<Pushed>* pushed = nullptr);

// Where a producer pushes.
struct Target {
  std::function<Result<valkey::SyncClient>()> connect;  // called on the producer's thread
  std::string stream;
  unsigned per_second = 0;  // approximately
  // Connects again this often. 0: only after a failure.
  std::chrono::milliseconds ask_again{0};
};

class Producer {
 public:
  // `record` must outlive it.
  Producer(Target target, OrderSource source, Record& record);
  // Stops it and joins its thread.
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  // While this is locked it pushes nothing; earlier pushes have been answered or lost.
  [[nodiscard]] std::unique_lock<std::mutex> hold() { return std::unique_lock<std::mutex>(turn_); }

 private:
  void run();

  Target target_;
  OrderSource source_;
  Record& record_;
  std::mutex turn_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// For the connections of producers.
extern const valkey::SyncClient::Options kProducerTimeouts;

}  // namespace orderd::chaos
