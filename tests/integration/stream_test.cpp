// The orders stream itself is renamed, restored from a dump, deleted, recreated, or its entries are deleted.
#include <doctest/doctest.h>

#include "integration/sale.h"
#include "support/wait_for.h"

using namespace orderd::test;
using namespace std::chrono_literals;

namespace {

// How often the stream's groups were read: a daemon does so once a second.
int64_t looks(Sale& sale) {
  const std::string stats = ask(sale.client(), {"INFO", "commandstats"});
  const std::string name = "cmdstat_xinfo|groups:calls=";
  const std::size_t at = stats.find(name);
  return at == std::string::npos ? 0 : std::stoll(stats.substr(at + name.size()));
}

struct Store {
  Sale sale{test_seed()};
  std::unique_ptr<Process> daemon;

  void start() { daemon = sale.daemon("only"); }
  void order(const std::string& entry, const std::string& id) {
    CHECK(ask(sale.client(), {"XADD", "orders", entry, "id", id, "sku", "shoe", "quantity", "1"}) == entry);
  }
  // Orders PREFIX-1 to PREFIX-COUNT, with the same numbers in their entries' IDs.
  void orders(const std::string& ms, int count, const std::string& prefix) {
    for (int i = 1; i <= count; ++i) order(ms + "-" + std::to_string(i), prefix + "-" + std::to_string(i));
  }
  void wait_for_results(std::size_t count) { wait_for_length(sale.client(), "results", count); }
  [[nodiscard]] std::string shoes() { return get(sale.client(), "product:shoe:stock").value_or(""); }
};

}  // namespace

TEST_CASE("requests pushed before the first start are served from the first one") {
  Store store;
  store.orders("1", 300, "o");
  store.start();
  store.wait_for_results(300);
  store.sale.check_books(300);
  end(*store.daemon);
}

TEST_CASE_FIXTURE(ServedSale, "a stream that is renamed and renamed back is served as before") {
  for (int times = 0; times < 4; ++times) {
    sale.produce();
    sale.wait_for_results(sale.random.number(1, 900));
    sale.stop_producing();
    if (times % 2 == 0) sale.settle();
    CHECK(ask(sale.client(), {"RENAME", "orders", "away"}) == "OK");
    const int64_t before = looks(sale);
    if (times % 2 == 0) wait_for([&] { return looks(sale) > before + 2; }, 20s, "the daemon to look for the stream");
    CHECK(ask(sale.client(), {"RENAME", "away", "orders"}) == "OK");
  }
  sale.produce();
  sale.close_books(300);
}

TEST_CASE_FIXTURE(ServedSale, "nothing of a stream restored from an older dump is answered twice") {
  sale.produce();
  for (int times = 0; times < 4; ++times) {
    sale.wait_for_results(sale.random.number(200, 600));
    const std::string dump = ask(sale.client(), {"DUMP", "orders"});
    sale.wait_for_results(sale.random.number(1, 600));
    CHECK(ask(sale.client(), {"RESTORE", "orders", "0", dump, "REPLACE"}) == "OK");
    if (times % 2 == 1) sale.wait_for_results(100);
  }
  sale.close_books(300);
  end(*daemon);
  // And while no daemon runs.
  const std::string dump = ask(sale.client(), {"DUMP", "orders"});
  daemon = sale.daemon("only");
  sale.sell(300);
  end(*daemon);
  const std::size_t results = sale.results();
  ask_number(sale.client(), {"DEL", "orders"});
  CHECK(ask(sale.client(), {"RESTORE", "orders", "0", dump}) == "OK");
  daemon = sale.daemon("only");
  wait_to_say(*daemon, "ends before the position");
  CHECK(sale.results() == results);
  sale.produce();
  sale.close_books(300);
}

TEST_CASE("deleting a stream loses only the waiting requests") {
  Sale sale(test_seed());
  auto one = sale.daemon("one");
  auto two = sale.daemon("two");
  sale.disturb(5, 1000, [&](int) { ask_number(sale.client(), {"DEL", "orders"}); });
  end(*one);
  end(*two);
}

