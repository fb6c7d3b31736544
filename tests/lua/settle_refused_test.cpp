// settle.lua refused half-way: the error names the cause, nothing changes, and nothing is lost.
#include "shop.h"

namespace orderd::test {
namespace {

// A batch with every outcome waits; checks that a refused call changed nothing and can be repeated.
class WaitingShop : public Shop {
 public:
  WaitingShop() {
    stock("shoe", "100");
    stock("hat", "7");
    stock("sock", "9007199254740991");
    stock("bad", "1e3");
    set(admin(), record_key("foreign"), "x");
    (void)at_server({"LPUSH", record_key("list"), "x"});
    CHECK(settle({Order{.id = "known"}, Malformed{}}) == "am");
    waiting = call({Order{.id = "first", .lines = {{"shoe", "3"}, {"hat", "2"}}},
                    Order{.id = "few", .lines = {{"shoe", "3"}, {"hat", "8"}}},
                    Order{.id = "unknown", .lines = {{"shoe", "3"}, {"glove", "1"}}},
                    Order{.id = "bad", .lines = {{"bad", "1"}}}, Order{.id = "foreign"}, Malformed{.id = "x"},
                    Order{.id = "list"}, Order{.id = "known"}, Order{.id = "known", .lines = {{"hat", "1"}}},
                    Malformed{}, Order{.id = "last", .lines = {{"sock", "9007199254740991"}}}});
    before = snapshot();
  }
  void is_refused(const std::string& beginning) {
    const std::string answer = run(waiting);
    CHECK_MESSAGE(answer.starts_with(beginning), answer, " and not ", beginning);
    const std::string after = snapshot();
    CHECK(after == before);
  }
  void is_settled_after_all() {
    CHECK(run(waiting) == "asukrmrdima");
    CHECK(stock("shoe") + " " + stock("hat") + " " + stock("sock") == "94 5 0");
    CHECK(results().size() == 13);
  }
  // Rights to write every key of the call except one, which is read-only. EVALSHA has rights to all of them.
  void may_only_read(const std::string& key) {
    std::vector<std::string> rules = {"resetkeys"};
    for (const std::string& other : keys_of(waiting)) rules.push_back((other == key ? "%R~" : "~") + other);
    rules.emplace_back("(+evalsha ~*)");
    acl(rules);
  }

