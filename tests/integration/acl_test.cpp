// The users of config/users.acl: each can do its work, and nothing else.
#include <iterator>
#include <sstream>

#include "integration/guarded.h"
#include "integration/orderctl_desk.h"

namespace orderd::test {
namespace {

using namespace std::chrono_literals;

struct GuardedTest : Guarded {
  Ran orderctl_as_operator(const Words& words) const {
    return succeeded(orderctl(words, {.environment = login("operator")}));
  }
  void check_nothing_was_refused() { CHECK(send(admin, command_of({"ACL", "LOG"})).view().size() == 0); }

  valkey::SyncClient producer = as("producer");
  valkey::SyncClient reader = as("reader");
};

}  // namespace

TEST_CASE_FIXTURE(GuardedTest, "orderd serves with the rights of its user in users.acl") {
  // Either one may become active.
  const Words settings = {"ORDERD_RETENTION_ORDERS=1s", "ORDERD_RETENTION_RESULTS=1h"};
  auto first = daemon("orderd", settings);
  auto standby = daemon("orderd", joined(settings, {"ORDERD_PROCESSING_NAME=standby"}));
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
  for (const std::string name : {"orderd-read:only ", "orderd-settle:only ", "orderd-read:standby "}) {
    std::vector<Connection> found;
    wait_for([&] { return !(found = clients_named(admin, name)).empty(); }, 20s, name + "to connect");
    CHECK(contains(found[0].line, " lib-name=orderd "));
  }
  // The group and retention follow within a second or two; none may be refused.
  const auto sign = [&] {
    return ask(admin, {"EVAL", "return (server.pcall('XINFO', 'GROUPS', 'orders')[1] or { 0 })[8] or ''", "0"});
  };
  wait_for([&] { return sign() == results[4].field("request"); }, 20s, "the group to show the position");
  wait_for([&] { return length(admin, "orders") < 5; }, 20s, "a trim");
  for (Process* each : {standby.get(), first.get()}) {
    end(*each);
    for (const char* word : {"refused", "NOPERM", "replace-this"}) {
      CHECK_MESSAGE(!says(*each, word), each->errors());
    }
  }
  check_nothing_was_refused();  // not even optional commands
}

TEST_CASE_FIXTURE(GuardedTest, "orderctl works with the rights of the operator") {
  const auto only = daemon("orderd");
  push_order(producer, "o-1", "shoe", "3");
  xadd(producer, "orders", {{"id", "o-2"}});
  xadd(producer, "orders", {{"id", "o-3"}});
  wait_for_length(reader, "results", 3);
  const auto letters = entries(reader, "orders:dead");
  REQUIRE(letters.size() == 2);
  for (const Words& words : {Words{"audit"},
                             {"results"},
                             {"order", "show", "o-1"},
                             {"dead", "list"},
                             {"dead", "show", letters[0].id},
                             {"dead", "requeue", letters[0].id, "--set", "sku=shoe", "--set", "quantity=1"},
                             {"dead", "discard", letters[1].id},
                             {"audit"}}) {
    orderctl_as_operator(words);
  }
  const Ran status = orderctl_as_operator({"status"});
  CHECK_FALSE(status.says("not known"));
  CHECK(status.says("active        'only' since"));
  check_nothing_was_refused();
}

TEST_CASE_FIXTURE(GuardedTest, "the monitor sees the lag and the stock") {
  auto monitor = as("monitor");
  push_order(producer, "o-1", "shoe", "3");
  CHECK(ask(monitor, {"GET", "product:shoe:stock"}) == "100");
  for (const char* what : {"STREAM", "GROUPS"}) {
    CHECK_FALSE(send(monitor, command_of({"XINFO", what, "orders"})).view().is_error());
  }
}

TEST_CASE_FIXTURE(GuardedTest, "each user is refused what is not its work") {
  struct Refused {
    std::string user;
    Words commands;
  };
  for (const auto& [user, commands] :
       std::vector<Refused>{{"monitor",
                             {"SET product:shoe:stock 1", "XADD orders * id x", "XRANGE orders - +",
                              "XINFO STREAM results", "GET orders:order:o-1", "CONFIG GET *", "SLOWLOG GET", "KEYS *"}},
                            {"operator",
                             {"XDEL orders 1-0", "XTRIM orders MAXLEN 0", "XTRIM results MAXLEN 0",
                              "XTRIM orders:dead MAXLEN 0", "XADD orders:dead * request 1-0", "DEL orders:order:o-1"}},
                            {"orderd",
                             {"FLUSHALL", "CONFIG GET *", "KEYS *", "EVAL return 0", "SCRIPT FLUSH", "SHUTDOWN",
                              "XADD orders * id x", "DEL orders", "DEL product:shoe:stock", "SET product:shoe:stock 1",
                              "GET secret", "ACL LIST", "CLIENT KILL TYPE normal"}}}) {
    auto client = as(user);
    for (const std::string& command : commands) {
      CAPTURE(user + ": " + command);
      std::istringstream text(command);
      const Words words(std::istream_iterator<std::string>(text), {});
      CHECK(send(client, command_of(words)).view().error() == valkey::ErrorKind::kRefused);
    }
  }
}

TEST_CASE_FIXTURE(GuardedTest, "a daemon that may not serve says what to do and exits with 1") {
  struct Refused {
    std::string user, password;
    Words said;
  };
  for (const auto& [user, password, said] :
       std::vector<Refused>{{"producer", kPassword, {"NOPERM", "users.acl"}},
                            {"orderd", "wrong", {"WRONGPASS", "valkey.password_file"}}}) {
    CAPTURE(user);
    write_secret(files.file("password"), password);
    auto only = daemon(user);
    CHECK(only->wait() == 1);
    for (const std::string& part : said) CHECK_MESSAGE(says(*only, part), only->errors());
  }
}

}  // namespace orderd::test
