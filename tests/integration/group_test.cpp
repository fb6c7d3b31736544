// A group that is missing is created so that each request gets its one result, whatever else stands in the results
// stream.
#include <doctest/doctest.h>
#include <signal.h>

#include "support/process.h"
#include "support/valkey_helpers.h"
#include "support/valkey_server.h"
#include "support/wait_for.h"

using namespace orderd::test;
using namespace std::chrono_literals;

namespace {

struct Store {
  ValkeyServer server;
  orderd::valkey::SyncClient client = server.client();

  Store() { set(client, "product:shoe:stock", "1000"); }

  [[nodiscard]] std::unique_ptr<Process> daemon(const std::vector<std::string>& settings = {}) const {
    ProcessOptions options;
    options.environment = {"ORDERD_VALKEY_URL=unix://" + server.endpoint().path, "ORDERD_STREAMS_CONSUMER=only"};
    options.environment.insert(options.environment.end(), settings.begin(), settings.end());
    return std::make_unique<Process>(std::vector<std::string>{ORDERD_PATH}, options);
  }
  void order(const std::string& stream, const std::string& entry, const std::string& id) {
    CHECK(ask(client, {"XADD", stream, entry, "id", id, "sku", "shoe", "quantity", "1"}) == entry);
  }
  void wait_for_results(std::size_t count) {
    wait_for([&] { return length(client, "results") >= count; }, 20s, "the results");
    CHECK(length(client, "results") == count);
  }
};

}  // namespace

TEST_CASE("requests that were pushed before the first start are served from the first one on") {
  Store store;
  for (int i = 1; i <= 300; ++i) store.order("orders", "1-" + std::to_string(i), "o-" + std::to_string(i));
  auto daemon = store.daemon();
  store.wait_for_results(300);
  const auto results = entries(store.client, "results");
  for (int i = 1; i <= 300; ++i)
    CHECK(results[static_cast<std::size_t>(i - 1)].field("request") == "1-" + std::to_string(i));
}

TEST_CASE("another stream's results with the same entry ids do not pass for this stream's") {
  Store store;
  for (int i = 1; i <= 50; ++i) store.order("others", "1-" + std::to_string(i), "other-" + std::to_string(i));
  {
    auto other = store.daemon({"ORDERD_STREAMS_ORDERS=others"});
    store.wait_for_results(50);
  }
  for (int i = 1; i <= 30; ++i) store.order("orders", "1-" + std::to_string(i), "o-" + std::to_string(i));
  auto daemon = store.daemon();
  store.wait_for_results(80);
  CHECK(get(store.client, "product:shoe:stock") == "920");
}

TEST_CASE("a stream that was deleted and counts from lower ids again is served") {
  Store store;
  auto daemon = store.daemon();
  for (int i = 1; i <= 20; ++i) store.order("orders", "9000-" + std::to_string(i), "high-" + std::to_string(i));
  store.wait_for_results(20);
  wait_for(
      [&] {
        return ask(store.client, {"HGET", "orders:orderd:position", "settled"}) == "9000-20";
      },
      20s, "the position");
  ask_number(store.client, {"DEL", "orders"});
  for (int i = 1; i <= 20; ++i) store.order("orders", "5-" + std::to_string(i), "low-" + std::to_string(i));
  store.wait_for_results(40);
  // And once more, with results of the low ids there.
  ask_number(store.client, {"XGROUP", "DESTROY", "orders", "orderd"});
  store.order("orders", "5-21", "low-21");
  store.wait_for_results(41);
  CHECK(get(store.client, "product:shoe:stock") == "959");
}

TEST_CASE("where the settings say stop a missing group ends orderd with what to do") {
  Store store;
  auto daemon = store.daemon({"ORDERD_PROCESSING_MISSING_GROUP=stop"});
  CHECK(daemon->wait() == 1);
  CHECK(daemon->errors().find("XGROUP CREATE orders orderd") != std::string::npos);
  CHECK_FALSE(exists(store.client, "orders"));
}

TEST_CASE("results that a lost group is created anew from are not trimmed") {
  Store store;
  auto daemon = store.daemon({"ORDERD_RETENTION_RESULTS=1s", "ORDERD_PROCESSING_DEDUP_WINDOW=0s"});
  for (int round = 0; round < 3; ++round) {
    for (int i = 1; i <= 20; ++i) {
      store.order("orders", std::to_string(1 + round) + "-" + std::to_string(i),
                  std::to_string(round) + "-" + std::to_string(i));
    }
    const std::string sold = std::to_string(1000 - 20 * (round + 1));
    wait_for([&] { return get(store.client, "product:shoe:stock") == sold; }, 20s, "the orders to be settled");
    // Old by the server's clock, and so open to trimming, as soon as the position allows it.
    wait_for([&] { return length(store.client, "results") <= 1; }, 20s, "the results to be trimmed");
    ask_number(store.client, {"XGROUP", "DESTROY", "orders", "orderd"});
    wait_for(
        [&] {
          return ask_number(store.client,
                            {"EVAL", "return server.pcall('XPENDING', 'orders', 'orderd').err and 0 or 1", "0"}) == 1;
        },
        20s, "the group to be there again");
  }
  daemon->signal(SIGTERM);
  CHECK(daemon->wait() == 0);
  CHECK(get(store.client, "product:shoe:stock") == "940");
}

TEST_CASE("a stream whose newest entries were deleted is not taken for one begun anew") {
  Store store;
  auto daemon = store.daemon({"ORDERD_PROCESSING_DEDUP_WINDOW=0s"});
  for (int i = 1; i <= 20; ++i) store.order("orders", "1-" + std::to_string(i), "o-" + std::to_string(i));
  store.wait_for_results(20);
  wait_for(
      [&] {
        return ask(store.client, {"HGET", "orders:orderd:position", "settled"}) == "1-20";
      },
      20s, "the position");
  for (int i = 11; i <= 20; ++i) ask_number(store.client, {"XDEL", "orders", "1-" + std::to_string(i)});
  ask_number(store.client, {"XGROUP", "DESTROY", "orders", "orderd"});
  store.order("orders", "1-21", "o-21");
  store.wait_for_results(21);
  CHECK(get(store.client, "product:shoe:stock") == "979");
}

TEST_CASE("a request that passed for lost at one daemon is not settled again by another that holds its content") {
  Store store;
  // Both orders wait because of their records.
  for (const char* record : {"order:first", "order:second"}) ask_number(store.client, {"RPUSH", record, "in the way"});
  store.order("orders", "1-1", "first");
  store.order("orders", "1-2", "second");
  auto holder = store.daemon({"ORDERD_STREAMS_CONSUMER=holder"});
  wait_for([&] { return holder->errors().find("mend that key") != std::string::npos; }, 20s, "the orders to be held");
  ask_number(store.client, {"XDEL", "orders", "1-2"});
  // Its entry is gone: whoever looks for what others left pending says that it is lost, however young it is.
  auto finder = store.daemon({"ORDERD_STREAMS_CONSUMER=finder", "ORDERD_PROCESSING_CLAIM_IDLE=1h"});
  store.wait_for_results(1);
  CHECK(entries(store.client, "results").at(0).field("reason") == "request_lost");
  ask_number(store.client, {"DEL", "order:first", "order:second"});
  wait_for([&] { return pending_count(store.client, "orders", "orderd") == 0; }, 20s, "the first order to be settled");
  for (Process* daemon : {holder.get(), finder.get()}) {
    daemon->signal(SIGTERM);
    CHECK(daemon->wait() == 0);
  }
  CHECK(length(store.client, "results") == 2);
  CHECK(get(store.client, "product:shoe:stock") == "999");
}
