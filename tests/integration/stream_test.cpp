// The orders stream itself is renamed, restored from a dump, deleted, recreated, or its entries are deleted.
#include "integration/sale.h"

namespace orderd::test {
namespace {

using namespace std::chrono_literals;

struct Store : Sale {
  void order(const std::string& entry, const std::string& id) {
    CHECK(ask(client(), {"XADD", "orders", entry, "id", id, "sku", "shoe", "quantity", "1"}) == entry);
  }
  // Orders PREFIX-1 to PREFIX-COUNT, with the same numbers in their entries' IDs.
  void orders(const std::string& ms, int count, const std::string& prefix) {
    for (int i = 1; i <= count; ++i) order(ms + "-" + std::to_string(i), prefix + "-" + std::to_string(i));
  }
  void wait_for_length(std::size_t results) { test::wait_for_length(client(), "results", results); }
  [[nodiscard]] std::string shoes() { return get(client(), "product:shoe:stock").value_or(""); }
};

}  // namespace

TEST_CASE_FIXTURE(ServedSale, "a stream that is renamed and renamed back is served as before") {
  for (int times = 0; times < 4; ++times) {
    produce();
    wait_for_results(random.number(1, 900));
    stop_producing();
    if (times % 2 == 0) settle();
    CHECK(ask(client(), {"RENAME", "orders", "away"}) == "OK");
    // A daemon reads the stream's groups once a second.
    const auto looks = [&] { return info_number(client(), "commandstats", "cmdstat_xinfo|groups:calls="); };
    const int64_t before = looks();
    if (times % 2 == 0) wait_for([&] { return looks() > before + 2; }, 20s, "the daemon to look for the stream");
    CHECK(ask(client(), {"RENAME", "away", "orders"}) == "OK");
  }
  produce();
  close_books(300);
}

TEST_CASE_FIXTURE(ServedSale, "nothing of a stream restored from an older dump is answered twice") {
  produce();
  for (int times = 0; times < 4; ++times) {
    wait_for_results(random.number(200, 600));
    const std::string dump = ask(client(), {"DUMP", "orders"});
    wait_for_results(random.number(1, 600));
    CHECK(ask(client(), {"RESTORE", "orders", "0", dump, "REPLACE"}) == "OK");
    if (times % 2 == 1) wait_for_results(100);
  }
  close_books(300);
  // And while no daemon runs.
  const std::string dump = ask(client(), {"DUMP", "orders"});
  sell(300);
  stop();
  const std::size_t before = results();
  CHECK(ask(client(), {"RESTORE", "orders", "0", dump, "REPLACE"}) == "OK");
  start();
  wait_to_say(*only, "ends before the position");
  CHECK(results() == before);
  produce();
  close_books(300);
}

TEST_CASE_FIXTURE(SharedSale, "deleting a stream loses only the waiting requests") {
  disturb(5, 1000, [&](int) { ask_number(client(), {"DEL", "orders"}); });
}

TEST_CASE_FIXTURE(Store, "a stream recreated with smaller IDs is served from its first entry") {
  start();
  orders("9000", 20, "high");
  wait_for_length(20);
  // With smaller IDs.
  ask_number(client(), {"DEL", "orders"});
  orders("5", 20, "low");
  wait_for_length(40);
  wait_to_say(*only, "was recreated with smaller IDs than 9000-20");
  // With the same IDs and other orders.
  ask_number(client(), {"DEL", "orders"});
  orders("5", 10, "again");
  wait_for_length(50);
  CHECK(shoes() == "999950");
  stop();
  // While no daemon runs.
  ask_number(client(), {"DEL", "orders"});
  orders("2", 5, "last");
  start();
  wait_for_length(55);
  CHECK(shoes() == "999945");
}

TEST_CASE_FIXTURE(Store, "the requests of a stream that comes back are settled each time") {
  start();
  order("1-1", "first");
  wait_for_length(1);
  std::size_t results = 1;
  for (int times = 1; times <= 4; ++times) {
    CAPTURE(times);
    const std::string ms = std::to_string(10 * times);
    // In one step, so that the daemon cannot have read it.
    (void)send(client(), command_of({"EVAL", R"(
        server.call('XADD', 'orders', ARGV[1] .. '-1', 'id', 'waited-' .. ARGV[1], 'sku', 'shoe', 'quantity', '1')
        server.call('RENAME', 'orders', 'away'))",
                                     "0", ms}));
    const int between = times > 2 ? 2 : 1;  // at first as many as were waiting: only the IDs differ
    for (int i = 0; i < between; ++i)
      order(ms + "-" + std::to_string(2 + i), "between-" + ms + "-" + std::to_string(i));
    wait_for_length(results += between);
    CHECK(ask(client(), {"RENAME", "away", "orders"}) == "OK");
    wait_for_length(results += 1);
  }
  CHECK(shoes() == "999989");
}

TEST_CASE_FIXTURE(Store, "entries deleted before they were settled are counted and reported") {
  start();
  orders("1", 10, "o");
  wait_for_length(10);
  stop();
  // From the middle, with others left.
  orders("2", 10, "p");
  CHECK(ask_number(client(), {"XDEL", "orders", "2-1", "2-4", "2-10"}) == 3);
  start();
  wait_for_length(17);
  wait_to_say(*only, "3 entries of 'orders' were deleted before they were settled");
  stop();
  // All that there were.
  orders("3", 4, "q");
  ask_number(client(), {"XTRIM", "orders", "MAXLEN", "0"});
  start();
  wait_to_say(*only, "4 entries of 'orders' were deleted before they were settled");
  CHECK(ask(client(), {"HGET", "orders:position", "deleted"}) == "7");
  order("4-1", "r");
  wait_for_length(18);
}

TEST_CASE_FIXTURE(ServedSale, "settled entries can be deleted at any time") {
  disturb(8, 600, [&](int times) {
    const auto results = entries(client(), "results");
    for (std::size_t i = 0; i < 20; ++i) {
      ask_number(client(), {"XDEL", "orders", results[random.number(results.size())].field("request")});
    }
    if (times % 2 == 0) ask_number(client(), {"XTRIM", "orders", "MINID", position()});
  });
  CHECK(ask(client(), {"HGET", "orders:position", "deleted"}).empty());
}

}  // namespace orderd::test
