// The server under load: killed and restarted, out of memory, its scripts flushed and its connections killed.
#include <doctest/doctest.h>

#include "integration/sale.h"

namespace orderd::test {

TEST_CASE("a server with appendfsync always can be killed and restarted") {
  Sale sale(test_seed(), {.append_only = ServerOptions::AppendOnly::kAlways});
  auto only = sale.daemon("only");
  sale.disturb(5, 600, [&](int) {
    sale.server.kill();
    sale.server.start();
    sale.reconnect();
  });
  end(*only);
}

TEST_CASE_FIXTURE(ServedSale, "scripts can be flushed repeatedly") {
  disturb(30, 200, [&](int) { CHECK(ask(client(), {"SCRIPT", "FLUSH"}) == "OK"); });
}

TEST_CASE_FIXTURE(ServedSale, "connections can be killed repeatedly, together or alone") {
  disturb(30, 200, [&](int times) {
    if (times % 2 == 0) {
      ask_number(client(), {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
      return;
    }
    for (const auto& each : clients_named(client(), times % 4 == 1 ? "orderd-read" : "orderd-settle")) {
      ask_number(client(), {"CLIENT", "KILL", "ID", each.id});
    }
  });
}

TEST_CASE_FIXTURE(ServedSale, "reads can be unblocked with an error repeatedly") {
  disturb(10, 200, [&](int) {
    for (const auto& each : clients_named(client(), "orderd-read")) {
      ask_number(client(), {"CLIENT", "UNBLOCK", each.id, "ERROR"});
    }
  });
}

TEST_CASE("orders stay in order when memory runs out repeatedly") {
  // One by one, and many per call.
  for (const char* setting : {"ORDERD_PROCESSING_ORDERS_PER_CALL=1", "ORDERD_LOG_LEVEL=info"}) {
    CAPTURE(setting);
    Sale sale;
    auto only = sale.daemon("only", {setting});
    sale.disturb(12, 400, [&](int) {
      CHECK(ask(sale.client(), {"CONFIG", "SET", "maxmemory", "1"}) == "OK");
      for (std::size_t pings = sale.random.number(300); pings > 0; --pings) ask(sale.client(), {"PING"});
      CHECK(ask(sale.client(), {"CONFIG", "SET", "maxmemory", "0"}) == "OK");
    });
    end(*only);
  }
}

TEST_CASE_FIXTURE(ServedSale, "orders wait while the server is out of memory and are processed afterwards") {
  wait_for_owner("only");
  for (int times = 0; times < 3; ++times) {
    const std::size_t before = results();
    only->pause();
    for (int i = 0; i < 1000; ++i) push_order(client(), std::to_string(times) + "-" + std::to_string(i));
    CHECK(ask(client(), {"CONFIG", "SET", "maxmemory", "1"}) == "OK");
    const std::size_t said = only->errors().size();
    only->resume();
    wait_to_say(*only, "waiting: OOM", said);
    CHECK(results() == before);
    CHECK(ask(client(), {"CONFIG", "SET", "maxmemory", "0"}) == "OK");
    wait_to_say(*only, "processing resumed", said);
    settle();
  }
  check_books();
}

}  // namespace orderd::test
