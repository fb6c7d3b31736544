// A sale under load: a real server, a continuous producer, any number of orderd daemons, and a check of the books at
// the end.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/daemon.h"
#include "support/process.h"
#include "support/seed.h"
#include "support/text.h"
#include "support/valkey_helpers.h"
#include "support/valkey_server.h"
#include "support/wait_for.h"

namespace orderd::test {

using Words = std::vector<std::string>;

// A running orderd with these variables, "ORDERD_...=...".
[[nodiscard]] std::unique_ptr<Process> start_orderd(const Words& environment);

// The number that the server's INFO shows after `name`; 0 if it has no such line.
[[nodiscard]] int64_t info_number(valkey::SyncClient& client, const std::string& section, const std::string& name);

class Sale {
 public:
  // Sets the stock of three SKUs: plenty of shoes and socks, and 500 hats.
  explicit Sale(uint64_t seed = test_seed(), const ServerOptions& options = {});
  // `only`, if there is one, has to be running and to exit with 0.
  ~Sale() {
    stop_producing();
    if (only) end(*only);
  }
  Sale(const Sale&) = delete;
  Sale& operator=(const Sale&) = delete;

  // A running orderd of this name, with a lease of half a second. `settings`: more variables.
  [[nodiscard]] std::unique_ptr<Process> daemon(const std::string& name, const Words& settings = {});

  // Starts `only`; below, ends it and returns its log.
  void start(const Words& settings = {}) { only = daemon("only", settings); }
  std::string stop();

  // Pushes a few thousand requests a second from its own thread: of one and two lines, malformed ones, retries with the
  // same and with other content. It continues through errors and lost connections until stop_producing(), and can be
  // restarted.
  void produce() {
    producer_ = std::jthread([this](const std::stop_token& stop) { run_producer(stop); });
  }
  void stop_producing() { producer_ = {}; }
  // Produces until there are this many more results, and waits until every request is settled.
  void sell(std::size_t more);

  // Waits until the results stream has this many more results.
  void wait_for_results(std::size_t more);
  // Waits until every request in the orders stream is settled.
  void settle();

  // What is wrong; empty if
  //   - the results' requests increase strictly: first come, first served, none answered twice;
  //   - each request in the orders stream has a result;
  //   - each SKU's chain of remaining stock is unbroken, never below zero, and ends at the stock key;
  //   - an order ID is accepted at most once, and every duplicate points at the first decision of its order;
  //   - there are as many dead letters as malformed results;
  //   - there are at least this many results, so that the test has tried something.
  [[nodiscard]] Words errors_in_books(std::size_t results_min = 400);
  // Fails the test for each error.
  void check_books(std::size_t results_min = 400);
  // The end of a sale: waits for this many more results, stops the producer, settles, and checks the books.
  void close_books(std::size_t more = 0);

  // A sale under load: calls meddle(i) `times` times, after up to `results_max` more results each, and closes the
  // books.
  template <class Meddle>
  void disturb(int times, std::size_t results_max, Meddle&& meddle) {
    produce();
    for (int i = 0; i < times; ++i) {
      wait_for_results(random.number(1, results_max));
      meddle(i);
    }
    close_books(500);
  }

  ValkeyServer server;
  Random random;
  std::string url;  // the server's URL for daemons: its Unix socket, unless a test changes it
  std::unique_ptr<Process> only;

  [[nodiscard]] std::size_t results() { return length(client(), "results"); }
  // The position in the server; empty: none.
  [[nodiscard]] std::string position() { return ask(client(), {"HGET", "orders:position", "id"}); }
  // The name of the active daemon; empty: none.
  [[nodiscard]] std::string owner();
  // Waits until this daemon is active.
  void wait_for_owner(const std::string& name);
  valkey::SyncClient& client() { return *client_; }
  // Reconnects after the server was down.
  void reconnect() { client_ = std::make_unique<valkey::SyncClient>(server.client()); }

 private:
  void run_producer(const std::stop_token& stop);
  [[nodiscard]] Fields request();

  std::map<std::string, int64_t> stock_;
  std::unique_ptr<valkey::SyncClient> client_;
  Random producer_random_;
  std::size_t pushed_ = 0;
  std::jthread producer_;  // last: it uses the others
};

struct ServedSale : Sale {
  ServedSale() { start(); }
};

// A sale with two daemons, which have to be running at the end and exit with 0.
struct SharedSale : Sale {
  SharedSale() {
    for (const char* name : {"one", "two"}) daemons[name] = daemon(name);
  }
  ~SharedSale() {
    for (const auto& [name, each] : daemons) end(*each);
  }
  std::map<std::string, std::unique_ptr<Process>> daemons;
};

}  // namespace orderd::test
