// The server's append-only file is torn at any byte, or its clock jumps, while a daemon serves.
#include <fstream>
#include <future>
#include <map>

#include "chaos/fixtures.h"

using namespace orderd::test;
using namespace std::chrono_literals;

namespace {

struct AofSale {
  explicit AofSale(AppendOnly append_only) : sale(test_seed(), shimmed(shims, append_only)) {}

  Shims shims;
  Sale sale;
  std::unique_ptr<Process> daemon = sale.daemon("only");
};

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void overwrite(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

// Everything that a settlement changes.
using State = std::vector<std::string>;
State state(orderd::valkey::SyncClient client) {
  return {get(client, "product:shoe:stock").value_or(""), get(client, "product:sock:stock").value_or(""),
          get(client, "orders:order:last").value_or(""), std::to_string(length(client, "results")),
          ask(client, {"HGET", "orders:position", "count"})};
}

// The state after a server loads only the first bytes of a file, for each of `cuts`.
std::map<std::size_t, State> states(const std::string& file, const std::vector<std::size_t>& cuts) {
  ValkeyServer server({.append_only = AppendOnly::kAlways});
  const std::string path = append_only_file(server.directory());
  std::map<std::size_t, State> found;
  for (const std::size_t cut : cuts) {
    server.kill();
    overwrite(path, std::string_view(file).substr(0, cut));
    server.start();
    found[cut] = state(server.client());
  }
  return found;
}

}  // namespace

TEST_CASE("a tail torn at any byte contains the last settlement completely or not at all") {
  AofSale trial(AppendOnly::kAlways);
  Sale& sale = trial.sale;
  push_order(sale.client(), "first");
  sale.settle();  // one call each
  xadd(sale.client(), "orders",
       {{"order", R"({"id":"last","items":[{"sku":"shoe","quantity":2},{"sku":"sock","quantity":3}]})"}});
  sale.settle();
  kill(*trial.daemon);
  sale.server.kill();
  const std::string file = contents(append_only_file(sale.server.directory()));
  // The last settlement: from its MULTI to the end of its EXEC.
  const std::string multi = "*1\r\n$5\r\nMULTI\r\n", exec = "*1\r\n$4\r\nEXEC\r\n";
  const std::size_t moved = file.rfind("orders:position\r\n$2\r\nid\r\n");
  REQUIRE(moved != std::string::npos);
  const std::size_t torn_begin = file.rfind(multi, moved), torn_end = file.find(exec, moved) + exec.size();
  REQUIRE(torn_begin < torn_end);
  // Two servers at a time: a start is mostly waiting.
  std::vector<std::size_t> cuts[2];
  for (std::size_t cut = torn_begin; cut <= torn_end; ++cut) cuts[cut % 2].push_back(cut);
  auto odd = std::async(std::launch::async, [&] { return states(file, cuts[1]); });
  std::map<std::size_t, State> found = states(file, cuts[0]);
  found.merge(odd.get());
  REQUIRE(found.size() == torn_end - torn_begin + 1);
  const State whole = found[torn_end];
  found.erase(torn_end);
  for (const auto& cut : found) {
    CAPTURE(cut.first);
    CHECK(cut.second == State{"999999", "1000000", "", "1", "1"});
  }
  CHECK(whole == State{"999997", "999997", whole[2], "2", "2"});
  CHECK_FALSE(whole[2].empty());
  MESSAGE("cut at ", found.size() + 1, " places");
}

TEST_CASE("jumps of the server's clock by up to an hour neither lose an order nor sell twice") {
  AofSale trial(AppendOnly::kOff);
  Sale& sale = trial.sale;
  const auto second = sale.daemon("second");
  sale.disturb(11, 500, [&](int i) {
    const auto jump = std::chrono::seconds(i < 10 ? sale.random.number(1, 3600) : 0);
    trial.shims.shift_clock(sale.random.chance(50) ? jump : -jump);
  });
  end(*second);
  end(*trial.daemon);
}
