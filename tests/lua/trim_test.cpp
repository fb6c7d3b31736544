// trim.lua removes old entries in steps, but none that is unsettled or that another group has yet to read.
#include <algorithm>

#include "shop.h"
#include "support/seed.h"

namespace orderd::test {
namespace {

constexpr int64_t kHour = 3'600'000;

class TrimmedShop : public Shop {
 public:
  int64_t now() {
    const auto time = send(admin(), command_of({"TIME"}));
    return std::stoll(text_of(time->at(0))) * 1000 + std::stoll(text_of(time->at(1))) / 1000;
  }
  // As settle.lua leaves it.
  void settled(const std::string& request, const std::string& result = "") {
    (void)at_server({"HSET", position, "id", request, "result", result});
  }
  // Trims until nothing more is due; returns how many entries were removed. Each step except the last removes
  // something, within its limit.
  int trim_all(const std::string& kind, int64_t retention_ms, int limit = 5000, int bound = 5000) {
    int removed = 0;
    while (true) {
      const std::string answer = trim(kind, retention_ms, limit, "orderd");
      const auto space = answer.find(' ');
      REQUIRE_MESSAGE(space != std::string::npos, answer);
      const int step = std::stoi(answer.substr(0, space));
      removed += step;
      CHECK(step <= bound);
      if (answer.substr(space).starts_with(" 0 ")) return removed;
      REQUIRE(step > 0);
    }
  }
  void fill(const std::string& stream, int count, int64_t first_ms = 1) {
    for (int i = 0; i < count; ++i) {
      admin().append(command_of({"XADD", stream, std::to_string(first_ms + i) + "-0", "id", "o"}));
    }
    for (int i = 0; i < count; ++i) REQUIRE(admin().read().ok());
  }
  std::string first(const std::string& stream) {
    const auto found = entries(admin(), stream);
    return found.empty() ? "none" : found.front().id;
  }
};

}  // namespace

// The requests 1-0, 2-0, … are from 1970: older than any retention here.

TEST_CASE_FIXTURE(TrimmedShop,
                  "settled entries older than the retention are removed and younger or unsettled ones stay") {
  fill(orders, 5);
  const int64_t time = now();
  for (const int64_t age : {2 * kHour, kHour + 60000, kHour - 60000, int64_t{0}}) {
    (void)at_server({"XADD", orders, std::to_string(time - age) + "-0", "id", "x"});
  }
  CHECK(trim("orders", kHour) == "0 0 _ _");  // nothing is settled
  settled("3-0");
  CHECK(trim_all("orders", kHour) == 2);
  settled(entries(admin(), orders).back().id);
  CHECK(trim_all("orders", kHour) == 5);
  CHECK(length(admin(), orders) == 2);
}

TEST_CASE_FIXTURE(TrimmedShop, "what the caller does not know to be settled stays wherever the position is") {
  fill(orders, 5);
  settled("5-0");  // moved by hand
  CHECK(trim("orders", 1, 5000, "", "2-0") == "1 0 _ _");
  CHECK(first(orders) == "2-0");
}

TEST_CASE_FIXTURE(TrimmedShop, "the last settled request and its result stay however old") {
  fill(orders, 5);
  fill(results_stream, 5, 11);
  settled("5-0", "14-0");
  CHECK(trim_all("orders", 1) == 4);
  CHECK(trim_all("results", 1) == 3);
  CHECK(first(orders) == "5-0");
  CHECK(first(results_stream) == "14-0");
  (void)at_server({"HSET", position, "result", ""});  // not known
  CHECK(trim_all("results", 1) == 2);
}

TEST_CASE_FIXTURE(TrimmedShop, "what another group has not read or not acknowledged stays") {
  for (const std::string kind : {"orders", "results"}) {
    CAPTURE(kind);
    const std::string stream = kind == "orders" ? orders : results_stream;
    fill(stream, 9);
    settled("9-0", "9-0");
    (void)at_server({"XGROUP", "CREATE", stream, "slow", "0"});
    (void)at_server({"XGROUP", "CREATE", stream, "quick", "$"});
    CHECK(trim(kind, 1) == "0 0 slow 0-0");
    for (const Entry& entry : read_group(admin(), stream, "slow", "c", ">", 5)) {
      if (entry.id != "3-0") (void)at_server({"XACK", stream, "slow", entry.id});
    }
    CHECK(trim_all(kind, 1) == 2);
    CHECK(first(stream) == "3-0");
    (void)at_server({"XACK", stream, "slow", "3-0"});
    CHECK(trim(kind, 1) == "2 0 slow 5-0");
    CHECK(trim(kind, 1) == "0 0 slow 5-0");
    CHECK(first(stream) == "5-0");  // the last entry that was read stays, too
    (void)read_group(admin(), stream, "slow", "c", ">", 3);
    CHECK(trim(kind, 1) == "1 0 slow 6-0");
    (void)at_server({"XACK", stream, "slow", "6-0", "7-0", "8-0"});
    CHECK(trim_all(kind, 1) == 2);
    CHECK(trim(kind, 1) == "0 0 _ _");  // the last one has to stay anyway
    (void)at_server({"XGROUP", "DESTROY", stream, "slow"});
    CHECK(trim_all(kind, 1) == 1);
  }
}

TEST_CASE_FIXTURE(TrimmedShop, "a group that has read everything holds nothing back in an idle stream") {
  fill(orders, 9);
  settled("5-0");
  (void)at_server({"XGROUP", "CREATE", orders, "reader", "4-0"});
  CHECK(trim_all("orders", 1) == 3);
  CHECK(trim("orders", 1) == "0 0 _ _");
}

TEST_CASE_FIXTURE(TrimmedShop, "dead letters are removed by age alone") {
  fill(dead, 5);
  (void)at_server({"XGROUP", "CREATE", dead, "mail", "2-0"});
  CHECK(trim("dead", 1) == "1 0 mail 2-0");
  (void)at_server({"XGROUP", "DESTROY", dead, "mail"});
  (void)at_server({"XADD", dead, std::to_string(now()) + "-0", "id", "o"});
  CHECK(trim_all("dead", kHour) == 4);
  CHECK(length(admin(), dead) == 1);
}

TEST_CASE_FIXTURE(TrimmedShop, "the group that only shows the position holds nothing back") {
  fill(orders, 9);
  settled("9-0");
  (void)at_server({"XGROUP", "CREATE", orders, "orderd", "0"});
  (void)read_group(admin(), orders, "orderd", "c", ">", 2);
  CHECK(trim("orders", 1, 5000, "other") == "0 0 orderd 1-0");
  CHECK(trim_all("orders", 1) == 8);
}

TEST_CASE_FIXTURE(TrimmedShop, "bounded steps remove everything due whatever the size of the nodes") {
  for (const int node : {10, 100, 10000}) {
    CAPTURE(node);
    (void)at_server({"DEL", orders});
    (void)at_server(
        {"CONFIG", "SET", "stream-node-max-entries", std::to_string(node), "stream-node-max-bytes", "10000000"});
    fill(orders, 25000);
    settled("24950-0");
    CHECK(trim_all("orders", 1, 1000, std::max(1000, node)) == 24949);
    CHECK(first(orders) == "24950-0");
    CHECK(trim("orders", 1) == "0 0 _ _");
  }
}

TEST_CASE_FIXTURE(TrimmedShop, "an ID from the future does not stop retention") {
  for (const std::string kind : {"orders", "results"}) {
    CAPTURE(kind);
    const std::string stream = kind == "orders" ? orders : results_stream;
    const std::string future = std::to_string(now() + 1000 * kHour);
    for (int i = 0; i < 10; ++i) (void)at_server({"XADD", stream, future + "-" + std::to_string(i), "id", "o"});
    settled(future + "-5", future + "-5");
    CHECK(trim_all(kind, kHour) == 0);
    // An hour passes.
    const auto hour_passes = [&] {
      const std::string seen = position_field(kind + "_seen");
      (void)at_server({"HSET", position, kind + "_seen", std::to_string(std::stoll(seen) - kHour)});
    };
    const bool of_orders = kind == "orders";
    const std::string newest = of_orders ? "-5" : "-9";
    CHECK(position_field(kind + "_mark") == future + newest);
    settled(future + "-7", future + "-7");
    hour_passes();
    CHECK(trim_all(kind, kHour) == (of_orders ? 5 : 7));
    CHECK(position_field(kind + "_old") == future + newest);
    settled(future + "-9", future + "-9");
    CHECK(trim_all(kind, kHour) == (of_orders ? 0 : 2));
    for (int hours = 0; hours < 2; ++hours) {
      hour_passes();
      CHECK(trim_all(kind, kHour) == (of_orders ? 2 : 0));
    }
    CHECK(length(admin(), stream) == 1);
  }
}

TEST_CASE_FIXTURE(TrimmedShop, "the mark of a stream is dropped when the position is behind it") {
  const int64_t time = now();
  fill(orders, 10, time);
  settled(std::to_string(time + 9) + "-0");
  const std::string far = std::to_string(time + 1000 * kHour) + "-0";
  (void)at_server({"HSET", position, "orders_mark", far, "orders_seen", std::to_string(time - 1), "orders_old", far});
  CHECK(trim_all("orders", kHour) == 0);
  CHECK(position_field("orders_old") == "0-0");
  CHECK(position_field("orders_mark") == std::to_string(time + 9) + "-0");
}

TEST_CASE_FIXTURE(TrimmedShop, "trimming survives a mark damaged by hand and a clock that jumps back") {
  fill(orders, 5);
  settled("5-0");
  for (const std::string value : {"", "x", "99", "-1", "99999999999999999999999-0", "18446744073709551615-0"}) {
    CAPTURE(value);
    (void)at_server({"HSET", position, "orders_mark", value, "orders_seen", value, "orders_old", value});
    CHECK(trim_all("orders", now() + kHour) == 0);
  }
  (void)at_server({"HSET", position, "orders_seen", "99999999999999"});
  CHECK(trim_all("orders", kHour) == 4);
  CHECK(std::stoll(position_field("orders_seen")) <= now());
}

TEST_CASE_FIXTURE(TrimmedShop, "missing keys are nothing to trim and none is created") {
  for (const char* kind : {"orders", "results"}) CHECK(unchanged([&] { return trim(kind, 1); }) == "0 0 _ _");
  fill(orders, 3);
  fill(results_stream, 3);
  (void)at_server({"DEL", position});
  for (const char* kind : {"orders", "results"}) CHECK(unchanged([&] { return trim(kind, 1); }) == "0 0 _ _");
  settled("3-0", "3-0");
  (void)at_server({"XTRIM", orders, "MAXLEN", "0"});
  for (const int64_t retention_ms : {int64_t{1}, int64_t{9'007'199'254'740'991}})
    CHECK(trim("orders", retention_ms) == "0 0 _ _");
}

TEST_CASE_FIXTURE(TrimmedShop, "trimming compares IDs as 64-bit numbers") {
  std::string before;
  for (const std::string id : {"9-18446744073709551615", "10-0", "10-9", "10-10", "10-18446744073709551615", "11-0"}) {
    (void)at_server({"XADD", orders, id, "id", "-"});
    settled(id);
    CHECK(trim_all("orders", 1) == (before.empty() ? 0 : 1));
    CHECK(first(orders) == id);
    before = id;
  }
}

TEST_CASE_FIXTURE(TrimmedShop, "a refusal is named with its key and trimming works out of memory") {
  fill(orders, 5);
  settled("5-0");
  (void)at_server({"XGROUP", "CREATE", orders, "other", "0"});
  (void)read_group(admin(), orders, "other", "c", ">", 5);
  refuses({without("xinfo", orders), without("hmget", position), without("hset", position), without("xpending", orders),
           without("xtrim", orders)},
          [this] {
            const std::string answer = trim("orders", 1);
            (void)at_server({"HDEL", position, "orders_mark", "orders_seen", "orders_old"});
            return answer;
          });
  (void)at_server({"XGROUP", "DESTROY", orders, "other"});
  (void)at_server({"CONFIG", "SET", "maxmemory", "1"});
  CHECK(trim("orders", 1) == "4 0 _ _");
  (void)at_server({"CONFIG", "SET", "maxmemory", "0"});
  (void)at_server({"SET", results_stream, "x"});
  CHECK(trim("results", 1).starts_with("-WRONGTYPE key results: "));
  (void)at_server({"SET", position, "x"});
  CHECK(trim("orders", 1).starts_with("-WRONGTYPE key orders:position: "));
}

TEST_CASE_FIXTURE(TrimmedShop, "random groups lose nothing they need and nothing else is left in the end") {
  Random random(test_seed());
  for (int round = 0; round < 40; ++round) {
    (void)at_server({"FLUSHALL"});
    (void)at_server({"CONFIG", "SET", "stream-node-max-entries", std::to_string(random.number(1, 30))});
    const std::size_t count = random.number(1, 200);
    fill(orders, static_cast<int>(count));
    std::size_t needed = random.number(count);  // index of the first entry that a group needs, or read last
    settled(std::to_string(needed + 1) + "-0");
    for (std::size_t g = random.number(3); g > 0; --g) {
      const std::string name = "group-" + std::to_string(g);
      (void)at_server({"XGROUP", "CREATE", orders, name, "0"});
      const std::size_t read = random.number(count + 1);
      needed = std::min(needed, read == 0 ? 0 : read - 1);
      if (read > 0) (void)read_group(admin(), orders, name, "c", ">", static_cast<int>(read));
      for (std::size_t i = 0; i < read; ++i) {
        if (random.chance(98)) {
          (void)at_server({"XACK", orders, name, std::to_string(i + 1) + "-0"});
        } else {
          needed = std::min(needed, i);
        }
      }
    }
    CHECK(trim_all("orders", kHour, static_cast<int>(random.number(1, 100))) == static_cast<int>(needed));
    const auto left = entries(admin(), orders);
    REQUIRE(left.size() == count - needed);
    CHECK(left.front().id == std::to_string(needed + 1) + "-0");
  }
}

}  // namespace orderd::test
