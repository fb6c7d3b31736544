// The power fails while a daemon serves, producers push and a client reads results.
#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "chaos/fixtures.h"
#include "support/entry_id.h"

using namespace orderd::test;
using namespace std::chrono_literals;
using orderd::chaos::Tailer;

namespace {

// What no sequence of whole scripts can leave behind: stock that disagrees with the results, a first decision without
// its record, a position that disagrees with the results. Empty if consistent. Stop all daemons first.
std::vector<std::string> torn(Sale& sale) {
  orderd::valkey::SyncClient& client = sale.client();
  std::vector<std::string> found;
  std::map<std::string, int64_t> last_remaining;
  std::set<std::string> settled;
  const std::vector<Entry> results = entries(client, "results");
  for (const Entry& result : results) {
    settled.insert(result.field("request"));
    const bool accepted = result.field("status") == "accepted";
    if (accepted) {
      for (const auto& line : nlohmann::json::parse(result.field("lines")))
        last_remaining[line["sku"]] = line["remaining"];
    }
    if (!accepted && result.field("reason") != "insufficient_stock") continue;
    const auto record = get(client, "orders:order:" + result.field("order"));
    if (!record || !record->ends_with((accepted ? "a" : "r") + result.id))
      found.push_back("the record of the result " + result.id);
  }
  for (const auto& [sku, remaining] : last_remaining) {
    if (get(client, "product:" + sku + ":stock") != std::to_string(remaining)) found.push_back("the stock of " + sku);
  }
  const auto position = [&](const char* field) { return ask(client, {"HGET", "orders:position", field}); };
  if (position("id").empty()) {
    if (!results.empty()) found.emplace_back("results without a position");
    return found;
  }
  if (position("count") != std::to_string(results.size())) found.emplace_back("the count of the position");
  if (position("result") != (results.empty() ? "" : results.back().id))
    found.emplace_back("the result of the position");
  const EntryId last = EntryId::parse(position("id"));
  for (const Entry& request : entries(client, "orders")) {
    const bool done = settled.count(request.id) == 1;
    const bool before = EntryId::parse(request.id) <= last;
    if (done && !before) found.push_back("settled after the position: " + request.id);
    if (!done && before) found.push_back("not settled before the position: " + request.id);
  }
  return found;
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

// Cuts the power at a moment chosen by the seed, and checks what is left before the daemon continues. Returns how many
// results that were read, and requests that were acknowledged, are lost.
std::size_t cut_and_continue(AppendOnly append_only) {
  AofSale trial(append_only);
  Sale& sale = trial.sale;
  sale.produce();
  const std::string file = append_only_file(sale.server.directory());
  Tailer reader(sale.server.endpoint());
  // Without any result on disk there is nothing to check.
  wait_for([&] { return safe_contents(file, trial.shims).find("$7\r\nresults\r\n") != std::string::npos; },
           kSaleDeadline, "a result to be synced");
  AofSale::read_more(reader, sale.random.number(1, 2500));
  const PowerCut cut = cut_power(sale.server, trial.shims);
  reader.stop();
  std::vector<std::string> read;
  for (const Tailer::Seen& seen : reader.seen()) read.push_back(seen.id.text());
  trial.daemon->pause();
  sale.stop_producing();
  trial.start_server();
  CHECK(torn(sale) == std::vector<std::string>{});
  const auto acknowledged = sale.acknowledged();
  const std::size_t results = gone(read, entries(sale.client(), "results"));
  const std::size_t requests = gone(acknowledged, entries(sale.client(), "orders"));
  MESSAGE("lost ", results, " of ", read.size(), " results read, ", requests, " of ", acknowledged.size(),
          " requests acknowledged, ", cut.bytes_lost, " of ", cut.bytes_safe + cut.bytes_lost, " bytes");
  trial.daemon->resume();
  sale.produce();
  sale.close_books(500);
  end(*trial.daemon);
  return results + requests;
}

}  // namespace

TEST_CASE("a power cut loses nothing acknowledged or read with appendfsync always") {
  for (int times = 0; times < 3; ++times) CHECK(cut_and_continue(AppendOnly::kAlways) == 0);
}

TEST_CASE("a power cut leaves a prefix of whole scripts with appendfsync everysec") {
  for (int times = 0; times < 3; ++times) (void)cut_and_continue(AppendOnly::kEverySecond);  // checks the prefix
}

TEST_CASE("the effects of a half-done script are found") {
  AofSale trial(AppendOnly::kOff);
  Sale& sale = trial.sale;
  for (const char* id : {"first", "second", "third"}) push_order(sale.client(), id, "shoe", "2");
  sale.settle();
  trial.daemon->pause();
  CHECK(torn(sale).empty());
  const auto ledger = entries(sale.client(), "results");
  REQUIRE(ledger.size() == 3);
  const std::string before = ledger[1].field("request"), last = ledger[2].field("request");
  // Each step but the last is found as the one sentence, and undone.
  const struct {
    std::string found;
    std::vector<std::string> step, undo;
  } rows[] = {
      {"the stock of shoe", {"INCR", "product:shoe:stock"}, {"DECR", "product:shoe:stock"}},
      {"the record of the result " + ledger[1].id,
       {"RENAME", "orders:order:second", "kept"},
       {"RENAME", "kept", "orders:order:second"}},
      {"settled after the position: " + last,
       {"HSET", "orders:position", "id", before},
       {"HSET", "orders:position", "id", last}},
      {"the count of the position",
       {"HSET", "orders:position", "count", "2"},
       {"HSET", "orders:position", "count", "3"}},
      {"the result of the position",
       {"HSET", "orders:position", "result", ledger[1].id},
       {"HSET", "orders:position", "result", ledger[2].id}},
  };
  for (const auto& [found, step, undo] : rows) {
    CAPTURE(found);
    ask(sale.client(), step);
    CHECK(torn(sale) == std::vector<std::string>{found});
    ask(sale.client(), undo);
    CHECK(torn(sale).empty());
  }
  ask_number(sale.client(), {"XDEL", "results", ledger[2].id});
  ask_number(sale.client(), {"HSET", "orders:position", "count", "2", "result", ledger[1].id});
  const std::vector<std::string> found = torn(sale);
  CHECK(std::find(found.begin(), found.end(), "not settled before the position: " + last) != found.end());
}
