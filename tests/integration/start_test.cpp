// How orderd starts: its log, optional commands, and closed standard descriptors.
#include <doctest/doctest.h>
#include <signal.h>

#include "integration/sale.h"
#include "support/wait_for.h"

namespace orderd::test {
namespace {

using namespace std::chrono_literals;

Process run_daemon(const ValkeyServer& server, const std::vector<std::string>& command) {
  return Process(
      command, {.environment = {"ORDERD_VALKEY_URL=unix://" + server.endpoint().path, "ORDERD_PROCESSING_NAME=only"}});
}

void push_one(valkey::SyncClient& client, const std::string& id) {
  xadd(client, "orders", {{"id", id}, {"sku", "shoe"}, {"quantity", "1"}});
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
    wait_for([&] { return length(client, "results") == 3; }, 20s, "the results");
    daemon.signal(SIGTERM);
    CHECK(daemon.wait() == 0);
    const std::string said = daemon.errors();
    CHECK_MESSAGE(said.find("ready: serving 'orders' on Valkey ") != std::string::npos, said);
    CHECK(said.find("from position 0-0, 3 requests waiting") != std::string::npos);
  }
  push_one(client, "last");
  Process daemon = run_daemon(server, {ORDERD_PATH});
  wait_for([&] { return daemon.errors().find("from position 1-3, 1 requests waiting") != std::string::npos; }, 20s,
           "the line: " + daemon.errors());
}

TEST_CASE("ready is not logged before there is a server") {
  ValkeyServer server;
  server.stop();
  Process daemon = run_daemon(server, {ORDERD_PATH});
  wait_for([&] { return daemon.errors().find("reconnecting") != std::string::npos; }, 20s, "the failure to be logged");
  CHECK(daemon.errors().find("ready") == std::string::npos);
  server.start();
  wait_for([&] { return daemon.errors().find("ready: serving") != std::string::npos; }, 20s, "the daemon to be ready");
  daemon.signal(SIGTERM);
  CHECK(daemon.wait() == 0);
}

TEST_CASE("orderd serves without the optional commands") {
  std::vector<std::string> config;
  for (const char* name : {"CONFIG", "INFO", "CLIENT", "ROLE", "HELLO"}) {
    config.push_back(std::string("rename-command ") + name + " \"\"");
  }
  ValkeyServer server({.config = config});
  auto client = server.client();
  set(client, "product:shoe:stock", "10");
  push_one(client, "o-1");
  Process daemon = run_daemon(server, {ORDERD_PATH});
  wait_for([&] { return length(client, "results") == 1; }, 20s, "the result: " + daemon.errors());
  daemon.signal(SIGTERM);
  CHECK(daemon.wait() == 0);
}

TEST_CASE("orderd started with closed standard descriptors serves and exits with 0") {
  ValkeyServer server;
  auto client = server.client();
  set(client, "product:shoe:stock", "10");
  int orders = 0;
  for (const std::string closed : {"<&-", ">&-", "2>&-", "<&- >&- 2>&-"}) {
    CAPTURE(closed);
    push_one(client, "o-" + std::to_string(++orders));
    Process daemon = run_daemon(server, {"bash", "-c", "exec " ORDERD_PATH " " + closed});
    wait_for([&] { return length(client, "results") == static_cast<std::size_t>(orders); }, 20s, "the result");
    daemon.signal(SIGTERM);
    CHECK(daemon.wait() == 0);
    CHECK(length(client, "results") == static_cast<std::size_t>(orders));
  }
  // Nothing that was logged went into the connection: at most one error, about the results stream that does not exist
  // yet.
  const std::string stats = ask(client, {"INFO", "stats"});
  const std::size_t errors = stats.find("total_error_replies:");
  REQUIRE(errors != std::string::npos);
  CHECK(std::stoull(stats.substr(errors + 20)) <= 1);
}

TEST_CASE("entries of 2 MB and 20 MB get their result and delay nothing") {
  Sale sale(test_seed());
  auto daemon = sale.daemon("only");
  sale.produce();
  sale.wait_for_results(200);
  const std::string big(2'000'000, 'x');
  xadd(sale.client(), "orders", {{"order", big}});
  xadd(sale.client(), "orders", {{"id", "o-big"}, {"sku", "shoe"}, {"quantity", "1"}, {"note", big}});
  Fields many;
  for (int i = 0; i < 100'000; ++i) many.emplace_back("field-" + std::to_string(i), "0123456789");
  xadd(sale.client(), "orders", many);
  xadd(sale.client(), "orders", {{"order", std::string(20'000'000, '{')}});
  sale.wait_for_results(500);
  sale.stop_producing();
  sale.settle();
  sale.check_books();
  // What is kept of them in the dead letters is small.
  for (const Entry& letter : entries(sale.client(), "orders:dead")) {
    std::size_t bytes = 0;
    for (const auto& [name, value] : letter.fields) bytes += name.size() + value.size();
    CHECK(bytes < 70'000);
  }
  end(*daemon);
}

}  // namespace orderd::test