  Call waiting;
  std::string before;
};

}  // namespace

TEST_CASE_FIXTURE(WaitingShop, "each missing right is named with its key and nothing changes") {
  const std::vector<std::pair<std::string, std::string>> commands = {
      {"hmget", position},          {"mget", record_key("first")}, {"exists", stock_key("glove")},
      {"xadd", results_stream},     {"xdel", results_stream},      {"hset", position},
      {"set", record_key("first")}, {"del", record_key("first")},  {"decrby", stock_key("shoe")}};
  for (const auto& [command, key] : commands) {
    CAPTURE(command);
    acl({"-" + command});
    is_refused("-NOPERM key " + key + ": ");
    allow_everything();
  }
  is_settled_after_all();
}

TEST_CASE_FIXTURE(WaitingShop, "each read-only key is named wherever it is in the batch") {
  const auto denied = [&](const std::string& key) {
    CAPTURE(key);
    may_only_read(key);
    is_refused("-NOPERM key " + key + ": ");
    allow_everything();
  };
  denied(position);
  denied(results_stream);
  denied(dead);
  for (const char* id : {"first", "few", "unknown", "bad", "last"}) denied(record_key(id));
  for (const char* sku : {"shoe", "hat", "sock"}) denied(stock_key(sku));
  is_settled_after_all();
}

TEST_CASE_FIXTURE(WaitingShop, "each unreadable key is named wherever it is in the batch") {
  for (const std::string& key : {position, record_key("first"), record_key("list"), record_key("last"),
                                 stock_key("shoe"), stock_key("glove"), stock_key("sock")}) {
    CAPTURE(key);
    std::vector<std::string> rules = {"resetkeys"};
    for (const std::string& other : keys_of(waiting)) rules.push_back((other == key ? "%W~" : "~") + other);
    rules.emplace_back("(+evalsha ~*)");
    acl(rules);
    is_refused("-NOPERM key " + key + ": ");
    allow_everything();
  }
  is_settled_after_all();
}

TEST_CASE_FIXTURE(WaitingShop, "a right to undo that is missing for a single key is found before the first write") {
  const auto denied = [&](const std::string& command, const std::string& key) {
    CAPTURE(command);
    CAPTURE(key);
    std::string others = "(+" + command;
    for (const std::string& other : keys_of(waiting)) {
      if (other != key) others += " ~" + other;
    }
    acl({"-" + command, others + ")"});
    is_refused("-NOPERM key " + key + ": this user has no right to ");
    allow_everything();
  };
  denied("xdel", results_stream);
  denied("xdel", dead);
  for (const char* id : {"first", "known", "last"}) denied("del", record_key(id));
  is_settled_after_all();
}

TEST_CASE_FIXTURE(WaitingShop, "EVALSHA without rights to some of the keys is refused up front") {
  for (const std::string& key : {position, results_stream, dead, record_key("last"), stock_key("sock")}) {
    std::vector<std::string> rules = {"resetkeys"};
    for (const std::string& other : keys_of(waiting)) {
      if (other != key) rules.push_back("~" + other);
    }
    acl(rules);
    is_refused("-NOPERM ");
    allow_everything();
  }
  is_settled_after_all();
}

TEST_CASE_FIXTURE(WaitingShop, "a user with only the necessary rights settles everything") {
  acl({"-@all", "resetkeys", "+evalsha", "~orders:position", "~results", "~orders:dead", "~orders:order:*",
       "~product:*:stock", "+hmget", "+mget", "+exists", "(~results ~orders:dead +xadd +xdel)",
       "(~product:*:stock +decrby)", "(~orders:order:* +set +del)", "(~orders:position +hset)"});
  is_settled_after_all();
}

TEST_CASE_FIXTURE(WaitingShop, "a key of the wrong type is named and nothing changes") {
  for (const std::string& key : {position, results_stream, dead}) {
    CAPTURE(key);
    (void)at_server({"RENAME", key, "aside"});
    (void)at_server({"SET", key, "x"});
    before = snapshot();
    is_refused("-WRONGTYPE key " + key + ": Operation against a key holding the wrong kind of value");
    (void)at_server({"RENAME", "aside", key});
  }
  is_settled_after_all();
}

TEST_CASE_FIXTURE(WaitingShop, "stock and records of the wrong type are results of their orders rather than errors") {
  for (const std::string& key : {stock_key("hat"), record_key("last")}) {
    (void)at_server({"DEL", key});
    (void)at_server({"LPUSH", key, "x"});
  }
  CHECK(run(waiting) == "kkukrmrdimr");
  CHECK(stock("shoe") == "97");
  CHECK(stock("sock") == "9007199254740991");
}

TEST_CASE_FIXTURE(WaitingShop, "a stream that has used up its last ID is named and nothing changes") {
  for (const std::string& key : {results_stream, dead}) {
    CAPTURE(key);
    (void)at_server({"RENAME", key, "aside"});
    (void)at_server({"XADD", key, "18446744073709551615-18446744073709551615", "x", "y"});
    before = snapshot();
    is_refused("-ERR key " + key + ": The stream has exhausted the last possible ID");
    (void)at_server({"RENAME", "aside", key});
  }
  is_settled_after_all();
}

TEST_CASE_FIXTURE(WaitingShop,
                  "a stream that uses up its last ID in the middle of a batch is named and the batch is undone") {
  for (int free = 1; free < 11; ++free) {
    CAPTURE(free);
    (void)at_server({"DEL", results_stream});
    (void)at_server({"XADD", results_stream,
                     "18446744073709551615-" + std::to_string(18446744073709551615U - static_cast<unsigned>(free)), "x",
                     "y"});
    before = snapshot();
    is_refused("-ERR key results: The stream has exhausted the last possible ID");
  }
}

TEST_CASE_FIXTURE(WaitingShop, "a server out of memory refuses up front and settles when there is memory again") {
  for (int i = 0; i < 3; ++i) {
    (void)at_server({"CONFIG", "SET", "maxmemory", "1"});
    is_refused("-OOM ");
    (void)at_server({"CONFIG", "SET", "maxmemory", "0"});
  }
  is_settled_after_all();
}

TEST_CASE_FIXTURE(WaitingShop, "a call that fills the server's memory is finished") {
  std::vector<Call> calls;
  for (int i = 0; i < 300; ++i) {
    calls.push_back(call({Order{.id = "o-" + std::to_string(i), .lines = {{"sock", "1"}}},
                          Malformed{.raw = std::vector<std::string>(20, std::string(500, 'x'))}}));
    calls.back().previous = i == 0 ? waiting.last() : calls[calls.size() - 2].last();
  }
  CHECK(run(waiting) == "asukrmrdima");
  stock("sock", "1000");
  const std::string used = at_server({"INFO", "memory"});
  const std::size_t at = used.find("used_memory:") + 12;
  const auto bytes = std::stoull(used.substr(at, used.find('\r', at) - at));
  (void)at_server({"CONFIG", "SET", "maxmemory", std::to_string(bytes + 500000)});
  std::size_t settled = 0;
  std::string answer;
  while (settled < calls.size() && (answer = run(calls[settled])) == "am") ++settled;
  CHECK(answer.starts_with("-OOM "));
  CHECK(settled > 0);
  CHECK(settled < calls.size());
  CHECK(position_field("count") == std::to_string(13 + 2 * settled));
  CHECK(results().size() == 13 + 2 * settled);
  CHECK(stock("sock") == std::to_string(1000 - settled));
  (void)at_server({"CONFIG", "SET", "maxmemory", "0"});
  CHECK(run(calls[settled]) == "am");
}

TEST_CASE_FIXTURE(WaitingShop, "a replica refuses up front and settles when it is a primary again") {
  (void)at_server({"REPLICAOF", "127.0.0.1", "1"});
  is_refused("-READONLY ");
  (void)at_server({"REPLICAOF", "NO", "ONE"});
  is_settled_after_all();
}

TEST_CASE_FIXTURE(WaitingShop, "a server that lacks replicas refuses up front") {
  (void)at_server({"CONFIG", "SET", "min-replicas-to-write", "1"});
  is_refused("-NOREPLICAS ");
  (void)at_server({"CONFIG", "SET", "min-replicas-to-write", "0"});
  is_settled_after_all();
}

TEST_CASE_FIXTURE(WaitingShop, "a script that the server lost does nothing until it is loaded again") {
  (void)at_server({"SCRIPT", "FLUSH"});
  is_refused("-NOSCRIPT ");
}

TEST_CASE_FIXTURE(WaitingShop, "a window that is not a time is an error that changes nothing") {
  for (const char* bad : {"", "-1", "00", "1.5", "soon", "99999999999999999999"}) {
    CAPTURE(bad);
    waiting.window = bad;
    is_refused("-ERR key " + record_key("first") + ": ");
  }
  waiting.window = "86400000";
  is_settled_after_all();
}

TEST_CASE_FIXTURE(WaitingShop, "a batch that cannot be settled names its request when it is alone") {
  may_only_read(record_key("last"));
  is_refused("-NOPERM key orders:order:last: ");
  // As the daemon does after a refusal: one by one.
  std::string answers, previous = waiting.previous;
  for (const auto& request : waiting.requests) {
    const Call one{previous, waiting.window, {request}};
    const std::string answer = run(one);
    answers += answer.front();
    if (answer.size() > 1) CHECK_MESSAGE(answer.starts_with("-NOPERM key orders:order:last: "), answer);
    previous = one.last();
  }
  CHECK(answers == "asukrmrdim-");
  CHECK(position_field("id") == "12-0");
}

}  // namespace orderd::test
