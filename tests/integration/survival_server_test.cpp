// The server under load: killed and restarted, out of memory, its scripts flushed and its connections killed.
#include "integration/sale.h"

namespace orderd::test {

TEST_CASE("a server with appendfsync always can be killed and restarted") {
  Sale sale(test_seed(), {.append_only = ServerOptions::AppendOnly::kAlways});
  sale.start();
  sale.disturb(5, 600, [&](int) {
    sale.server.kill();
    sale.server.start();
    sale.reconnect();
  });
}

TEST_CASE_FIXTURE(ServedSale, "flushed scripts, killed connections and unblocked reads lose no order") {
  // CLIENT `before` ID `after` for each connection of this name.
  const auto each = [&](const char* name, const Words& before, const Words& after = {}) {
    for (const auto& [id, line] : clients_named(client(), name)) {
      ask_number(client(), joined(joined(joined({"CLIENT"}, before), {id}), after));
    }
  };
  disturb(75, 200, [&](int i) {
    switch (i % 5) {
      case 0: CHECK(ask(client(), {"SCRIPT", "FLUSH"}) == "OK"); break;
      case 1: ask_number(client(), {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}); break;
      case 2: each("orderd-read", {"KILL", "ID"}); break;
      case 3: each("orderd-settle", {"KILL", "ID"}); break;
      default: each("orderd-read", {"UNBLOCK"}, {"ERROR"});
    }
  });
}

TEST_CASE("orders stay in order when memory runs out repeatedly") {
  // One by one, and many per call.
  for (const char* setting : {"ORDERD_PROCESSING_ORDERS_PER_CALL=1", "ORDERD_LOG_LEVEL=info"}) {
    CAPTURE(setting);
    Sale sale;
    sale.start({setting});
    sale.disturb(12, 400, [&](int) {
      CHECK(ask(sale.client(), {"CONFIG", "SET", "maxmemory", "1"}) == "OK");
      for (std::size_t pings = sale.random.number(300); pings > 0; --pings) ask(sale.client(), {"PING"});
      CHECK(ask(sale.client(), {"CONFIG", "SET", "maxmemory", "0"}) == "OK");
    });
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
