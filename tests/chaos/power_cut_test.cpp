// The power fails below the server while a daemon serves, producers push and a shop reads results.
#include <doctest/doctest.h>

#include <fstream>

#include "chaos/aof_sale.h"

using namespace orderd::test;
using namespace std::chrono_literals;
using AppendOnly = ServerOptions::AppendOnly;

namespace {

// How many of the ids that were seen are gone. Fails the test unless the one list begins with the other.
std::size_t gone(const std::vector<std::string>& seen, const std::vector<Entry>& there) {
  const std::size_t both = std::min(seen.size(), there.size());
  for (std::size_t i = 0; i < both; ++i) {
    if (seen[i] != there[i].id) FAIL("no prefix: ", seen[i], " was seen where ", there[i].id, " stands now");
  }
  return seen.size() - both;
}

std::string safe_contents(const std::string& file, const Shims& shims) {
  std::string bytes(shims.safe_bytes(file), '\0');
  std::ifstream(file, std::ios::binary).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

struct Loss {
  std::size_t results = 0;
  std::size_t requests = 0;
};

// Cuts the power at a moment of the seed's choosing, and looks at what is left before the daemon goes on.
Loss cut_and_look(AofSale& world, Process& daemon) {
  Sale& sale = world.sale;
  const std::string file = append_only_file(sale.server.directory());
  ResultReader reader(sale.server);
  const auto read_more = [&](std::size_t more) {
    const std::size_t aim = reader.count() + more;
    wait_for([&] { return reader.count() >= aim; }, AofSale::kPatience, "results to be read");
  };
  // Without a single result on disk there would be nothing to look at.
  wait_for([&] { return safe_contents(file, world.shims).find("$7\r\nresults\r\n") != std::string::npos; },
           AofSale::kPatience, "a result to be synced");
  read_more(sale.random.number(1, 2500));
  const PowerCut cut = cut_power(sale.server, world.shims);
  daemon.pause();
  sale.stop_producing();
  sale.server.start();
  sale.reconnect();
  CHECK(world.torn() == std::vector<std::string>{});
  const auto acknowledged = sale.acknowledged();
  const Loss loss{gone(reader.ids(), entries(sale.client(), "results")),
                  gone(acknowledged, entries(sale.client(), "orders"))};
  MESSAGE("lost ", loss.results, " of ", reader.ids().size(), " results read, ", loss.requests, " of ",
          acknowledged.size(), " requests acknowledged, ", cut.bytes_lost, " of ", cut.bytes_safe + cut.bytes_lost,
          " bytes");
  daemon.resume();
  return loss;
}

void go_on(AofSale& world, Process& daemon) {
  world.sale.produce();
  world.sale.wait_for_results(500);
  world.finish(daemon);
}

}  // namespace

TEST_CASE("a power cut takes nothing that was acknowledged or read when the server syncs always") {
  for (int times = 0; times < 3; ++times) {
    AofSale world(AppendOnly::kAlways);
    auto daemon = world.sale.daemon("only");
    world.sale.produce();
    const Loss loss = cut_and_look(world, *daemon);
    CHECK(loss.results == 0);
    CHECK(loss.requests == 0);
    go_on(world, *daemon);
  }
}

TEST_CASE("a power cut leaves a prefix of whole scripts when the server syncs every second") {
  for (int times = 0; times < 3; ++times) {
    AofSale world(AppendOnly::kEverySecond);
    auto daemon = world.sale.daemon("only");
    world.sale.produce();
    (void)cut_and_look(world, *daemon);  // looks for the prefix and for whole scripts, and says how much is gone
    go_on(world, *daemon);
  }
}

TEST_CASE("what a script would have left half done is found") {
  AofSale world(AppendOnly::kOff);
  Sale& sale = world.sale;
  auto daemon = sale.daemon("only");
  for (const char* id : {"first", "second", "third"})
    xadd(sale.client(), "orders", {{"id", id}, {"sku", "shoe"}, {"quantity", "2"}});
  sale.settle();
  daemon->pause();
  CHECK(world.torn().empty());
  const auto ledger = entries(sale.client(), "results");
  REQUIRE(ledger.size() == 3);
  const auto found = [&] { return world.torn().empty() ? std::string() : world.torn().front(); };

  ask_number(sale.client(), {"INCR", "product:shoe:stock"});
  CHECK(found() == "the stock of shoe");
  ask_number(sale.client(), {"DECR", "product:shoe:stock"});
  ask(sale.client(), {"RENAME", "order:second", "kept"});
  CHECK(found() == "the record of the result " + ledger[1].id);
  ask(sale.client(), {"RENAME", "kept", "order:second"});
  const std::string request = ledger[1].field("request");
  (void)send(sale.client(), command_of({"XCLAIM", "orders", "orderd", "only", "0", request, "FORCE", "JUSTID"}));
  CHECK(found() == "settled and not acknowledged: " + request);
  ask_number(sale.client(), {"XACK", "orders", "orderd", request});
  CHECK(world.torn().empty());
  ask_number(sale.client(), {"XDEL", "results", ledger[1].id});
  CHECK(found() == "acknowledged, not settled: " + request);
}
