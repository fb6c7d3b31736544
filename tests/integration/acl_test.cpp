// The users of config/users.acl: each can do its work, and nothing else.
#include <doctest/doctest.h>

#include <signal.h>
#include <algorithm>

#include <fstream>

#include "integration/guarded.h"
#include "support/wait_for.h"

using namespace orderd;
using namespace orderd::test;
using namespace std::chrono_literals;

namespace {

bool refused(valkey::SyncClient& client, const std::vector<std::string>& words) {
  return send(client, command_of(words)).view().error() == valkey::ErrorKind::kRefused;
}

Process orderctl_as_operator(const Guarded& shop, const std::vector<std::string>& words) {
  ProcessOptions options;
  options.environment = {"ORDERD_VALKEY_URL=unix://" + shop.server.endpoint().path, "ORDERD_VALKEY_USERNAME=operator",
                         "ORDERD_VALKEY_PASSWORD_FILE=" + shop.files.file("password")};
  std::vector<std::string> command = {ORDERCTL_PATH};
  command.insert(command.end(), words.begin(), words.end());
  return Process(command, options);
}

}  // namespace

TEST_CASE("orderd serves with the rights of its user in users.acl") {
  Guarded shop;
  auto producer = shop.as("producer");
  auto reader = shop.as("reader");
  // Either one may become active.
  const std::vector<std::string> settings = {"ORDERD_RETENTION_ORDERS=1s", "ORDERD_RETENTION_RESULTS=1h"};
  auto daemon = shop.daemon("orderd", settings);
  auto standby = shop.daemon("orderd", {settings[0], settings[1], "ORDERD_PROCESSING_NAME=standby"});
  xadd(producer, "orders", {{"id", "o-1"}, {"sku", "shoe"}, {"quantity", "3"}});
  xadd(producer, "orders", {{"id", "o-1"}, {"sku", "shoe"}, {"quantity", "3"}});
  xadd(producer, "orders", {{"id", "o-2"}, {"sku", "shoe"}, {"quantity", "300"}});
  xadd(producer, "orders", {{"id", "o-3"}});
  xadd(producer, "orders", {{"id", "o-4"}, {"sku", "none"}, {"quantity", "1"}});
  wait_for([&] { return length(reader, "results") == 5; }, 20s, "five results");
  const auto results = entries(reader, "results");
  CHECK(results[0].field("status") == "accepted");
  CHECK(results[1].field("status") == "duplicate");
  CHECK(results[2].field("reason") == "insufficient_stock");
  CHECK(results[3].field("reason") == "malformed");
  CHECK(results[4].field("reason") == "unknown_sku");
  const std::vector<std::string> names = {"orderd-read:only", "orderd-settle:only", "orderd-read:standby"};
  std::string clients;
  const auto connected = [&] {
    clients = ask(shop.admin, {"CLIENT", "LIST"});
    return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
      return clients.find(" name=" + name + " ") != std::string::npos;
    });
  };
  wait_for(connected, 20s, "both daemons to connect");
  for (const std::string& name : names) {
    const std::size_t at = clients.find(" name=" + name + " ");
    CHECK(clients.substr(at, clients.find('\n', at) - at).find(" lib-name=orderd ") != std::string::npos);
  }
  // The group and retention follow within a second or two; none may be refused.
  const auto sign = [&] {
    return ask(shop.admin, {"EVAL", "return (server.pcall('XINFO', 'GROUPS', 'orders')[1] or { 0 })[8] or ''", "0"});
  };
  wait_for([&] { return sign() == results[4].field("request"); }, 20s, "the group to show the position");
  wait_for([&] { return length(shop.admin, "orders") < 5; }, 20s, "a trim");
  for (Process* each : {standby.get(), daemon.get()}) {
    each->signal(SIGTERM);
    CHECK(each->wait() == 0);
    for (const char* word : {"refused", "NOPERM", "replace-this"}) {
      CHECK_MESSAGE(each->errors().find(word) == std::string::npos, each->errors());
    }
  }
  CHECK(send(shop.admin, command_of({"ACL", "LOG"})).view().size() ==
        0);  // nothing was refused, not even optional commands
}

TEST_CASE("orderctl works with the rights of the operator") {
  Guarded shop;
  auto producer = shop.as("producer");
  auto reader = shop.as("reader");
  const auto daemon = shop.daemon("orderd");
  xadd(producer, "orders", {{"id", "o-1"}, {"sku", "shoe"}, {"quantity", "3"}});
  xadd(producer, "orders", {{"id", "o-2"}});
  wait_for([&] { return length(reader, "results") == 2; }, 20s, "two results");
  Process audit = orderctl_as_operator(shop, {"audit"});
  CHECK_MESSAGE(audit.wait() == 0, audit.errors());
  Process status = orderctl_as_operator(shop, {"status"});
  CHECK_MESSAGE(status.wait() == 0, status.errors());
  CHECK(status.output().find("not known") == std::string::npos);
  CHECK(status.output().find("active        'only' since") != std::string::npos);
  Process results = orderctl_as_operator(shop, {"results"});
  CHECK_MESSAGE(results.wait() == 0, results.errors());
  Process order = orderctl_as_operator(shop, {"order", "show", "o-1"});
  CHECK_MESSAGE(order.wait() == 0, order.errors());
  xadd(producer, "orders", {{"id", "o-3"}});
  wait_for([&] { return length(reader, "orders:dead") == 2; }, 20s, "two dead letters");
  const auto letters = entries(reader, "orders:dead");
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"dead", "list"},
           {"dead", "show", letters[0].id},
           {"dead", "requeue", letters[0].id, "--set", "sku=shoe", "--set", "quantity=1"},
           {"dead", "discard", letters[1].id},
           {"audit"}}) {
    Process each = orderctl_as_operator(shop, words);
    CHECK_MESSAGE(each.wait() == 0, words.back(), each.output(), each.errors());
  }
  CHECK(send(shop.admin, command_of({"ACL", "LOG"})).view().size() == 0);
}

