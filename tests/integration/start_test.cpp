// How orderd starts: its log, optional commands, and closed standard descriptors.
#include <doctest/doctest.h>

#include "integration/sale.h"

namespace orderd::test {
namespace {

Process run_daemon(const ValkeyServer& server, const std::vector<std::string>& command) {
  return Process(
      command, {.environment = {"ORDERD_VALKEY_URL=unix://" + server.endpoint().path, "ORDERD_PROCESSING_NAME=only"}});
}

}  // namespace

TEST_CASE("the log says ready with the server and the position and what waits") {
  ValkeyServer server;
  auto client = server.client();
  set(client, "product:shoe:stock", "10");
  for (const char* id : {"1-1", "1-2", "1-3"}) {
    ask(client, {"XADD", "orders", id, "id", id, "sku", "shoe", "quantity", "1"});
  }
  {
    Process daemon = run_daemon(server, {ORDERD_PATH});
    wait_for_length(client, "results", 3);
    end(daemon);
    const std::string said = daemon.errors();
    CHECK_MESSAGE(contains(said, "ready: serving 'orders' on Valkey "), said);
    CHECK(contains(said, "from position 0-0, 3 requests waiting"));
  }
  push_order(client, "last");
  Process daemon = run_daemon(server, {ORDERD_PATH});
  wait_to_say(daemon, "from position 1-3, 1 requests waiting");
}

TEST_CASE("ready is not logged before there is a server") {
  ValkeyServer server;
  server.stop();
  Process daemon = run_daemon(server, {ORDERD_PATH});
  wait_to_say(daemon, "reconnecting");
  CHECK_FALSE(says(daemon, "ready"));
  server.start();
  wait_to_say(daemon, "ready: serving");
  end(daemon);
}

TEST_CASE("orderd serves without the optional commands") {
  std::vector<std::string> config;
  for (const char* name : {"CONFIG", "INFO", "CLIENT", "ROLE", "HELLO"}) {
    config.push_back(std::string("rename-command ") + name + " \"\"");
  }
  ValkeyServer server({.config = config});
  auto client = server.client();
  set(client, "product:shoe:stock", "10");
  push_order(client, "o-1");
  Process daemon = run_daemon(server, {ORDERD_PATH});
  wait_for_length(client, "results", 1);
  end(daemon);
}

TEST_CASE("orderd started with closed standard descriptors serves and exits with 0") {
  ValkeyServer server;
  auto client = server.client();
  set(client, "product:shoe:stock", "10");
  std::size_t orders = 0;
  for (const std::string closed : {"<&-", ">&-", "2>&-", "<&- >&- 2>&-"}) {
    CAPTURE(closed);
    push_order(client, "o-" + std::to_string(++orders));
    Process daemon = run_daemon(server, {"bash", "-c", "exec " ORDERD_PATH " " + closed});
    wait_for_length(client, "results", orders);
    end(daemon);
    CHECK(length(client, "results") == orders);
  }
  // Nothing that was logged went into the connection: at most one error, about the results stream that does not exist
  // yet.
  const std::string stats = ask(client, {"INFO", "stats"});
  const std::size_t errors = stats.find("total_error_replies:");
  REQUIRE(errors != std::string::npos);
  CHECK(std::stoull(stats.substr(errors + 20)) <= 1);
}

TEST_CASE_FIXTURE(ServedSale, "entries of 2 MB and 20 MB get their result and delay nothing") {
  sale.produce();
  sale.wait_for_results(200);
  const std::string big(2'000'000, 'x');
  xadd(sale.client(), "orders", {{"order", big}});
  xadd(sale.client(), "orders", {{"id", "o-big"}, {"sku", "shoe"}, {"quantity", "1"}, {"note", big}});
  Fields many;
  for (int i = 0; i < 100'000; ++i) many.emplace_back("field-" + std::to_string(i), "0123456789");
  xadd(sale.client(), "orders", many);
  xadd(sale.client(), "orders", {{"order", std::string(20'000'000, '{')}});
  sale.close_books(500);
  // What is kept of them in the dead letters is small.
  for (const Entry& letter : entries(sale.client(), "orders:dead")) {
    std::size_t bytes = 0;
    for (const auto& [name, value] : letter.fields) bytes += name.size() + value.size();
    CHECK(bytes < 70'000);
  }
}

}  // namespace orderd::test
