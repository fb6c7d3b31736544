// settle.lua refused half-way: what cannot be done leaves everything as it was, and can be done later.
#include "shop.h"

namespace orderd::test {
namespace {

// A shop with one request of two lines waiting, and the proof that a call changed nothing and can be repeated.
class WaitingShop : public Shop {
 public:
  WaitingShop() {
    stock("shoe", "100");
    stock("hat", "7");
    request = deliver();
  }
  // For every decision that the request can end as.
  void refuses_everything(const std::string& beginning) {
    const std::string before = snapshot();
    for (const Order& order : {accepted, insufficient, unknown}) {
      CAPTURE(order.lines.back().sku);
      const std::string answer = settle(request, order);
      CHECK_MESSAGE(answer.starts_with(beginning), answer);
      CHECK(snapshot() == before);
    }
  }
  void accepts_after_all() {
    CHECK(settle(request, accepted) == "accepted");
    CHECK(stock("shoe") == "97");
    CHECK(stock("hat") == "5");
    CHECK(results().size() == 1);
    CHECK(pending() == 0);
  }

  std::string request;
  const Order accepted{.lines = {{"shoe", "3"}, {"hat", "2"}}};
  const Order insufficient{.lines = {{"shoe", "3"}, {"hat", "8"}}};
  const Order unknown{.lines = {{"shoe", "3"}, {"glove", "1"}}};
};

}  // namespace

TEST_CASE_FIXTURE(WaitingShop, "a key of the wrong type is named and nothing changes and the order waits") {
  std::string key;
  SUBCASE("results") {
    key = results_stream;
  }
  SUBCASE("record") {
    key = record_key("o-1");
  }
  CAPTURE(key);
  (void)ask(admin(), {"LPUSH", key, "x"});
  refuses_everything("-WRONGTYPE key " + key + ": Operation against a key holding the wrong kind of value");
  (void)ask(admin(), {"DEL", key});
  accepts_after_all();
}

TEST_CASE_FIXTURE(WaitingShop, "an orders key that is no stream is named and nothing changes") {
  (void)ask(admin(), {"DEL", orders});
  (void)ask(admin(), {"LPUSH", orders, "x"});
  refuses_everything("-WRONGTYPE key orders: ");
}

TEST_CASE_FIXTURE(WaitingShop, "a record that is a foreign string is named and nothing changes and the order waits") {
  for (const char* foreign : {"x", "", "0123456789abcdefa1-1", "0123456789abcdefx1-1 1-0", "0123456789abcdefa1-1 1-0 ",
                              "\n0123456789abcdefa1-1 1-0"}) {
    CAPTURE(foreign);
    set(admin(), record_key("o-1"), foreign);
    refuses_everything("-WRONGTYPE key order:o-1: this is not the record of an order");
  }
  (void)ask(admin(), {"DEL", record_key("o-1")});
  accepts_after_all();
}

TEST_CASE_FIXTURE(WaitingShop, "a server out of memory refuses up front and settles when there is memory again") {
  (void)ask(admin(), {"CONFIG", "SET", "maxmemory", "1"});
  refuses_everything("-OOM ");
  (void)ask(admin(), {"CONFIG", "SET", "maxmemory", "0"});
  accepts_after_all();
}

TEST_CASE_FIXTURE(WaitingShop, "a replica refuses up front and settles when it is a primary again") {
  (void)ask(admin(), {"REPLICAOF", "127.0.0.1", "1"});
  refuses_everything("-READONLY ");
  (void)ask(admin(), {"REPLICAOF", "NO", "ONE"});
  accepts_after_all();
}

TEST_CASE_FIXTURE(WaitingShop, "a server that lacks replicas refuses up front") {
  (void)ask(admin(), {"CONFIG", "SET", "min-replicas-to-write", "1"});
  refuses_everything("-NOREPLICAS ");
  (void)ask(admin(), {"CONFIG", "SET", "min-replicas-to-write", "0"});
  accepts_after_all();
}

TEST_CASE_FIXTURE(WaitingShop, "a script that the server has lost does nothing until it is loaded again") {
  (void)ask(admin(), {"SCRIPT", "FLUSH"});
  refuses_everything("-NOSCRIPT ");
}

TEST_CASE_FIXTURE(WaitingShop, "a right taken away is named with its key and nothing changes and the order waits") {
  struct Example {
    std::string command, key;
  };
  for (const auto& [command, key] :
       std::initializer_list<Example>{{"get", "order:o-1"}, {"xadd", "results"}, {"xack", "orders"}}) {
    CAPTURE(command);
    forbid(command);
    refuses_everything("-NOPERM key " + key + ": ");
    allow_everything();
  }
  // Without a record, the stock is what is read first.
  forbid("get");
  Order order = accepted;
  order.window = "0";
  const std::string untouched = snapshot();
  for (const char* quantity : {"1", "3"}) {
    order.lines = {{"shoe", quantity}};
    CHECK(settle(request, order).starts_with("-NOPERM key product:shoe:stock: "));
    CHECK(snapshot() == untouched);
  }
  allow_everything();
  // What only an accepted order does.
  for (const auto& [command, key] :
       std::initializer_list<Example>{{"decrby", "product:shoe:stock"}, {"psetex", "order:o-1"}}) {
    CAPTURE(command);
    forbid(command);
    const std::string before = snapshot();
    const std::string answer = settle(request, accepted);
    CHECK_MESSAGE(answer.starts_with("-NOPERM key " + key + ": "), answer);
    CHECK(snapshot() == before);
    allow_everything();
  }
  accepts_after_all();
}

TEST_CASE_FIXTURE(WaitingShop,
                  "stock and result of a late call without the right to take back its result still agree") {
  acknowledge(request);
  forbid("xdel");
  CHECK(settle(request, accepted).starts_with("-"));
  CHECK(stock("shoe") == "97");
  CHECK(stock("hat") == "5");
  CHECK(results().back().field("lines") ==
        R"([{"sku":"shoe","quantity":3,"remaining":97},{"sku":"hat","quantity":2,"remaining":5}])");
}

TEST_CASE_FIXTURE(WaitingShop, "rights to some of the keys only are refused up front") {
  (void)ask(admin(), {"ACL", "SETUSER", "daemon", "resetkeys", "~orders", "~results", "~order:*", "~product:shoe:*",
                      "%R~product:hat:*"});
  const std::string before = snapshot();
  const std::string answer = settle(request, accepted);
  CHECK_MESSAGE(answer.starts_with("-NOPERM "), answer);
  CHECK(snapshot() == before);
  (void)ask(admin(), {"ACL", "SETUSER", "daemon", "~*"});
  accepts_after_all();
}

TEST_CASE_FIXTURE(WaitingShop,
                  "an SKU in two lines that ask for too much together is refused with all that was taken given back") {
  const std::string before = snapshot();
  for (const Order& order :
       {Order{.lines = {{"shoe", "60"}, {"shoe", "41"}}}, Order{.lines = {{"hat", "1"}, {"shoe", "1"}, {"hat", "7"}}},
        Order{.lines = {{"hat", "4"}, {"hat", "4"}, {"shoe", "1"}}}}) {
    const std::string answer = settle(request, order);
    CHECK_MESSAGE(answer.find("two lines of the order name it") != std::string::npos, answer);
    CHECK(answer.starts_with("-ERR key product:"));
    CHECK(snapshot() == before);
  }
  accepts_after_all();
}

TEST_CASE_FIXTURE(WaitingShop, "a window that is no time is an error that changes nothing") {
  const std::string before = snapshot();
  for (const char* window : {"", "-1", "00", "1.5", "soon", "99999999999999999999"}) {
    CAPTURE(window);
    Order order = accepted;
    order.window = window;
    const std::string answer = settle(request, order);
    CHECK_MESSAGE(answer.starts_with("-ERR key order:o-1: "), answer);
    CHECK(snapshot() == before);
  }
  accepts_after_all();
}

TEST_CASE_FIXTURE(WaitingShop, "keys and arguments that do not match are an error that changes nothing") {
  const std::string before = snapshot();
  const auto keys = settle_keys(accepted);
  const auto arguments = settle_arguments(request, accepted);
  for (std::size_t missing = 1; missing <= arguments.size(); ++missing) {
    CAPTURE(missing);
    const auto rest = std::vector(arguments.begin(), arguments.end() - static_cast<std::ptrdiff_t>(missing));
    CHECK(run(lua::settle, keys, rest).starts_with("-ERR "));
    CHECK(snapshot() == before);
  }
  for (std::size_t missing = 1; missing <= keys.size(); ++missing) {
    CAPTURE(missing);
    const auto rest = std::vector(keys.begin(), keys.end() - static_cast<std::ptrdiff_t>(missing));
    CHECK(run(lua::settle, rest, arguments).starts_with("-ERR "));
    CHECK(snapshot() == before);
  }
  auto more = arguments;
  more.push_back("a customer");
  for (int i = 0; i < 2; ++i) {
    more.push_back("1");
    CHECK(run(lua::settle, keys, more).starts_with("-ERR "));
    CHECK(snapshot() == before);
  }
  accepts_after_all();
}

}  // namespace orderd::test
