// Retention removes everything old, and nothing unsettled.
#include "integration/sale.h"
#include "support/id_of.h"

namespace orderd::test {
namespace {

constexpr int kOrders = 25'000;
const Words kShort = {"ORDERD_RETENTION_ORDERS=1s", "ORDERD_RETENTION_RESULTS=1s"};

// A sale with kOrders old one-line orders, whose IDs are a millisecond apart. They begin an hour ago.
struct OldSale : Sale {
  OldSale() {
    first = id_of(ask(client(), {"EVAL", R"(
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

  StreamId first;
};

}  // namespace

TEST_CASE_FIXTURE(OldSale, "all old entries are removed and a lost position is recovered") {
  // No record would detect a retry.
  start(joined(kShort, {"ORDERD_PROCESSING_DEDUP_WINDOW=0s"}));
  check_all_gone();
  ask_number(client(), {"DEL", "orders:position"});
  push_order(client(), "next");
  settle();
  CHECK(get(client(), "product:shoe:stock") == std::to_string(1'000'000 - kOrders - 1));
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