TEST_CASE("a stream recreated with smaller IDs is served from its first entry") {
  Store store;
  store.start();
  store.orders("9000", 20, "high");
  store.wait_for_results(20);
  // With smaller IDs.
  ask_number(store.sale.client(), {"DEL", "orders"});
  store.orders("5", 20, "low");
  store.wait_for_results(40);
  wait_to_say(*store.daemon, "was recreated with smaller IDs than 9000-20");
  // With the same IDs and other orders.
  ask_number(store.sale.client(), {"DEL", "orders"});
  store.orders("5", 10, "again");
  store.wait_for_results(50);
  CHECK(store.shoes() == "999950");
  end(*store.daemon);
  // While no daemon runs.
  ask_number(store.sale.client(), {"DEL", "orders"});
  store.orders("2", 5, "last");
  store.start();
  store.wait_for_results(55);
  CHECK(store.shoes() == "999945");
  end(*store.daemon);
}

TEST_CASE("the requests of a stream that comes back are settled each time") {
  Store store;
  store.start();
  store.order("1-1", "first");
  store.wait_for_results(1);
  for (std::size_t times = 1; times <= 4; ++times) {
    CAPTURE(times);
    const std::string ms = std::to_string(10 * times);
    // In one step, so that the daemon cannot have read it.
    (void)send(store.sale.client(), command_of({"EVAL", R"(
        server.call('XADD', 'orders', ARGV[1] .. '-1', 'id', 'waited-' .. ARGV[1], 'sku', 'shoe', 'quantity', '1')
        server.call('RENAME', 'orders', 'away'))",
                                                "0", ms}));
    store.order(ms + "-2", "between-" + ms);  // at first as many as were waiting: only the IDs differ
    if (times > 2) store.order(ms + "-3", "between as well-" + ms);
    store.wait_for_results(2 * times + (times > 2 ? times - 2 : 0));
    CHECK(ask(store.sale.client(), {"RENAME", "away", "orders"}) == "OK");
    store.wait_for_results(2 * times + 1 + (times > 2 ? times - 2 : 0));
  }
  CHECK(store.shoes() == "999989");
  end(*store.daemon);
}

TEST_CASE("entries deleted before they were settled are counted and reported") {
  Store store;
  store.start();
  store.orders("1", 10, "o");
  store.wait_for_results(10);
  end(*store.daemon);
  // From the middle, with others left.
  store.orders("2", 10, "p");
  for (const char* id : {"2-1", "2-4", "2-10"}) ask_number(store.sale.client(), {"XDEL", "orders", id});
  store.start();
  store.wait_for_results(17);
  wait_to_say(*store.daemon, "3 entries of 'orders' were deleted before they were settled");
  end(*store.daemon);
  // All that there were.
  store.orders("3", 4, "q");
  ask_number(store.sale.client(), {"XTRIM", "orders", "MAXLEN", "0"});
  store.start();
  wait_to_say(*store.daemon, "4 entries of 'orders' were deleted before they were settled");
  CHECK(ask(store.sale.client(), {"HGET", "orders:position", "deleted"}) == "7");
  store.order("4-1", "r");
  store.wait_for_results(18);
  end(*store.daemon);
}

TEST_CASE("settled entries can be deleted at any time") {
  Sale sale(test_seed());
  auto daemon = sale.daemon("only");
  sale.produce();
  for (int times = 0; times < 8; ++times) {
    sale.wait_for_results(sale.random.number(1, 600));
    const auto results = entries(sale.client(), "results");
    for (std::size_t i = 0; i < 20; ++i) {
      ask_number(sale.client(), {"XDEL", "orders", results[sale.random.number(results.size())].field("request")});
    }
    if (times % 2 == 0) ask_number(sale.client(), {"XTRIM", "orders", "MINID", sale.position()});
  }
  sale.close_books();
  end(*daemon);
  CHECK(ask(sale.client(), {"HGET", "orders:position", "deleted"}).empty());
}
