// The server under load: killed and restarted, out of memory, its scripts flushed and its connections killed.
#include <doctest/doctest.h>

#include <sstream>

#include "integration/sale.h"
#include "support/wait_for.h"

using namespace orderd::test;
using namespace std::chrono_literals;

namespace {

// Calls `disturb` this many times under load, then checks the books.
template <class Disturb>
void survive(int times, std::size_t results_max, Disturb&& disturb, const ServerOptions& options = {}) {
  Sale sale(test_seed(), options);
  auto daemon = sale.daemon("only");
  sale.produce();
  for (int i = 0; i < times; ++i) {
    sale.wait_for_results(sale.random.number(1, results_max));
    disturb(sale);
  }
  sale.wait_for_results(500);
  sale.stop_producing();
  sale.settle();
  sale.check_books();
  end(*daemon);
}

// The IDs of the clients with this name.
std::vector<std::string> clients_named(Sale& sale, const std::string& name) {
  std::vector<std::string> ids;
  std::istringstream lines(ask(sale.client(), {"CLIENT", "LIST"}));
  for (std::string line; std::getline(lines, line);) {
    if (line.find(" name=" + name) == std::string::npos) continue;
    ids.push_back(line.substr(3, line.find(' ') - 3));  // "id=7 addr=..."
  }
  return ids;
}

}  // namespace

TEST_CASE("a server with appendfsync always can be killed and restarted") {
  ServerOptions options;
  options.append_only = ServerOptions::AppendOnly::kAlways;
  survive(
      5, 600,
      [](Sale& sale) {
        sale.server.kill();
        sale.server.start();
        sale.reconnect();
      },
      options);
}

TEST_CASE("scripts can be flushed repeatedly") {
  survive(30, 200, [](Sale& sale) { CHECK(ask(sale.client(), {"SCRIPT", "FLUSH"}) == "OK"); });
}

TEST_CASE("connections can be killed repeatedly") {
  survive(15, 200, [](Sale& sale) {
    ask_number(sale.client(), {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  });
}

TEST_CASE("either connection of a daemon can be killed alone") {
  survive(16, 200, [times = 0](Sale& sale) mutable {
    for (const std::string& id : clients_named(sale, ++times % 2 == 0 ? "orderd-read" : "orderd-settle")) {
      ask_number(sale.client(), {"CLIENT", "KILL", "ID", id});
    }
  });
}

TEST_CASE("reads can be unblocked with an error repeatedly") {
  survive(10, 200, [](Sale& sale) {
    for (const std::string& id : clients_named(sale, "orderd-read")) {
      ask_number(sale.client(), {"CLIENT", "UNBLOCK", id, "ERROR"});
    }
  });
}

TEST_CASE("orders stay in order when memory runs out repeatedly") {
  for (const bool one_by_one : {false, true}) {
    Sale sale(test_seed());
    auto daemon = sale.daemon("only", {one_by_one ? "ORDERD_PROCESSING_ORDERS_PER_CALL=1" : "ORDERD_LOG_LEVEL=info"});
    sale.produce();
    for (int times = 0; times < 12; ++times) {
      sale.wait_for_results(sale.random.number(1, 400));
      CHECK(ask(sale.client(), {"CONFIG", "SET", "maxmemory", "1"}) == "OK");
      for (std::size_t pings = sale.random.number(300); pings > 0; --pings) ask(sale.client(), {"PING"});
      CHECK(ask(sale.client(), {"CONFIG", "SET", "maxmemory", "0"}) == "OK");
    }
    sale.wait_for_results(500);
    sale.stop_producing();
    sale.settle();
    sale.check_books();
    end(*daemon);
  }
}

TEST_CASE("orders wait while the server is out of memory and are processed afterwards") {
  Sale sale(test_seed());
  auto daemon = sale.daemon("only");
  sale.wait_for_owner("only");
  for (int times = 0; times < 3; ++times) {
    const std::size_t before = sale.results();
    daemon->pause();
    for (int i = 0; i < 1000; ++i) {
      xadd(sale.client(), "orders",
           {{"id", std::to_string(times) + "-" + std::to_string(i)}, {"sku", "shoe"}, {"quantity", "1"}});
    }
    CHECK(ask(sale.client(), {"CONFIG", "SET", "maxmemory", "1"}) == "OK");
    const std::size_t said = daemon->errors().size();
    daemon->resume();
    wait_for([&] { return daemon->errors().find("waiting: OOM", said) != std::string::npos; }, 10s,
             "the daemon to report that it waits");
    CHECK(sale.results() == before);
    CHECK(ask(sale.client(), {"CONFIG", "SET", "maxmemory", "0"}) == "OK");
    wait_for([&] { return daemon->errors().find("processing resumed", said) != std::string::npos; }, 20s,
             "the daemon to report that it resumed");
    sale.settle();
  }
  sale.check_books();
  end(*daemon);
}
