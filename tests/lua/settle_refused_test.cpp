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
  }
  void is_refused(const std::vector<Refusal>& refusals) {
    refuses(refusals, [this] { return run(waiting); });
  }
  void is_settled_after_all() {
    CHECK(run(waiting) == "asukrmrdima");
    CHECK(stock("shoe") + " " + stock("hat") + " " + stock("sock") == "94 5 0");
    CHECK(results().size() == 13);
  }
  // The daemon has all rights to all keys of the call, except to this one: "%R~" it can only be read, "%W~" only be
  // written, "" not even that.
  [[nodiscard]] Refusal limited(const std::string& key, const std::string& right) const {
    Words rules = {"resetkeys", "(+evalsha ~*)"};
    for (const std::string& other : keys_of(waiting)) {
      if (other != key) rules.push_back("~" + other);
    }
    if (!right.empty()) rules.push_back(right + key);
    return denied(rules, "-NOPERM key " + key + ": ");
  }
  // The command is allowed on all keys of the call, except on this one.
  [[nodiscard]] Refusal without_for(const std::string& command, const std::string& key) const {
    std::string others = "(+" + command;
    for (const std::string& other : keys_of(waiting)) {
      if (other != key) others += " ~" + other;
    }
    return denied({"-" + command, others + ")"}, "-NOPERM key " + key + ": this user has no right to ");
  }

  Call waiting;
};

}  // namespace

TEST_CASE_FIXTURE(WaitingShop, "each missing right is named with its key and nothing changes") {
  is_refused({without("hmget", position), without("mget", record_key("first")), without("exists", stock_key("glove")),
              without("xadd", results_stream), without("xdel", results_stream), without("hset", position),
              without("set", record_key("first")), without("del", record_key("first")),
              without("decrby", stock_key("shoe"))});
  is_settled_after_all();
}

TEST_CASE_FIXTURE(WaitingShop, "each read-only or unreadable key is named wherever it is in the batch") {
  std::vector<Refusal> rows;
  for (const std::string& key : {position, results_stream, dead}) rows.push_back(limited(key, "%R~"));
  for (const char* id : {"first", "few", "unknown", "bad", "last"}) rows.push_back(limited(record_key(id), "%R~"));
  for (const char* sku : {"shoe", "hat", "sock"}) rows.push_back(limited(stock_key(sku), "%R~"));
  for (const std::string& key : {position, record_key("first"), record_key("list"), record_key("last"),
                                 stock_key("shoe"), stock_key("glove"), stock_key("sock")}) {
    rows.push_back(limited(key, "%W~"));
  }
  is_refused(rows);
  is_settled_after_all();
}

TEST_CASE_FIXTURE(WaitingShop, "a right to undo that is missing for a single key is found before the first write") {
  is_refused({without_for("xdel", results_stream), without_for("xdel", dead), without_for("del", record_key("first")),
              without_for("del", record_key("known")), without_for("del", record_key("last"))});
  is_settled_after_all();
}

TEST_CASE_FIXTURE(WaitingShop, "EVALSHA without rights to some of the keys is refused up front") {
  for (const std::string& key : {position, results_stream, dead, record_key("last"), stock_key("sock")}) {
    Refusal refusal = limited(key, "");
    std::erase(refusal.done, "(+evalsha ~*)");
    is_refused({{refusal.done, "-NOPERM "}});
  }
  is_settled_after_all();
}

TEST_CASE_FIXTURE(WaitingShop, "a user with only the necessary rights settles everything") {
  acl({"-@all", "resetkeys", "+evalsha", "~orders:position", "~results", "~orders:dead", "~orders:order:*",
       "~product:*:stock", "+hmget", "+mget", "+exists", "(~results ~orders:dead +xadd +xdel)",
       "(~product:*:stock +decrby)", "(~orders:order:* +set +del)", "(~orders:position +hset)"});
  is_settled_after_all();
}

TEST_CASE_FIXTURE(WaitingShop, "a key that cannot be written and a server that accepts no writes are named") {
  is_refused({wrong_type(position),
              wrong_type(results_stream),
              wrong_type(dead),
              exhausted(results_stream),
              exhausted(dead),
              kOutOfMemory,
              kReplica,
              {{"CONFIG", "SET", "min-replicas-to-write", "1"}, "-NOREPLICAS "}});
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

TEST_CASE_FIXTURE(WaitingShop,
                  "a stream that uses up its last ID in the middle of a batch is named, and all is undone") {
  Refusal used_up = exhausted(results_stream);
  (void)at_server({"DEL", results_stream});
  for (unsigned free = 1; free < 11; ++free) {
    used_up.done[2] = "18446744073709551615-" + std::to_string(18446744073709551615U - free);
    is_refused({used_up});
  }
}

TEST_CASE_FIXTURE(WaitingShop, "a call that fills the server's memory is finished") {
  std::vector<Call> calls;
  for (int i = 0; i < 300; ++i) {
    calls.push_back(call({Order{.id = "o-" + std::to_string(i), .lines = {{"sock", "1"}}},
                          Malformed{.raw = Words(20, std::string(500, 'x'))}}));
    calls.back().previous = i == 0 ? waiting.last() : calls[calls.size() - 2].last();
  }
  CHECK(run(waiting) == "asukrmrdima");
  stock("sock", "1000");
  const std::string used = at_server({"INFO", "memory"});
  const auto bytes = std::stoull(used.substr(used.find("used_memory:") + 12));
  (void)at_server({"CONFIG", "SET", "maxmemory", std::to_string(bytes + 500000)});
  std::size_t settled = 0;
  std::string answer;
  while (settled < calls.size() && (answer = run(calls[settled])) == "am") ++settled;
  CHECK(answer == Begins{"-OOM "});
  CHECK(settled > 0);
  CHECK(settled < calls.size());
  CHECK(position_field("count") == std::to_string(13 + 2 * settled));
  CHECK(results().size() == 13 + 2 * settled);
  CHECK(stock("sock") == std::to_string(1000 - settled));
  (void)at_server({"CONFIG", "SET", "maxmemory", "0"});
  CHECK(run(calls[settled]) == "am");
}

TEST_CASE_FIXTURE(WaitingShop, "a script that the server lost does nothing until it is loaded again") {
  is_refused({{{"SCRIPT", "FLUSH"}, "-NOSCRIPT "}});
}

TEST_CASE_FIXTURE(WaitingShop, "a window that is not a time is an error that changes nothing") {
  for (const char* bad : {"", "-1", "00", "1.5", "soon", "99999999999999999999"}) {
    waiting.window = bad;
    is_refused({{{"ECHO", bad}, "-ERR key " + record_key("first") + ": "}});
  }
  waiting.window = window;
  is_settled_after_all();
}

TEST_CASE_FIXTURE(WaitingShop, "a batch that cannot be settled names its request when it is alone") {
  (void)at_server(limited(record_key("last"), "%R~").done);
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
