// The users of config/users.acl: each can do its work, and nothing else.
#include <doctest/doctest.h>

#include <fstream>

#include "integration/guarded.h"
#include "integration/orderctl_desk.h"
#include "support/wait_for.h"

using namespace orderd;
using namespace orderd::test;
using namespace std::chrono_literals;

namespace {

void check_refused(const Guarded& shop, const std::string& user, const std::vector<Words>& commands) {
  auto client = shop.as(user);
  for (const Words& words : commands) {
    CAPTURE(words[0]);
    CAPTURE(words.back());
    CHECK(send(client, command_of(words)).view().error() == valkey::ErrorKind::kRefused);
  }
}

Ran orderctl_as_operator(const Guarded& shop, const Words& words) {
  const Ran ran = orderctl(words, {.environment = shop.login("operator")});
  CHECK_MESSAGE(ran.status == 0, words[0], ran.output, ran.errors);
  return ran;
}

void check_nothing_was_refused(Guarded& shop) {
  CHECK(send(shop.admin, command_of({"ACL", "LOG"})).view().size() == 0);
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
  push_order(producer, "o-1", "shoe", "3");
  push_order(producer, "o-1", "shoe", "3");
  push_order(producer, "o-2", "shoe", "300");
  xadd(producer, "orders", {{"id", "o-3"}});
  push_order(producer, "o-4", "none");
  wait_for_length(reader, "results", 5);
  const auto results = entries(reader, "results");
  CHECK(results[0].field("status") == "accepted");
  CHECK(results[1].field("status") == "duplicate");
  CHECK(results[2].field("reason") == "insufficient_stock");
  CHECK(results[3].field("reason") == "malformed");
  CHECK(results[4].field("reason") == "unknown_sku");
  const std::vector<std::string> names = {"orderd-read:only", "orderd-settle:only", "orderd-read:standby"};
  for (const std::string& name : names) {
    std::vector<Connection> found;
    wait_for([&] { return !(found = clients_named(shop.admin, name + " ")).empty(); }, 20s, name + " to connect");
    CHECK(contains(found[0].line, " lib-name=orderd "));
  }
  // The group and retention follow within a second or two; none may be refused.
  const auto sign = [&] {
    return ask(shop.admin, {"EVAL", "return (server.pcall('XINFO', 'GROUPS', 'orders')[1] or { 0 })[8] or ''", "0"});
  };
  wait_for([&] { return sign() == results[4].field("request"); }, 20s, "the group to show the position");
  wait_for([&] { return length(shop.admin, "orders") < 5; }, 20s, "a trim");
  for (Process* each : {standby.get(), daemon.get()}) {
    end(*each);
    for (const char* word : {"refused", "NOPERM", "replace-this"}) {
      CHECK_MESSAGE(!says(*each, word), each->errors());
    }
  }
  check_nothing_was_refused(shop);  // not even optional commands
}

TEST_CASE("orderctl works with the rights of the operator") {
  Guarded shop;
  auto producer = shop.as("producer");
  auto reader = shop.as("reader");
  const auto daemon = shop.daemon("orderd");
  push_order(producer, "o-1", "shoe", "3");
  xadd(producer, "orders", {{"id", "o-2"}});
  wait_for_length(reader, "results", 2);
  for (const Words& words : {Words{"audit"}, {"results"}, {"order", "show", "o-1"}}) orderctl_as_operator(shop, words);
  const Ran status = orderctl_as_operator(shop, {"status"});
  CHECK_FALSE(status.says("not known"));
  CHECK(status.says("active        'only' since"));
  xadd(producer, "orders", {{"id", "o-3"}});
  wait_for_length(reader, "orders:dead", 2);
  const auto letters = entries(reader, "orders:dead");
  for (const Words& words : {Words{"dead", "list"},
                             {"dead", "show", letters[0].id},
                             {"dead", "requeue", letters[0].id, "--set", "sku=shoe", "--set", "quantity=1"},
                             {"dead", "discard", letters[1].id},
                             {"audit"}}) {
    orderctl_as_operator(shop, words);
  }
  check_nothing_was_refused(shop);
}

TEST_CASE("the monitor sees the lag and the stock and nothing else") {
  Guarded shop;
  auto producer = shop.as("producer");
  auto monitor = shop.as("monitor");
  push_order(producer, "o-1", "shoe", "3");
  CHECK(ask(monitor, {"GET", "product:shoe:stock"}) == "100");
  for (const char* what : {"STREAM", "GROUPS"}) {
    CHECK_FALSE(send(monitor, command_of({"XINFO", what, "orders"})).view().is_error());
  }
  check_refused(shop, "monitor",
                {{"SET", "product:shoe:stock", "1"},
                 {"XADD", "orders", "*", "id", "x"},
                 {"XRANGE", "orders", "-", "+"},
                 {"XINFO", "STREAM", "results"},
                 {"GET", "orders:order:o-1"},
                 {"CONFIG", "GET", "*"},
                 {"SLOWLOG", "GET"},
                 {"KEYS", "*"}});
}

TEST_CASE("the operator cannot delete requests, trim results or write dead letters") {
  const Guarded shop;
  check_refused(shop, "operator",
                {{"XDEL", "orders", "1-0"},
                 {"XTRIM", "orders", "MAXLEN", "0"},
                 {"XTRIM", "results", "MAXLEN", "0"},
                 {"XTRIM", "orders:dead", "MAXLEN", "0"},
                 {"XADD", "orders:dead", "*", "request", "1-0"},
                 {"DEL", "orders:order:o-1"}});
}

TEST_CASE("orderd's password gives no access to the rest of the server") {
  const Guarded shop;
  check_refused(shop, "orderd",
                {{"FLUSHALL"},
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
                 {"CLIENT", "KILL", "TYPE", "normal"}});
}

TEST_CASE("without the rights it needs orderd says what to grant and exits with 1") {
  Guarded shop;
  auto daemon = shop.daemon("producer");
  CHECK(daemon->wait() == 1);
  CHECK(says(*daemon, "NOPERM"));
  CHECK(says(*daemon, "users.acl"));
}

TEST_CASE("with a wrong password orderd says so and exits with 1") {
  Guarded shop;
  std::ofstream(shop.files.file("password")) << "wrong\n";
  auto daemon = shop.daemon("orderd");
  CHECK(daemon->wait() == 1);
  CHECK(says(*daemon, "WRONGPASS"));
  CHECK(says(*daemon, "valkey.password_file"));
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
  wait_to_say(*daemon, "ready");
  for (const std::string name : {"orderd-read", "orderd-settle"}) {
    const auto found = clients_named(admin, name);
    REQUIRE(found.size() == 1);
    CHECK(contains(found[0].line, " user=shop "));
  }
  daemon = start("guarded");
  CHECK(daemon->wait() == 1);
  CHECK(says(*daemon, "WRONGPASS"));
}
