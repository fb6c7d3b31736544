// The orders, and a producer with its own thread: pushes small batches, records the outcome of each, and retries those
// that were refused or got no reply.
#pragma once

#include <functional>
#include <thread>

#include "order-chaos/record.h"
#include "support/seed.h"
#include "valkey/sync_client.h"

namespace orderd::chaos {

enum class Workload { kUniform, kHotSku, kRetries };  // kRetries: a third of all orders are retries
[[nodiscard]] const char* name_of(Workload workload);

// Orders of one or several lines, in both forms, retries (5% with the same content, 1% with other content) and
// malformed ones (2%). A fifth asks for a reply. The same seed gives the same orders.
class OrderSource {
 public:
  // `name` keeps the IDs of several sources distinct. Without `skus` it sells those of stock().
  OrderSource(std::string name, Workload workload, uint64_t seed, std::vector<std::string> skus = {});

  [[nodiscard]] Order next();
  // The SKUs and their initial stock: some sell out.
  [[nodiscard]] static Stock stock();

 private:
  [[nodiscard]] Order fresh();
  [[nodiscard]] Order malformed();
  [[nodiscard]] std::string sku();

  std::string name_;
  Workload workload_;
  test::Random random_;
  std::vector<std::string> skus_;
  std::string unknown_;  // an SKU without stock, ordered now and then; empty: none
  uint64_t made_ = 0;
  std::vector<Order> sent_;  // recent orders, for retries
};

// An order's entry in flat form (one line only) or as JSON.
enum class Form { kFlat, kJson };
void write_entry(Order& order, Form form);

// The server's reply to an XADD. kUnknown: no reply.
struct Pushed {
  Outcome outcome = Outcome::kUnknown;
  StreamId entry;
};
// Pushes these in one pipeline, and adds them to the record and to `pushed`. False: the connection is unusable, or its
// server is not the stream's primary.
bool push(valkey::SyncClient& client, const std::string& stream, const std::vector<Order>& orders, Record& record,
          std::vector<Pushed>& pushed);

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
  Producer(Target target, OrderSource source, Record& record)
      : target_(std::move(target)), source_(std::move(source)), record_(record) {}

  // While this is locked it pushes nothing; earlier pushes have been answered or lost.
  [[nodiscard]] std::unique_lock<std::mutex> hold() { return std::unique_lock<std::mutex>(turn_); }

 private:
  void run(const std::stop_token& stop);

  Target target_;
  OrderSource source_;
  Record& record_;
  std::mutex turn_;
  std::jthread thread_{[this](const std::stop_token& stop) { run(stop); }};
};

// For the connections of producers.
extern const valkey::SyncClient::Options kProducerTimeouts;

}  // namespace orderd::chaos
