// The server under load: killed and restarted, out of memory, its scripts flushed and its connections killed.
#include <doctest/doctest.h>

#include "integration/sale.h"

using namespace orderd::test;

namespace {

// Calls `disturb` this many times under load, then checks the books.
template <class Disturb>
void survive(int times, std::size_t results_max, Disturb&& disturb, const ServerOptions& options = {}) {
  Sale sale(test_seed(), options);
  auto daemon = sale.daemon("only");
  sale.disturb(times, results_max, [&](int) { disturb(sale); });
  end(*daemon);
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
    for (const auto& each : clients_named(sale.client(), ++times % 2 == 0 ? "orderd-read" : "orderd-settle")) {
      ask_number(sale.client(), {"CLIENT", "KILL", "ID", each.id});
    }
  });
}

TEST_CASE("reads can be unblocked with an error repeatedly") {
  survive(10, 200, [](Sale& sale) {
    for (const auto& each : clients_named(sale.client(), "orderd-read")) {
      ask_number(sale.client(), {"CLIENT", "UNBLOCK", each.id, "ERROR"});
    }
  });
}

TEST_CASE("orders stay in order when memory runs out repeatedly") {
  for (const bool one_by_one : {false, true}) {
    Sale sale(test_seed());
    auto daemon = sale.daemon("only", {one_by_one ? "ORDERD_PROCESSING_ORDERS_PER_CALL=1" : "ORDERD_LOG_LEVEL=info"});
    sale.disturb(12, 400, [&](int) {
      CHECK(ask(sale.client(), {"CONFIG", "SET", "maxmemory", "1"}) == "OK");
      for (std::size_t pings = sale.random.number(300); pings > 0; --pings) ask(sale.client(), {"PING"});
      CHECK(ask(sale.client(), {"CONFIG", "SET", "maxmemory", "0"}) == "OK");
    });
    end(*daemon);
  }
}

TEST_CASE_FIXTURE(ServedSale, "orders wait while the server is out of memory and are processed afterwards") {
  sale.wait_for_owner("only");
  for (int times = 0; times < 3; ++times) {
    const std::size_t before = sale.results();
    daemon->pause();
    for (int i = 0; i < 1000; ++i) {
      push_order(sale.client(), std::to_string(times) + "-" + std::to_string(i));
    }
    CHECK(ask(sale.client(), {"CONFIG", "SET", "maxmemory", "1"}) == "OK");
    const std::size_t said = daemon->errors().size();
    daemon->resume();
    wait_to_say(*daemon, "waiting: OOM", said);
    CHECK(sale.results() == before);
    CHECK(ask(sale.client(), {"CONFIG", "SET", "maxmemory", "0"}) == "OK");
    wait_to_say(*daemon, "processing resumed", said);
    sale.settle();
  }
  sale.check_books();
}
