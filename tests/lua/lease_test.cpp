// lease.lua: which daemon is active. Two daemons here, "one" and "two"; each process has a token.
#include "shop.h"
#include "support/wait_for.h"

namespace orderd::test {
namespace {

class LeasedShop : public Shop {
 public:
  int64_t ms_left() { return ask_number(admin(), {"PTTL", owner}); }
  std::string who() { return get(admin(), owner).value_or("nobody"); }
  std::string standing_by() { return text_of(send(admin(), command_of({"ZRANGE", standby, "0", "-1"})).view()); }
  // "active <since> <now>" without the current time.
  std::string active(const std::string& name, const std::string& token, const std::string& state,
                     const std::string& ms = "60000") {
    const std::string answer = lease(name, token, state, ms);
    CHECK(answer == Begins{"active "});
    return answer.substr(0, answer.rfind(' '));
  }
  void is_standby(const std::string& answer, const std::string& of) {
    CHECK(answer == Begins{"standby " + of + " "});
    const auto left = std::stoll(answer.substr(9 + of.size()));
    CHECK(left > 0);
    CHECK(left <= 60000);
  }
};

// "one" is active.
class OwnedShop : public LeasedShop {
 public:
  OwnedShop() { CHECK(lease("one", "1a", "fresh").starts_with("active ")); }
};

}  // namespace

TEST_CASE_FIXTURE(LeasedShop, "the first to ask is active and the others are listed as standbys") {
  const std::string taken = lease("one", "1a", "fresh");
  CHECK(taken.starts_with("active 1"));
  const std::string since = taken.substr(7, taken.rfind(' ') - 7);
  CHECK(since == taken.substr(taken.rfind(' ') + 1));  // just now
  CHECK(who() == "one 1a " + since + " 60000");
  is_standby(lease("two", "2b", "fresh"), "one");
  is_standby(lease("a third one", "3c", "fresh"), "one");
  for (const char* name : {"two", "a third one"}) CHECK(!at_server({"ZSCORE", standby, name}).empty());
  CHECK(ask_number(admin(), {"ZCARD", standby}) == 2);
}

TEST_CASE_FIXTURE(LeasedShop, "the active daemon renews its lease and stays active since the same time") {
  const std::string taken = active("one", "1a", "fresh");
  (void)at_server({"PEXPIRE", owner, "5000"});
  CHECK(active("one", "1a", "active") == taken);
  CHECK(ms_left() > 50000);
  CHECK(active("one", "1a", "active", "10000") == taken);
  CHECK(ms_left() <= 10000);
}

TEST_CASE_FIXTURE(OwnedShop, "an expired or released lease is taken by the next to ask") {
  SUBCASE("ended") {
    CHECK(lease("one", "1a", "active", "1").starts_with("active "));
    wait_for([&] { return who() == "nobody"; }, std::chrono::seconds(5), "the end of the lease");
  }
  SUBCASE("given back") {
    is_standby(lease("two", "2b", "fresh"), "one");
    CHECK(lease("one", "1a", "release") == "released");
  }
  SUBCASE("deleted by hand") {
    (void)at_server({"DEL", owner});
  }
  CHECK(lease("two", "2b", "standby").starts_with("active "));
  CHECK(who().starts_with("two 2b "));
  CHECK(standing_by().empty());
  is_standby(lease("one", "1a", "active"), "two");
  CHECK(standing_by() == "one");
}

TEST_CASE_FIXTURE(OwnedShop, "releasing the lease of another daemon only leaves the list of standbys") {
  is_standby(lease("two", "2b", "fresh"), "one");
  CHECK(lease("two", "2b", "release") == "released");
  CHECK(lease("one", "9f", "release") == "released");
  CHECK(who().starts_with("one 1a "));
  CHECK(standing_by().empty());
  CHECK(lease("one", "1a", "release") == "released");
  CHECK(lease("one", "1a", "release") == "released");
  CHECK(who() == "nobody");
}

TEST_CASE_FIXTURE(OwnedShop, "a restarted daemon takes its own lease at once and its old process sees a namesake") {
  is_standby(lease("two", "2b", "fresh"), "one");
  CHECK(lease("one", "9f", "fresh").starts_with("active "));
  CHECK(who().starts_with("one 9f "));
  for (const char* state : {"active", "standby"}) CHECK(lease("one", "1a", state).starts_with("namesake one "));
  CHECK(standing_by() == "two");
  CHECK(who().starts_with("one 9f "));
  (void)at_server({"DEL", owner});
  CHECK(lease("one", "1a", "standby").starts_with("active "));
}

TEST_CASE_FIXTURE(LeasedShop, "names may contain spaces and text that looks like a token") {
  const std::string name = "the shop at 1a 22";
  CHECK(lease(name, "1a", "fresh").starts_with("active "));
  CHECK(lease(name, "1a", "active").starts_with("active "));
  is_standby(lease("two", "2b", "fresh"), name);
  CHECK(lease(name, "2b", "active").starts_with("namesake " + name + " "));
  CHECK(lease(name, "1a", "release") == "released");
  CHECK(who() == "nobody");
}

TEST_CASE_FIXTURE(LeasedShop,
                  "an owner written by hand is respected for at most one lease unless the key expires by itself") {
  for (const std::string by_hand : {"somebody", "", "two words", "one 1a"}) {
    CAPTURE(by_hand);
    (void)at_server({"SET", owner, by_hand});
    CHECK(lease("one", "1a", "fresh") == "standby " + (by_hand.empty() ? "_" : by_hand) + " 60000 _");
    CHECK(ms_left() > 50000);
    CHECK(who() == by_hand);
  }
  (void)at_server({"SET", owner, "two words 01 1 3600000"});  // as if given for an hour, but without an expiry
  CHECK(lease("one", "1a", "fresh") == "standby two words 60000 _");
  CHECK(ms_left() <= 60000);
  (void)at_server({"SET", owner, "somebody", "PX", "1000000"});
  CHECK(lease("one", "1a", "fresh").starts_with("standby somebody "));
  CHECK(ms_left() > 900000);
  (void)at_server({"SET", owner, "one"});
  CHECK(lease("one", "1a", "standby") == "namesake one 60000 _");
  CHECK(lease("one", "1a", "fresh").starts_with("active "));
  CHECK(who().starts_with("one 1a "));
}

TEST_CASE_FIXTURE(LeasedShop,
                  "a lease granted while the server's clock was ahead lasts no longer than its owner requested") {
  CHECK(lease("one", "1a", "fresh", "20000").starts_with("active "));
  (void)at_server({"PEXPIRE", owner, "3600000"});  // as if the clock had jumped back by an hour
  CHECK(lease("two", "2b", "standby") == "standby one 20000 0-0 0");
  CHECK(ms_left() <= 20000);
  CHECK(lease("two", "2b", "standby", "1000").starts_with("standby one "));
  CHECK(ms_left() > 10000);  // the lease of the caller does not matter
  CHECK(lease("one", "1a", "active", "20000").starts_with("active "));
}

TEST_CASE_FIXTURE(OwnedShop, "the list of standbys is refreshed rarely and drops daemons not seen for long") {
  (void)at_server({"ZADD", standby, "1", "long gone"});
  is_standby(lease("two", "2b", "fresh"), "one");
  CHECK(standing_by() == "two");
  const std::string seen = at_server({"ZSCORE", standby, "two"});
  (void)at_server({"ZADD", standby, std::to_string(std::stoll(seen) - 10000), "two"});
  is_standby(lease("two", "2b", "standby"), "one");
  CHECK(std::stoll(at_server({"ZSCORE", standby, "two"})) == std::stoll(seen) - 10000);  // a third of the lease: 20 s
  for (const char* score : {"1", "99999999999999", "inf"}) {
    (void)at_server({"ZADD", standby, score, "two"});
    is_standby(lease("two", "2b", "standby"), "one");
    CHECK(at_server({"ZSCORE", standby, "two"}).starts_with(seen.substr(0, 6)));
  }
}

TEST_CASE_FIXTURE(LeasedShop, "keys of the wrong type are named") {
  (void)at_server({"LPUSH", owner, "x"});
  for (const char* state : {"fresh", "active", "standby", "release"}) {
    CHECK(lease("one", "1a", state).starts_with("-WRONGTYPE key orders:owner: "));
  }
  (void)at_server({"DEL", owner});
  (void)at_server({"SET", standby, "x"});
  CHECK(lease("one", "1a", "fresh").starts_with("-WRONGTYPE key orders:standby: "));
  CHECK(lease("one", "1a", "active").starts_with("active "));  // the lease itself was granted
  CHECK(lease("two", "2b", "fresh").starts_with("-WRONGTYPE key orders:standby: "));
  CHECK(lease("one", "1a", "release").starts_with("-WRONGTYPE key orders:standby: "));
  CHECK(who() == "nobody");
  CHECK(lease("one", "1a", "fresh", "0").starts_with("-ERR key orders:owner: invalid expire time"));
}

TEST_CASE_FIXTURE(OwnedShop, "a lease that is handed over is reserved for the next daemon for a second") {
  is_standby(lease("two", "2b", "fresh"), "one");
  is_standby(lease("three", "3c", "fresh"), "one");
  CHECK(lease("two", "2b", "release", "60000", "three") == "released");  // not two's to give
  CHECK(who().starts_with("one 1a "));
  CHECK(lease("one", "1a", "release", "60000", "three") == "released");
  CHECK(ms_left() <= 1000);
  for (const char* other : {"two", "one"}) is_standby(lease(other, "1a", "standby"), "three");
  CHECK(lease("three", "3c", "standby").starts_with("active "));
  CHECK(who().starts_with("three 3c "));
  CHECK(ms_left() > 50000);
  CHECK(lease("three", "3c", "release", "60000", "nobody there") == "released");
  wait_for([&] { return who() == "nobody"; }, std::chrono::seconds(5), "the end of the second");
  CHECK(lease("two", "2b", "standby").starts_with("active "));
}

TEST_CASE_FIXTURE(OwnedShop, "the previously active daemon learns where the next one began") {
  stock("shoe", "100");
  CHECK(settle({Order{}, Order{.id = "o-2"}}) == "aa");
  (void)at_server({"DEL", owner});
  CHECK(lease("two", "2b", "fresh").starts_with("active "));
  CHECK(settle({Order{.id = "o-3"}}) == "a");
  CHECK(lease("one", "1a", "active").ends_with(" 2-0 2"));
  CHECK(lease("two", "2b", "active").starts_with("active "));
  CHECK(lease("one", "1a", "standby").ends_with(" 2-0 2"));
  // Not if the owner's key is reserved for another daemon, or written by hand.
  CHECK(lease("two", "2b", "release", "60000", "three") == "released");
  CHECK(lease("one", "1a", "standby").ends_with(" _"));
  (void)at_server({"DEL", owner, position});
  CHECK(lease("three", "3c", "fresh").starts_with("active "));
  CHECK(at_server({"EXISTS", position}) == "0");
}

TEST_CASE_FIXTURE(OwnedShop, "the active daemon gets the list of standbys if it asks for it") {
  is_standby(lease("two", "2b", "fresh"), "one");
  is_standby(lease("the third one", "3c", "fresh"), "one");
  (void)at_server({"ZADD", standby, "1", "long gone"});
  const std::string answer = lease("one", "1a", "active", "60000", "share");
  CHECK(answer.find(" the third one") != std::string::npos);
  CHECK(answer.find(" two") != std::string::npos);
  CHECK(answer.find("long gone") == std::string::npos);
  CHECK(lease("one", "1a", "active").find("two") == std::string::npos);
}

TEST_CASE_FIXTURE(LeasedShop, "each missing right is named with its key") {
  const auto refused = [&](const std::string& command, const std::string& key, const std::string& name,
                           const std::string& state, const std::string& extra = "") {
    CAPTURE(command);
    acl({"-" + command});
    CHECK(lease(name, "1a", state, "60000", extra) == Begins{"-NOPERM key " + key + ": "});
    allow_everything();
  };
  refused("get", owner, "one", "fresh");
  refused("set", owner, "one", "fresh");
  refused("zrem", standby, "one", "fresh");
  CHECK(lease("one", "1a", "active").starts_with("active "));
  refused("set", owner, "one", "active");
  refused("zrange", standby, "one", "active", "share");
  refused("pttl", owner, "two", "fresh");
  refused("zscore", standby, "two", "fresh");
  refused("zadd", standby, "two", "fresh");
  refused("zremrangebyscore", standby, "three", "fresh");
  refused("del", owner, "one", "release");
  CHECK(lease("one", "1a", "release") == "released");
  (void)at_server({"SET", owner, "x"});
  refused("pexpire", owner, "two", "fresh");
}

TEST_CASE_FIXTURE(LeasedShop, "the lease is kept and taken even out of memory and a replica refuses") {
  (void)at_server({"CONFIG", "SET", "maxmemory", "1"});
  CHECK(lease("one", "1a", "fresh").starts_with("active "));
  CHECK(lease("one", "1a", "active").starts_with("active "));
  is_standby(lease("two", "2b", "fresh"), "one");
  CHECK(lease("one", "1a", "release") == "released");
  (void)at_server({"CONFIG", "SET", "maxmemory", "0"});
  refuses({kReplica}, [this] { return lease("one", "1a", "fresh"); });
}

}  // namespace orderd::test
