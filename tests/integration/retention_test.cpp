// Retention removes everything old, and nothing unsettled.
#include "integration/sale.h"
#include "support/entry_id.h"

namespace orderd::test {
namespace {

constexpr int kOrders = 25'000;
const Words kShort = {"ORDERD_RETENTION_ORDERS=1s", "ORDERD_RETENTION_RESULTS=1s"};

// A sale with kOrders old one-line orders, whose IDs are a millisecond apart. They begin an hour ago.
struct OldSale : Sale {
  explicit OldSale(const Words& config = {}) : Sale(test_seed(), {.config = config}) {
    first = EntryId::parse(ask(client(), {"EVAL", R"(
      local time = server.call('TIME')
      local first = time[1] * 1000 - 3600000
      for i = 1, ARGV[1] do
        server.call('XADD', 'orders', string.format('%.0f-0', first + i), 'id', 'o-' .. i, 'sku', 'shoe', 'quantity', 1)
      end
      return string.format('%.0f-0', first))",
                                          "0", std::to_string(kOrders)}));
  }
  // Waits until each stream has at most its last entry, with all orders settled, each once.
  void check_all_gone() {
    for (const std::string stream : {"orders", "results"}) {
      const auto gone = [&] { return length(client(), stream) <= 1; };
      wait_for(gone, std::chrono::seconds(60), "the entries of '" + stream + "' to go");
    }
    CHECK(get(client(), "product:shoe:stock") == std::to_string(1'000'000 - kOrders));
  }

  EntryId first;
};

}  // namespace

TEST_CASE("all old entries are removed whatever the size of the stream's nodes, and a lost position is recovered") {
  for (const char* size : {"7", "100", "5000", "0"}) {  // 0: all entries in one node
    CAPTURE(size);
    OldSale sale({std::string("stream-node-max-entries ") + size, "stream-node-max-bytes 0"});
    // No record would detect a retry.
    sale.start(joined(kShort, {"ORDERD_PROCESSING_DEDUP_WINDOW=0s"}));
    sale.check_all_gone();
    ask_number(sale.client(), {"DEL", "orders:position"});
    push_order(sale.client(), "next");
    sale.settle();
    CHECK(get(sale.client(), "product:shoe:stock") == std::to_string(1'000'000 - kOrders - 1));
  }
}

TEST_CASE_FIXTURE(Sale, "an ID from the future stops neither orders nor retention") {
  CHECK(ask(client(), {"XADD", "orders", "9999999999999-0", "order", "from the future"}) == "9999999999999-0");
  start(kShort);
  sell(1000);
  // Later IDs are larger still: none of the remaining entries is old by its ID.
  CHECK(EntryId::parse(position()).ms == 9'999'999'999'999);
  wait_for([&] { return length(client(), "orders") <= 1; }, std::chrono::seconds(60), "the orders to go");
}

TEST_CASE_FIXTURE(OldSale, "entries that another group has yet to read are not removed") {
  const std::string half = std::to_string(first.ms + kOrders / 2) + "-0";
  ask(client(), {"XGROUP", "CREATE", "orders", "analytics", half});
  start(kShort);
  settle();
  const auto half_gone = [&] { return entries(client(), "orders", "-", half).size() <= 1; };
  wait_for(half_gone, std::chrono::seconds(60), "the first half to go");
  CHECK(length(client(), "orders") >= kOrders / 2);
  wait_to_say(*only, "the consumer group 'analytics' keeps old entries");
  CHECK(ask(client(), {"XGROUP", "SETID", "orders", "analytics", "$"}) == "OK");
  check_all_gone();
}

}  // namespace orderd::test
