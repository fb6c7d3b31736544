// The power fails while a daemon serves, producers push and a client reads results.
#include <doctest/doctest.h>

#include <algorithm>

#include <fstream>

#include "chaos/aof_sale.h"
#include "order-chaos/tailer.h"

using namespace orderd::test;
using namespace std::chrono_literals;
using orderd::chaos::Tailer;
using AppendOnly = ServerOptions::AppendOnly;

namespace {

std::vector<std::string> ids_of(const Tailer& reader) {
  std::vector<std::string> ids;
  for (const Tailer::Seen& seen : reader.seen()) ids.push_back(seen.id.text());
  return ids;
}

// How many of the IDs seen are gone. Fails the test unless one list is a prefix of the other.
std::size_t gone(const std::vector<std::string>& seen, const std::vector<Entry>& there) {
  const std::size_t both = std::min(seen.size(), there.size());
  for (std::size_t i = 0; i < both; ++i) {
    if (seen[i] != there[i].id) FAIL("not a prefix: ", seen[i], " was seen where ", there[i].id, " is now");
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

// Cuts the power at a moment chosen by the seed, and checks what is left before the daemon continues.
Loss cut_and_look(AofSale& trial, Process& daemon) {
  Sale& sale = trial.sale;
  const std::string file = append_only_file(sale.server.directory());
  Tailer reader(sale.server.endpoint());
  const auto read_more = [&](std::size_t more) {
    const std::size_t aim = reader.size() + more;
    wait_for([&] { return reader.size() >= aim; }, AofSale::kPatience, "results to be read");
  };
  // Without any result on disk there is nothing to check.
  wait_for([&] { return safe_contents(file, trial.shims).find("$7\r\nresults\r\n") != std::string::npos; },
           AofSale::kPatience, "a result to be synced");
  read_more(sale.random.number(1, 2500));
  const PowerCut cut = cut_power(sale.server, trial.shims);
  reader.stop();
  const std::vector<std::string> read = ids_of(reader);
  daemon.pause();
  sale.stop_producing();
  sale.server.start();
  sale.reconnect();
  CHECK(trial.torn() == std::vector<std::string>{});
  const auto acknowledged = sale.acknowledged();
  const Loss loss{gone(read, entries(sale.client(), "results")), gone(acknowledged, entries(sale.client(), "orders"))};
  MESSAGE("lost ", loss.results, " of ", read.size(), " results read, ", loss.requests, " of ", acknowledged.size(),
          " requests acknowledged, ", cut.bytes_lost, " of ", cut.bytes_safe + cut.bytes_lost, " bytes");
  daemon.resume();
  return loss;
}

void go_on(AofSale& trial, Process& daemon) {
  trial.sale.produce();
  trial.sale.wait_for_results(500);
  trial.finish(daemon);
}

}  // namespace

TEST_CASE("a power cut loses nothing acknowledged or read with appendfsync always") {
  for (int times = 0; times < 3; ++times) {
    AofSale trial(AppendOnly::kAlways);
    auto daemon = trial.sale.daemon("only");
    trial.sale.produce();
    const Loss loss = cut_and_look(trial, *daemon);
    CHECK(loss.results == 0);
    CHECK(loss.requests == 0);
    go_on(trial, *daemon);
  }
}

TEST_CASE("a power cut leaves a prefix of whole scripts with appendfsync everysec") {
  for (int times = 0; times < 3; ++times) {
    AofSale trial(AppendOnly::kEverySecond);
    auto daemon = trial.sale.daemon("only");
    trial.sale.produce();
    (void)cut_and_look(trial, *daemon);  // checks the prefix and that scripts are whole
    go_on(trial, *daemon);
  }
}

TEST_CASE("the effects of a half-done script are found") {
  AofSale trial(AppendOnly::kOff);
  Sale& sale = trial.sale;
  auto daemon = sale.daemon("only");
  for (const char* id : {"first", "second", "third"})
    xadd(sale.client(), "orders", {{"id", id}, {"sku", "shoe"}, {"quantity", "2"}});
  sale.settle();
  daemon->pause();
  CHECK(trial.torn().empty());
  const auto ledger = entries(sale.client(), "results");
  REQUIRE(ledger.size() == 3);
  const auto found = [&] { return trial.torn().empty() ? std::string() : trial.torn().front(); };

  ask_number(sale.client(), {"INCR", "product:shoe:stock"});
  CHECK(found() == "the stock of shoe");
  ask_number(sale.client(), {"DECR", "product:shoe:stock"});
  ask(sale.client(), {"RENAME", "orders:order:second", "kept"});
  CHECK(found() == "the record of the result " + ledger[1].id);
  ask(sale.client(), {"RENAME", "kept", "orders:order:second"});
  const std::string last = ledger[2].field("request");
  const auto position = [&](const char* field, const std::string& value) {
    ask_number(sale.client(), {"HSET", "orders:position", field, value});
  };
  position("id", ledger[1].field("request"));
  CHECK(found() == "settled after the position: " + last);
  position("id", last);
  position("count", "2");
  CHECK(found() == "the count of the position");
  position("count", "3");
  CHECK(trial.torn().empty());
  ask_number(sale.client(), {"XDEL", "results", ledger[2].id});
  position("count", "2");
  position("result", ledger[1].id);
  const std::vector<std::string> torn = trial.torn();
  CHECK(std::find(torn.begin(), torn.end(), "not settled before the position: " + last) != torn.end());
}
