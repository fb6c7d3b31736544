// How orderd starts: its log, optional commands, and closed standard descriptors.
#include <doctest/doctest.h>

#include "integration/sale.h"

namespace orderd::test {

TEST_CASE_FIXTURE(Sale, "the log says ready with the server and the position and what waits") {
  for (const char* id : {"1-1", "1-2", "1-3"}) {
    ask(client(), {"XADD", "orders", id, "id", id, "sku", "shoe", "quantity", "1"});
  }
  auto only = daemon("only");
  wait_for_length(client(), "results", 3);
  end(*only);
  CHECK_MESSAGE(says(*only, "ready: serving 'orders' on Valkey "), only->errors());
  CHECK(says(*only, "from position 0-0, 3 requests waiting"));
  push_order(client(), "last");
  only = daemon("only");
  wait_to_say(*only, "from position 1-3, 1 requests waiting");
}

TEST_CASE_FIXTURE(Sale, "ready is not logged before there is a server") {
  server.stop();
  auto only = daemon("only");
  wait_to_say(*only, "reconnecting");
  CHECK_FALSE(says(*only, "ready"));
  server.start();
  wait_to_say(*only, "ready: serving");
  end(*only);
}

TEST_CASE("orderd serves without the optional commands") {
  ServerOptions options;
  for (const std::string name : {"CONFIG", "INFO", "CLIENT", "ROLE", "HELLO"}) {
    options.config.push_back("rename-command " + name + " \"\"");
  }
  Sale sale(test_seed(), options);
  push_order(sale.client(), "o-1");
  auto only = sale.daemon("only");
  wait_for_length(sale.client(), "results", 1);
  end(*only);
}

TEST_CASE_FIXTURE(Sale, "orderd started with closed standard descriptors serves and exits with 0") {
  std::size_t orders = 0;
  for (const std::string closed : {"<&-", ">&-", "2>&-", "<&- >&- 2>&-"}) {
    CAPTURE(closed);
    push_order(client(), "o-" + std::to_string(++orders));
    Process daemon({"bash", "-c", "exec " ORDERD_PATH " " + closed}, {.environment = {"ORDERD_VALKEY_URL=" + url}});
    wait_for_length(client(), "results", orders);
    end(daemon);
    CHECK(length(client(), "results") == orders);
  }
  // Nothing that was logged went into the connection: at most one error, about the results stream that does not exist
  // yet.
  const std::string stats = ask(client(), {"INFO", "stats"});
  const std::size_t errors = stats.find("total_error_replies:");
  REQUIRE(errors != std::string::npos);
  CHECK(std::stoull(stats.substr(errors + 20)) <= 1);
}

TEST_CASE_FIXTURE(ServedSale, "entries of 2 MB and 20 MB get their result and delay nothing") {
  produce();
  wait_for_results(200);
  const std::string big(2'000'000, 'x');
  xadd(client(), "orders", {{"order", big}});
  xadd(client(), "orders", {{"id", "o-big"}, {"sku", "shoe"}, {"quantity", "1"}, {"note", big}});
  Fields many;
  for (int i = 0; i < 100'000; ++i) many.emplace_back("field-" + std::to_string(i), "0123456789");
  xadd(client(), "orders", many);
  xadd(client(), "orders", {{"order", std::string(20'000'000, '{')}});
  close_books(500);
  // What is kept of them in the dead letters is small.
  for (const Entry& letter : entries(client(), "orders:dead")) {
    std::size_t bytes = 0;
    for (const auto& [name, value] : letter.fields) bytes += name.size() + value.size();
    CHECK(bytes < 70'000);
  }
}

}  // namespace orderd::test
