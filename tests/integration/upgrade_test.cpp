// An upgrade from an earlier version, as in docs/operations.md: what it settled stays settled.
#include <doctest/doctest.h>

#include "integration/sale.h"

namespace orderd::test {
namespace {

const std::vector<std::string> kOldRecords = {"ORDERD_KEYS_ORDER=order:<id>"};

// What the earlier version leaves behind: a group that has acknowledged everything, records that also name the request,
// and its own position. Results of several daemons are not quite in order, and none of the current keys exist.
void make_old(Sale& sale) {
  ask_number(sale.client(), {"EVAL", R"(
      local all = server.call('XRANGE', 'results', '-', '+')
      for _, entry in ipairs(all) do
        local key = 'order:' .. entry[2][2]
        local record = server.call('GET', key)
        if record then server.call('SET', key, record .. ' ' .. entry[2][4], 'PX', 86400000) end
      end
      server.call('DEL', 'results', 'orders:position', 'orders:owner', 'orders:standby')
      local n = #all
      all[n - 3][2], all[n][2] = all[n][2], all[n - 3][2]
      for _, entry in ipairs(all) do server.call('XADD', 'results', entry[1], unpack(entry[2])) end
      server.call('HSET', 'orders:orderd:position', 'settled', all[n - 3][2][4])
      return 0)",
                             "0"});
}

}  // namespace

TEST_CASE_FIXTURE(Sale, "after an upgrade nothing is settled again and retries are recognized") {
  auto only = daemon("old", kOldRecords);
  const auto order = [&](int i) { return push_order(client(), "o-" + std::to_string(i)); };
  for (int i = 0; i < 50; ++i) order(i);
  settle();
  end(*only);
  make_old(*this);
  const std::string marker = xadd(client(), "orders", {{"upgrade", "marker"}});
  const std::string answer = xadd(
      client(), "results",
      {{"order", ""}, {"request", marker}, {"status", "rejected"}, {"reason", "malformed"}, {"detail", "no order"}});
  only = daemon("new", kOldRecords);
  const std::string retry = order(7);
  order(50);
  settle();
  end(*only);
  const auto since = entries(client(), "results", "(" + answer);
  REQUIRE(since.size() == 2);
  CHECK(since[0].field("request") == retry);
  CHECK(since[0].field("status") == "duplicate");
  CHECK(since[1].field("status") == "accepted");
  CHECK(get(client(), "product:shoe:stock") == "999949");
}

}  // namespace orderd::test