TEST_CASE("the monitor sees the lag and the stock and nothing else") {
  Guarded shop;
  auto producer = shop.as("producer");
  auto monitor = shop.as("monitor");
  xadd(producer, "orders", {{"id", "o-1"}, {"sku", "shoe"}, {"quantity", "3"}});
  CHECK(ask(monitor, {"GET", "product:shoe:stock"}) == "100");
  for (const char* what : {"STREAM", "GROUPS"}) {
    CHECK_FALSE(send(monitor, command_of({"XINFO", what, "orders"})).view().is_error());
  }
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{"SET", "product:shoe:stock", "1"},
                                                                                     {"XADD", "orders", "*", "id", "x"},
                                                                                     {"XRANGE", "orders", "-", "+"},
                                                                                     {"XINFO", "STREAM", "results"},
                                                                                     {"GET", "orders:order:o-1"},
                                                                                     {"CONFIG", "GET", "*"},
                                                                                     {"SLOWLOG", "GET"},
                                                                                     {"KEYS", "*"}}) {
    CHECK_MESSAGE(refused(monitor, words), words[0]);
  }
}

TEST_CASE("the operator cannot delete requests, trim results or write dead letters") {
  Guarded shop;
  auto person = shop.as("operator");
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"XDEL", "orders", "1-0"},
                                             {"XTRIM", "orders", "MAXLEN", "0"},
                                             {"XTRIM", "results", "MAXLEN", "0"},
                                             {"XTRIM", "orders:dead", "MAXLEN", "0"},
                                             {"XADD", "orders:dead", "*", "request", "1-0"},
                                             {"DEL", "orders:order:o-1"}}) {
    CHECK_MESSAGE(refused(person, words), words[0], " ", words[1]);
  }
}

TEST_CASE("orderd's password gives no access to the rest of the server") {
  Guarded shop;
  auto thief = shop.as("orderd");
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"FLUSHALL"},
                                             {"CONFIG", "GET", "*"},
                                             {"KEYS", "*"},
                                             {"EVAL", "return 1", "0"},
                                             {"SCRIPT", "FLUSH"},
                                             {"SHUTDOWN"},
                                             {"XADD", "orders", "*", "id", "x"},
                                             {"DEL", "orders"},
                                             {"DEL", "product:shoe:stock"},
                                             {"SET", "product:shoe:stock", "1"},
                                             {"GET", "secret"},
                                             {"ACL", "LIST"},
                                             {"CLIENT", "KILL", "TYPE", "normal"}}) {
    CHECK_MESSAGE(refused(thief, words), words[0]);
  }
}

TEST_CASE("without the rights it needs orderd says what to grant and exits with 1") {
  Guarded shop;
  auto daemon = shop.daemon("producer");
  CHECK(daemon->wait() == 1);
  CHECK(daemon->errors().find("NOPERM") != std::string::npos);
  CHECK(daemon->errors().find("users.acl") != std::string::npos);
}

TEST_CASE("with a wrong password orderd says so and exits with 1") {
  Guarded shop;
  std::ofstream(shop.files.file("password")) << "wrong\n";
  auto daemon = shop.daemon("orderd");
  CHECK(daemon->wait() == 1);
  CHECK(daemon->errors().find("WRONGPASS") != std::string::npos);
  CHECK(daemon->errors().find("valkey.password_file") != std::string::npos);
}

TEST_CASE("a user name without a password is used to log in") {
  ValkeyServer server;
  auto admin = server.client();
  ask(admin, {"ACL", "SETUSER", "shop", "on", "nopass", "~*", "+@all"});
  ask(admin, {"ACL", "SETUSER", "guarded", "on", ">secret", "~*", "+@all"});
  const auto start = [&](const std::string& user) {
    return std::make_unique<Process>(
        std::vector<std::string>{ORDERD_PATH},
        ProcessOptions{
            .environment = {"ORDERD_VALKEY_URL=unix://" + server.endpoint().path, "ORDERD_VALKEY_USERNAME=" + user}});
  };
  auto daemon = start("shop");
  wait_for([&] { return daemon->errors().find("ready") != std::string::npos; }, 20s, "the daemon to serve");
  const std::string clients = ask(admin, {"CLIENT", "LIST"});
  for (const std::string name : {"orderd-read", "orderd-settle"}) {
    const std::size_t at = clients.find("name=" + name);
    REQUIRE(at != std::string::npos);
    CHECK(clients.substr(at, clients.find('\n', at) - at).find(" user=shop ") != std::string::npos);
  }
  daemon = start("guarded");
  CHECK(daemon->wait() == 1);
  CHECK(daemon->errors().find("WRONGPASS") != std::string::npos);
}
