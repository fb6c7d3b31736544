// The audit beside daemons at work, in little memory, and with part of the history gone.
#include <doctest/doctest.h>
#include <signal.h>

#include "integration/orderctl_desk.h"
#include "integration/sale.h"
#include "support/wait_for.h"

namespace orderd::test {
namespace {

using namespace std::chrono_literals;

Ran audit(const ValkeyServer& server, const Words& more = {}) {
  Words words = {"--valkey.url", "unix://" + server.endpoint().path, "audit", "--json"};
  words.insert(words.end(), more.begin(), more.end());
  return orderctl(words);
}

Json report_of(const Ran& ran) {
  const auto lines = ran.json();
  REQUIRE_MESSAGE(lines.size() == 1, ran.errors);
  return lines.front();
}

bool says_not_checked(const Json& report, const std::string& what) {
  for (const Json& each : report["not_checked"]) {
    if (each["what"].get<std::string>().starts_with(what) && each["count"].get<uint64_t>() > 0) return true;
  }
  return false;
}

TEST_CASE("the audit is clean again and again while daemons serve and are killed") {
  Sale sale(test_seed());
  auto one = sale.daemon("one");
  auto two = sale.daemon("two");
  sale.produce();
  uint64_t before = 0;
  for (int round = 0; round < 8; ++round) {
    sale.wait_for_results(300);
    if (round == 3) one->signal(SIGKILL);
    if (round == 5) one = sale.daemon("one");
    const Ran ran = audit(sale.server);
    REQUIRE_MESSAGE(ran.status == 0, ran.output, ran.errors);
    const auto results = report_of(ran)["results"].get<uint64_t>();
    CHECK(results > before);
    before = results;
  }
  sale.stop_producing();
  sale.settle();
  const Ran ran = audit(sale.server);
  CHECK_MESSAGE(ran.status == 0, ran.output);
  CHECK(report_of(ran)["results"].get<uint64_t>() == sale.results());
}

TEST_CASE("in little memory rows go to a file and the verdict is the same") {
  Sale sale(test_seed());
  auto daemon = sale.daemon("one");
  sale.produce();
  sale.wait_for_results(9000);
  sale.stop_producing();
  sale.settle();
  Json roomy = report_of(audit(sale.server));
  Json tight = report_of(audit(sale.server, {"--memory", "1MiB"}));
  CHECK(roomy["spilled_bytes"] == 0);
  CHECK(tight["spilled_bytes"].get<uint64_t>() > 0);
  CHECK(tight["verdict"] == "clean");
  CHECK(tight["checks"] == roomy["checks"]);
  // A violation among rows that were spilled.
  const auto ledger = entries(sale.client(), "results");
  ask(sale.client(), {"XDEL", "results", ledger[ledger.size() / 2].id});
  const Ran spoilt = audit(sale.server, {"--memory", "1MiB"});
  CHECK(spoilt.status == 3);
  roomy = report_of(audit(sale.server));
  tight = report_of(spoilt);
  CHECK(tight["checks"] == roomy["checks"]);
  CHECK(tight["violation_count"].get<uint64_t>() > 0);
}

TEST_CASE("what was trimmed is said and not passed over") {
  Sale sale(test_seed());
  auto daemon = sale.daemon("one", {"ORDERD_STREAMS_GROUP=orderd"});
  sale.produce();
  sale.wait_for_results(1500);
  sale.stop_producing();
  sale.settle();
  const auto ledger = entries(sale.client(), "results");
  const auto letters = entries(sale.client(), "orders:dead");
  const std::string middle = ledger[ledger.size() / 2].id;
  CHECK(says_not_checked(report_of(audit(sale.server)), "stock before the first entry"));
  SUBCASE("results") {
    ask(sale.client(), {"XTRIM", "results", "MINID", middle});
    const Ran ran = audit(sale.server);
    CHECK_MESSAGE(ran.status == 0, ran.output);
    const Json report = report_of(ran);
    for (const std::string what : {"results before", "requests without a result", "dead letters", "id_reused"}) {
      CHECK_MESSAGE(says_not_checked(report, what), what);
    }
  }
  SUBCASE("requests") {
    ask(sale.client(), {"XTRIM", "orders", "MINID", ledger[ledger.size() / 2].field("request")});
    const Ran ran = audit(sale.server);
    CHECK_MESSAGE(ran.status == 0, ran.output);
    CHECK(says_not_checked(report_of(ran), "requests and their contents"));
    CHECK(says_not_checked(report_of(ran), "contents of id_reused"));
  }
  SUBCASE("all requests") {
    daemon->signal(SIGKILL);
    (void)daemon->wait();
    ask(sale.client(), {"DEL", "orders"});
    ask(sale.client(), {"XGROUP", "CREATE", "orders", "orderd", "0", "MKSTREAM"});
    const Ran ran = audit(sale.server);
    CHECK_MESSAGE(ran.status == 0, ran.output);
    CHECK(says_not_checked(report_of(ran), "requests and their contents"));
  }
  SUBCASE("dead letters") {
    ask(sale.client(), {"XTRIM", "orders:dead", "MINID", letters[letters.size() / 2].id});
    const Ran ran = audit(sale.server);
    CHECK_MESSAGE(ran.status == 0, ran.output);
    CHECK(says_not_checked(report_of(ran), "dead letters of malformed results"));
  }
  SUBCASE("the group") {
    daemon->signal(SIGKILL);
    (void)daemon->wait();
    ask(sale.client(), {"XGROUP", "DESTROY", "orders", "orderd"});
    const Ran ran = audit(sale.server);
    CHECK_MESSAGE(ran.status == 0, ran.output);
    CHECK(says_not_checked(report_of(ran), "delivery"));
  }
  SUBCASE("a range") {
    const Ran ran = audit(sale.server, {"--from", middle, "--to", ledger[ledger.size() * 3 / 4].id});
    CHECK_MESSAGE(ran.status == 0, ran.output);
    CHECK(report_of(ran)["results"].get<uint64_t>() == ledger.size() * 3 / 4 - ledger.size() / 2 + 1);
    CHECK(says_not_checked(report_of(ran), "results before"));
    CHECK(says_not_checked(report_of(ran), "results behind"));
    CHECK(says_not_checked(report_of(ran), "stock keys"));
  }
  SUBCASE("the window") {
    const Ran ran = audit(sale.server, {"--processing.dedup_window", "0s"});
    CHECK_MESSAGE(ran.status == 0, ran.output);
    CHECK(says_not_checked(report_of(ran), "order ids decided twice"));
  }
}

TEST_CASE("an audit of nothing is clean and one that cannot be carried out fails") {
  Desk desk;
  CHECK(desk.run({"audit"}).status == 0);
  CHECK(desk.run({"audit"}).says("clean: all that was checked holds"));
  set(desk.admin(), "results", "x");
  const Ran ran = desk.run({"audit"});
  CHECK(ran.status == 1);
  CHECK_MESSAGE(ran.complains("WRONGTYPE"), ran.errors);
  desk.server().stop();
  CHECK(desk.run({"audit"}).status == 1);
}

TEST_CASE("arguments of the audit are checked before a server is asked") {
  Desk desk;
  for (const Words& words : std::vector<Words>{{"--memory", "5"},
                                               {"--memory", "0MiB"},
                                               {"--memory", "5KiB"},
                                               {"--memory", "MiB"},
                                               {"--from", "x"},
                                               {"--to", "1-"},
                                               {"--max-findings", "0"},
                                               {"now"}}) {
    Words all = {"audit"};
    all.insert(all.end(), words.begin(), words.end());
    const Ran refused = desk.run(all);
    CHECK_MESSAGE(refused.status == 2, refused.errors);
    CHECK(refused.output.empty());
    CHECK_FALSE(refused.errors.empty());
  }
}

TEST_CASE("the table for people names what was found") {
  Desk desk;
  const Process daemon = desk.start_orderd();
  REQUIRE(desk.run({"stock", "set", "shoe", "10"}).status == 0);
  REQUIRE(desk.run({"submit", "--id", "o-1", "--sku", "shoe", "--quantity", "3", "--wait"}).status == 0);
  CHECK(desk.run({"audit"}).status == 0);
  ask(desk.admin(), {"INCRBY", "product:shoe:stock", "1"});
  const Ran ran = desk.run({"audit"});
  CHECK(ran.status == 3);
  CHECK(ran.says("stock_key_differs: 1 violation\n  SKU shoe: the ledger ends with 7, 'product:shoe:stock' holds 8"));
  CHECK(ran.says("violated: 1 violation"));
}

}  // namespace
}  // namespace orderd::test
