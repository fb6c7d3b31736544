// Append-only files with a torn tail, and a check that what a server loaded from them is consistent.
#pragma once

#include "integration/replay_desk.h"

namespace orderd::test {

// For a server with this directory that has not rewritten its file yet.
[[nodiscard]] inline std::string aof_path(const std::string& directory) {
  return directory + "/appendonlydir/appendonly.aof.1.incr.aof";
}

// Where the last transaction that takes stock begins and ends. Fails the test if there is none.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
  [[nodiscard]] std::size_t size() const { return end - begin; }
};
[[nodiscard]] inline Span last_decision(const std::string& bytes) {
  const std::string first = "*1\r\n$5\r\nMULTI\r\n", last = "*1\r\n$4\r\nEXEC\r\n";
  const std::size_t taken = bytes.rfind("DECRBY");
  REQUIRE(taken != std::string::npos);
  const std::size_t begin = bytes.rfind(first, taken), end = bytes.find(last, taken);
  REQUIRE(begin != std::string::npos);
  REQUIRE(end != std::string::npos);
  return {begin, end + last.size()};
}

// The stock of shoes before the first order.
constexpr int kStock = 1000;

// Fails the test unless the stock is what `accepted` orders of one shoe leave. The ledger must have that many results,
// each with its record, for the first requests in order; the position must be at the last of them.
inline void check_agreement(valkey::SyncClient& client, std::size_t accepted) {
  const auto ledger = entries(client, "results"), requests = entries(client, "orders");
  REQUIRE(ledger.size() == accepted);
  REQUIRE(requests.size() >= accepted);
  CHECK(get(client, "product:shoe:stock") == std::to_string(kStock - static_cast<int>(accepted)));
  CHECK(ask_number(client, {"EVAL", "return #redis.call('KEYS', 'orders:order:*')", "0"}) ==
        static_cast<int64_t>(accepted));
  for (std::size_t i = 0; i < accepted; ++i) {
    CHECK(ledger[i].field("status") == "accepted");
    CHECK(exists(client, "orders:order:" + ledger[i].field("order")));
    CHECK(ledger[i].field("request") == requests[i].id);
  }
  CHECK(ask(client, {"HGET", "orders:position", "id"}) == ledger.back().field("request"));
  CHECK(ask(client, {"HGET", "orders:position", "count"}) == std::to_string(accepted));
}

}  // namespace orderd::test
