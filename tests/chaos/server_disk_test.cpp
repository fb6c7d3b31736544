// The server's append-only file is torn or damaged, or the disk is full, while a daemon serves.
#include <algorithm>
#include <fstream>
#include <future>
#include <iterator>
#include <map>

#include "chaos/fixtures.h"
#include "order-chaos/proxy/resp.h"

using namespace orderd::test;
using namespace std::chrono_literals;

namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void overwrite(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

// The offset of a command in the file.
struct Command {
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::vector<Command> commands(const std::string& file) {
  std::vector<Command> found;
  for (std::size_t at = 0; at < file.size();) {
    if (file[at] == '#') {  // a time stamp
      at = file.find('\n', at) + 1;
      continue;
    }
    const std::size_t begin = at;
    std::vector<RespValue> values;
    REQUIRE(next_value(file, at, values) == RespFound::kWhole);
    found.push_back({begin, at});
  }
  return found;
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

// The last settlement: from its MULTI to the end of its EXEC.
Command last_settlement(const std::string& file) {
  const std::vector<Command> all = commands(file);
  const auto holds = [&](const Command& command, const char* word) {
    return file.substr(command.begin, command.end - command.begin).find(word) != std::string::npos;
  };
  const auto moved = std::find_if(all.rbegin(), all.rend(), [&](const Command& command) {
    return holds(command, "orders:position") && holds(command, "count");
  });
  const auto multi = std::find_if(moved, all.rend(), [&](const Command& command) { return holds(command, "MULTI"); });
  REQUIRE(moved != all.rbegin());
  REQUIRE(multi != all.rend());
  REQUIRE(holds(*(moved - 1), "EXEC"));
  return {multi->begin, (moved - 1)->end};
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
  const Command torn = last_settlement(file);
  // Two servers at a time: a start is mostly waiting.
  std::vector<std::size_t> cuts[2];
  for (std::size_t cut = torn.begin; cut <= torn.end; ++cut) cuts[cut % 2].push_back(cut);
  auto odd = std::async(std::launch::async, [&] { return states(file, cuts[1]); });
  std::map<std::size_t, State> found = states(file, cuts[0]);
  found.merge(odd.get());
  REQUIRE(found.size() == torn.end - torn.begin + 1);
  const State whole = found[torn.end];
  found.erase(torn.end);
  for (const auto& cut : found) {
    CAPTURE(cut.first);
    CHECK(cut.second == State{"999999", "1000000", "", "1", "1"});
  }
  CHECK(whole == State{"999997", "999997", whole[2], "2", "2"});
  CHECK_FALSE(whole[2].empty());
  MESSAGE("cut at ", found.size() + 1, " places");
}

TEST_CASE("a server with a damaged file does not start and the daemon waits until it is repaired") {
  AofSale trial(AppendOnly::kAlways);
  Sale& sale = trial.sale;
  sale.produce();
  sale.wait_for_results(500);
  sale.server.kill();
  sale.stop_producing();
  const std::string path = append_only_file(sale.server.directory());
  const std::string good = contents(path);
  const std::vector<Command> all = commands(good);
  // The server notices only damage that makes the file unreadable: the contents have no checksum.
  std::string damaged = good;
  damaged[all[sale.random.number(all.size() / 4, all.size() * 3 / 4)].begin] ^= 1;
  overwrite(path, damaged);
  for (int times = 0; times < 3; ++times)
    CHECK_THROWS_WITH_AS(sale.server.start(), doctest::Contains("Bad file format"), std::runtime_error);
  CHECK(trial.daemon->running());
  wait_to_say(*trial.daemon, "cannot connect to");
  overwrite(path, good);
  trial.start_server();
  sale.produce();
  sale.close_books(500);
  end(*trial.daemon);
}

TEST_CASE("orders wait while the disk is full and resume afterwards") {
  AofSale trial(AppendOnly::kEverySecond);
  trial.sale.disturb(3, 600, [&](int) {
    const std::size_t said = trial.daemon->errors().size();
    trial.shims.fill_disk();
    wait_to_say(*trial.daemon, "MISCONF", said);
    trial.shims.free_disk();
    trial.sale.wait_for_results(300);
  });
  end(*trial.daemon);
}

TEST_CASE("a server with appendfsync always exits when the disk is full and loses nothing that was read") {
  AofSale trial(AppendOnly::kAlways);
  Sale& sale = trial.sale;
  sale.disturb(3, 600, [&](int) {
    orderd::chaos::Tailer reader(sale.server.endpoint());
    AofSale::read_more(reader, 1);
    trial.shims.fill_disk();
    sale.server.wait();
    reader.stop();
    trial.shims.free_disk();
    trial.start_server();
    const std::vector<Entry> there = entries(sale.client(), "results");
    const auto seen = reader.seen();
    REQUIRE(there.size() >= seen.size());
    for (std::size_t i = 0; i < seen.size(); ++i) REQUIRE(there[i].id == seen[i].id.text());
  });
  end(*trial.daemon);
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
