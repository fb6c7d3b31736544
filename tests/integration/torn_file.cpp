#include "integration/torn_file.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace orderd::test {

std::string aof_path(const std::string& directory) {
  return directory + "/appendonlydir/appendonly.aof.1.incr.aof";
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

void check_agreement(valkey::SyncClient& client, std::size_t accepted) {
  const auto ledger = entries(client, "results");
  CHECK(ledger.size() == accepted);
  CHECK(get(client, "product:shoe:stock") == std::to_string(kStock - static_cast<int>(accepted)));
  CHECK(ask_number(client, {"EVAL", "return #redis.call('KEYS', 'orders:order:*')", "0"}) ==
        static_cast<int64_t>(accepted));
  std::vector<std::string> settled;
  for (const Entry& result : ledger) {
    CHECK(result.field("status") == "accepted");
    CHECK(exists(client, "orders:order:" + result.field("order")));
    settled.push_back(result.field("request"));
  }
  // Results are in the order of their requests, without a gap, up to the position.
  std::vector<std::string> asked;
  for (const Entry& request : entries(client, "orders")) asked.push_back(request.id);
  REQUIRE(asked.size() >= settled.size());
  asked.resize(settled.size());
  CHECK(settled == asked);
  if (!settled.empty()) {
    CHECK(ask(client, {"HGET", "orders:position", "id"}) == settled.back());
    CHECK(ask(client, {"HGET", "orders:position", "count"}) == std::to_string(accepted));
  }
}

}  // namespace orderd::test
