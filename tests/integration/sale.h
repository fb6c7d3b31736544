// A sale under load: a real server, a producer that does not stop, any number of orderd daemons, and the books to be
// checked at the end.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/process.h"
#include "support/seed.h"
#include "support/valkey_helpers.h"
#include "support/valkey_server.h"

namespace orderd::test {

class Sale {
 public:
  // Puts three SKUs on sale: plenty of shoes and socks, and 500 hats.
  explicit Sale(uint64_t seed, const ServerOptions& options = {});
  // Stops the producer.
  ~Sale();
  Sale(const Sale&) = delete;
  Sale& operator=(const Sale&) = delete;

  // A running orderd of that name as consumer. `settings`: more variables, "ORDERD_…=…".
  [[nodiscard]] std::unique_ptr<Process> daemon(const std::string& consumer,
                                                const std::vector<std::string>& settings = {});

  // Pushes some thousand requests a second from a thread of its own: of one and of two lines, malformed ones, retries
  // with the same content and with other content. It goes on through errors and lost connections,
  // until stop_producing().
  void produce();
  void stop_producing();

  // Waits until so many more results stand in the results stream.
  void wait_for_results(std::size_t more);
  // Waits until every request in the orders stream has its result and nothing is pending. `gone`: requests that had
  // their result or will get it though their entry is not in the stream any more.
  void settle(std::size_t gone = 0);

  // Fails the test unless: one result for each request; each SKU's chain of remaining pieces is unbroken, never below
  // zero, and ends at the stock key; an order id accepted at most once; every duplicate points at a first decision of
  // the same order; as many dead letters as malformed results; nothing pending; and at least so many results, or the
  // test has hardly tried.
  void check_books(std::size_t results_min = 400);
  // Fails the test unless the results stand in the order of their requests.
  void check_first_come_first_served();

  // The ids of the requests whose XADD the server has answered, in that order.
  [[nodiscard]] std::vector<std::string> acknowledged();

  ValkeyServer server;
  Random random;
  std::string url;  // where daemons find the server: its unix socket, or what a test puts in its place

  [[nodiscard]] std::size_t results();
  valkey::SyncClient& client();
  // After the server was gone: the old connection is of no use.
  void reconnect();

 private:
  void run_producer();
  [[nodiscard]] Fields request();

  std::map<std::string, int64_t> stock_;
  std::unique_ptr<valkey::SyncClient> client_;
  Random producer_random_;
  std::size_t pushed_ = 0;
  std::thread producer_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::vector<std::string> acknowledged_;
};

}  // namespace orderd::test
