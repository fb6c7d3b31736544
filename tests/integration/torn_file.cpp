#include "integration/torn_file.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace orderd::test {

std::string aof_path(const std::string& directory) {
  return directory + "/appendonlydir/appendonly.aof.1.incr.aof";
}

std::string aof_manifest(const std::string& directory) {
  return directory + "/appendonlydir/appendonly.aof.manifest";
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  if (!file) throw std::runtime_error("cannot read " + path);
  return bytes.str();
}

void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path);
}

Span last_decision(const std::string& bytes) {
  static const std::string kBegin = "*1\r\n$5\r\nMULTI\r\n";
  static const std::string kEnd = "*1\r\n$4\r\nEXEC\r\n";
  const std::size_t taken = bytes.rfind("DECRBY");
  REQUIRE(taken != std::string::npos);
  const std::size_t begin = bytes.rfind(kBegin, taken);
  const std::size_t end = bytes.find(kEnd, taken);
  REQUIRE(begin != std::string::npos);
  REQUIRE(end != std::string::npos);
  return {begin, end + kEnd.size()};
}

std::string push_shoe(valkey::SyncClient& client, const std::string& id) {
  return xadd(client, "orders", {{"id", id}, {"sku", "shoe"}, {"quantity", "1"}});
}

void check_agreement(valkey::SyncClient& client, std::size_t accepted) {
  const auto ledger = entries(client, "results");
  CHECK(ledger.size() == accepted);
  CHECK(get(client, "product:shoe:stock") == std::to_string(kStock - static_cast<int>(accepted)));
  CHECK(ask_number(client, {"EVAL", "return #server.call('KEYS', 'order:*')", "0"}) == static_cast<int64_t>(accepted));
  const auto pending = pending_ids(client, "orders", "orderd");
  for (const Entry& result : ledger) {
    CHECK(result.field("status") == "accepted");
    CHECK(exists(client, "order:" + result.field("order")));
    CHECK(std::count(pending.begin(), pending.end(), result.field("request")) == 0);
  }
  for (const Entry& request : entries(client, "orders")) {
    const bool has_result = std::any_of(ledger.begin(), ledger.end(),
                                        [&](const Entry& result) { return result.field("request") == request.id; });
    const bool waits = std::count(pending.begin(), pending.end(), request.id) > 0 || ask_number(client, {"EVAL", R"(
        local groups = server.call('XINFO', 'GROUPS', 'orders')
        return #server.call('XRANGE', 'orders', '(' .. groups[1][8], '+') > 0 and 1 or 0)",
                                                                                                         "0"}) == 1;
    CHECK_MESSAGE((has_result || waits), request.id);
  }
}

}  // namespace orderd::test
