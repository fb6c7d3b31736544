// Retention removes everything old, and nothing unsettled.
#include <doctest/doctest.h>

#include "integration/sale.h"
#include "support/entry_id.h"
#include "support/wait_for.h"

using namespace orderd::test;
using namespace std::chrono_literals;

namespace {

constexpr int kOrders = 25'000;

// Pushes kOrders one-line orders with IDs from `first`, a millisecond apart.
void push_old(Sale& sale, uint64_t first) {
  ask_number(sale.client(), {"EVAL", R"(
      for i = 1, ARGV[1] do
        server.call('XADD', 'orders', string.format('%.0f-0', ARGV[2] + i), 'id', 'o-' .. i, 'sku', 'shoe', 'quantity', 1)
      end
      return 0)",
                             "0", std::to_string(kOrders), std::to_string(first)});
}

uint64_t server_ms(Sale& sale) {
  return EntryId::parse(ask(sale.client(), {"EVAL", R"(
      local time = server.call('TIME')
      return string.format('%.0f-0', time[1] * 1000 + time[2] / 1000))",
                                            "0"}))
      .ms;
}

// Waits until only the last entry is left, with `sold` orders settled, each once.
void check_all_gone(Sale& sale, const std::string& stream, const std::string& sold) {
  if (!poll_until([&] { return length(sale.client(), stream) <= 1; }, 60s)) {
    FAIL(length(sale.client(), stream), " entries of '", stream, "' are left");
  }
  CHECK(get(sale.client(), "product:shoe:stock") == sold);
}

const std::vector<std::string> kShort = {"ORDERD_RETENTION_ORDERS=1s", "ORDERD_RETENTION_RESULTS=1s"};

}  // namespace

TEST_CASE("all old entries are removed whatever the size of the stream's nodes") {
  for (const char* size : {"7", "100", "5000", "0"}) {  // 0: all entries in one node
    CAPTURE(size);
    Sale sale(test_seed(), {.config = {std::string("stream-node-max-entries ") + size, "stream-node-max-bytes 0"}});
    push_old(sale, server_ms(sale) - 3'600'000);
    auto daemon = sale.daemon("only", kShort);
    check_all_gone(sale, "orders", std::to_string(1'000'000 - kOrders));
    check_all_gone(sale, "results", std::to_string(1'000'000 - kOrders));
    end(*daemon);
  }
}

TEST_CASE("an ID from the future stops neither orders nor retention") {
  Sale sale(test_seed());
  CHECK(ask(sale.client(), {"XADD", "orders", "9999999999999-0", "order", "from the future"}) == "9999999999999-0");
  auto daemon = sale.daemon("only", kShort);
  sale.sell(1000);
  // Later IDs are larger still: none of the remaining entries is old by its ID.
  CHECK(EntryId::parse(sale.position()).ms == 9'999'999'999'999);
  wait_for([&] { return length(sale.client(), "orders") <= 1; }, 60s, "the orders to go");
  end(*daemon);
}

TEST_CASE("entries that another group has yet to read are not removed") {
  Sale sale(test_seed());
  const uint64_t old = server_ms(sale) - 3'600'000;
  push_old(sale, old);
  ask(sale.client(), {"XGROUP", "CREATE", "orders", "analytics", std::to_string(old + kOrders / 2) + "-0"});
  auto daemon = sale.daemon("only", kShort);
  sale.settle();
  const std::string first = std::to_string(old + kOrders / 2) + "-0";
  wait_for([&] { return entries(sale.client(), "orders", "-", first).size() <= 1; }, 60s, "the first half to go");
  CHECK(length(sale.client(), "orders") >= kOrders / 2);
  wait_to_say(*daemon, "the consumer group 'analytics' keeps old entries");
  CHECK(ask(sale.client(), {"XGROUP", "SETID", "orders", "analytics", "$"}) == "OK");
  wait_for([&] { return length(sale.client(), "orders") <= 1; }, 60s, "the second half to go");
  end(*daemon);
  CHECK(get(sale.client(), "product:shoe:stock") == std::to_string(1'000'000 - kOrders));
}

TEST_CASE("what retention keeps is enough to recover a lost position") {
  Sale sale(test_seed());
  push_old(sale, server_ms(sale) - 3'600'000);
  std::vector<std::string> settings = kShort;
  settings.emplace_back("ORDERD_PROCESSING_DEDUP_WINDOW=0s");  // no record would detect a retry
  auto daemon = sale.daemon("only", settings);
  check_all_gone(sale, "orders", std::to_string(1'000'000 - kOrders));
  check_all_gone(sale, "results", std::to_string(1'000'000 - kOrders));
  ask_number(sale.client(), {"DEL", "orders:position"});
  push_order(sale.client(), "next");
  sale.settle();
  CHECK(get(sale.client(), "product:shoe:stock") == std::to_string(1'000'000 - kOrders - 1));
  end(*daemon);
}
