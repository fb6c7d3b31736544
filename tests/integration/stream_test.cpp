// The orders stream itself is recreated or renamed, or its entries are deleted. tools/chaos does this under load.
#include "integration/sale.h"

namespace orderd::test {
namespace {

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
  for (const int between : {1, 2}) {  // at first as many as were waiting: only the IDs differ
    CAPTURE(between);
    const std::string ms = std::to_string(10 * between);
    // In one step, so that the daemon cannot have read it.
    (void)send(client(), command_of({"EVAL", R"(
        server.call('XADD', 'orders', ARGV[1] .. '-1', 'id', 'waited-' .. ARGV[1], 'sku', 'shoe', 'quantity', '1')
        server.call('RENAME', 'orders', 'away'))",
                                     "0", ms}));
    for (int i = 0; i < between; ++i)
      order(ms + "-" + std::to_string(2 + i), "between-" + ms + "-" + std::to_string(i));
    wait_for_length(results += between);
    CHECK(ask(client(), {"RENAME", "away", "orders"}) == "OK");
    wait_for_length(results += 1);
  }
  CHECK(shoes() == "999994");
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

}  // namespace orderd::test
