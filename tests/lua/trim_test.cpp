// trim.lua: old entries go, but none that a group has yet to read or to settle.
#include <algorithm>

#include "shop.h"
#include "support/seed.h"

namespace orderd::test {
namespace {

constexpr int64_t kHour = 3'600'000;

int64_t now_ms(Shop& shop) {
  const auto time = send(shop.admin(), command_of({"TIME"}));
  return std::stoll(text_of(time->at(0))) * 1000 + std::stoll(text_of(time->at(1))) / 1000;
}

// Trims until nothing is left to trim; how many entries went.
int trim_all(Shop& shop, int64_t retention_ms, int limit = 10000) {
  int removed = 0;
  for (int last = 1; last > 0; removed += last)
    last = std::stoi(shop.trim(shop.orders, retention_ms, limit, shop.group));
  return removed;
}

}  // namespace

// The requests 1-0, 2-0, … are of the year 1970: older than any retention here.

TEST_CASE_FIXTURE(Shop, "settled entries older than the retention go and younger ones stay") {
  for (int i = 0; i < 5; ++i) acknowledge(deliver());
  const int64_t now = now_ms(*this);
  for (const int64_t age : {2 * kHour, kHour + 60000, kHour - 60000, int64_t{0}}) {
    (void)ask(admin(), {"XADD", orders, std::to_string(now - age) + "-0", "order", "x"});
  }
  (void)read();
  for (const auto& id : pending_ids(admin(), orders, group)) acknowledge(id);
  CHECK(trim_all(*this, kHour) == 7);
  CHECK(length(admin(), orders) == 2);
}

TEST_CASE_FIXTURE(Shop, "what a group has not read yet stays whichever group it is") {
  (void)ask(admin(), {"XGROUP", "CREATE", orders, "slow", "0"});
  for (int i = 0; i < 5; ++i) acknowledge(deliver());
  CHECK(trim_all(*this, 1) == 0);
  for (const Entry& entry : read_group(admin(), orders, "slow", "c", ">", 3))
    (void)ask(admin(), {"XACK", orders, "slow", entry.id});
  CHECK(trim_all(*this, 1) == 2);  // the last entry that was read stays, too
  CHECK(entries(admin(), orders).front().id == "3-0");
}

TEST_CASE_FIXTURE(Shop, "what is pending in a group stays whichever group it is") {
  (void)ask(admin(), {"XGROUP", "CREATE", orders, "other", "0"});
  for (int i = 0; i < 6; ++i) (void)push();
  (void)read();
  (void)read_group(admin(), orders, "other", "c");
  for (const std::string id : {"1-0", "2-0", "3-0", "5-0"}) acknowledge(id);
  (void)ask(admin(), {"XACK", orders, "other", "1-0", "2-0", "4-0", "5-0", "6-0"});
  CHECK(trim_all(*this, 1) == 2);  // 4-0 is pending here, 3-0 there
  CHECK(entries(admin(), orders).front().id == "3-0");
  (void)ask(admin(), {"XACK", orders, "other", "3-0"});
  CHECK(trim_all(*this, 1) == 1);
  CHECK(entries(admin(), orders).front().id == "4-0");
}

TEST_CASE_FIXTURE(Shop, "nothing goes without the group that has to be there") {
  for (int i = 0; i < 5; ++i) acknowledge(deliver());
  CHECK(trim(orders, 1, 10000, "another") == "0");
  destroy_group();
  CHECK(trim(orders, 1, 10000, group) == "0");
  CHECK(length(admin(), orders) == 5);
  CHECK(trim(orders, 1) == "5");  // nobody reads it: age alone decides
}

TEST_CASE_FIXTURE(Shop, "a stream that is not there and a retention longer than time itself are nothing to trim") {
  CHECK(trim("nowhere", 1) == "0");
  CHECK_FALSE(exists(admin(), "nowhere"));
  for (int i = 0; i < 5; ++i) acknowledge(deliver());
  CHECK(trim(orders, 9'007'199'254'740'991) == "0");
  CHECK(length(admin(), orders) == 5);
}

TEST_CASE_FIXTURE(Shop, "a key that is no stream is an error") {
  set(admin(), "nonsense", "x");
  CHECK(trim("nonsense", 1).starts_with("-WRONGTYPE "));
}

TEST_CASE_FIXTURE(Shop, "whole nodes go first as many as the limit allows and in the end the result is exact") {
  for (int i = 0; i < 1050; ++i) (void)push();
  (void)read("c", 1050);
  for (const auto& id : pending_ids(admin(), orders, group)) {
    if (id != "1021-0") acknowledge(id);
  }
  CHECK(trim(orders, 1, 300, group) == "300");  // the server keeps 100 entries in a node
  CHECK(trim(orders, 1, 10000, group) == "700");
  CHECK(trim(orders, 1, 10000, group) == "20");
  CHECK(trim(orders, 1, 10000, group) == "0");
  CHECK(entries(admin(), orders).front().id == "1021-0");
  CHECK(length(admin(), orders) == 30);
}

TEST_CASE_FIXTURE(Shop, "trimming compares ids as numbers of 64 bits") {
  std::string before;
  for (const std::string id : {"9-18446744073709551615", "10-0", "10-9", "10-10", "10-18446744073709551615", "11-0"}) {
    (void)ask(admin(), {"XADD", orders, id, "order", "-"});
    CHECK(read() == 1);
    (void)trim_all(*this, 1);
    // `before` is pending, and `id`, just after it, is the last one delivered.
    CHECK(entries(admin(), orders).front().id == (before.empty() ? id : before));
    if (!before.empty()) acknowledge(before);
    before = id;
  }
}

TEST_CASE_FIXTURE(Shop, "random groups lose nothing they need and in the end nothing else is left") {
  Random random(test_seed());
  for (int round = 0; round < 30; ++round) {
    (void)ask(admin(), {"FLUSHALL"});
    (void)ask(admin(), {"CONFIG", "SET", "stream-node-max-entries", std::to_string(random.number(1, 30))});
    create_group();
    std::vector<std::string> ids;
    for (std::size_t i = random.number(1, 200); i > 0; --i) ids.push_back(push());
    std::size_t needed = ids.size();  // index of the first entry that some group needs, or read last
    for (std::size_t g = 0; g < random.number(1, 3); ++g) {
      const std::string name = g == 0 ? group : "group-" + std::to_string(g);
      if (g > 0) (void)ask(admin(), {"XGROUP", "CREATE", orders, name, "0"});
      const std::size_t count = random.number(ids.size() + 1);
      needed = std::min(needed, count == 0 ? 0 : count - 1);
      if (count > 0) (void)read_group(admin(), orders, name, "c", ">", static_cast<int>(count));
      for (std::size_t i = 0; i < count; ++i) {
        if (random.chance(95)) {
          (void)ask(admin(), {"XACK", orders, name, ids[i]});
        } else {
          needed = std::min(needed, i);
        }
      }
    }
    CHECK(trim_all(*this, kHour, static_cast<int>(random.number(30, 100))) == static_cast<int>(needed));
    const auto left = entries(admin(), orders);
    REQUIRE(left.size() == ids.size() - needed);
    CHECK(left.front().id == ids[needed]);
  }
  (void)ask(admin(), {"CONFIG", "SET", "stream-node-max-entries", "100"});
}

TEST_CASE_FIXTURE(Shop, "results behind the position stay whatever their age") {
  const auto trim_results = [&] { return run(lua::trim, {results_stream, position_key}, {"1", "10000", ""}); };
  for (int i = 1; i <= 9; ++i) (void)ask(admin(), {"XADD", results_stream, std::to_string(i) + "-0", "request", "1-0"});
  CHECK(trim_results() == "0");  // no position yet
  (void)ask(admin(), {"HSET", position_key, "settled", "3-0", "results", "4-0"});
  CHECK(trim_results() == "3");
  CHECK(trim_results() == "0");
  CHECK(results().front().id == "4-0");
}

TEST_CASE_FIXTURE(Shop, "out of memory old entries are trimmed all the same") {
  for (int i = 0; i < 5; ++i) acknowledge(deliver());
  CHECK(ask(admin(), {"CONFIG", "SET", "maxmemory", "1"}) == "OK");
  const int removed = trim_all(*this, 1);
  CHECK(ask(admin(), {"CONFIG", "SET", "maxmemory", "0"}) == "OK");
  CHECK(removed == 4);
}

}  // namespace orderd::test
