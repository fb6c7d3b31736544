// The audit while daemons are working, of nothing, and with wrong arguments.
#include <doctest/doctest.h>
#include <signal.h>

#include "audit/audit.h"
#include "audit/books.h"
#include "audit/report.h"
#include "integration/sale.h"

namespace orderd::test {
namespace {

Json audit(const ValkeyServer& server) {
  return report_of(orderctl({"--valkey.url", "unix://" + server.endpoint().path, "audit", "--json"}));
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
    const auto results = audit(sale.server)["results"].get<uint64_t>();
    CHECK(results > before);
    before = results;
  }
  sale.stop_producing();
  sale.settle();
  // Records of the first edition also have the request.
  ask(sale.client(),
      {"EVAL", "for _, key in ipairs(redis.call('KEYS', 'orders:order:*')) do redis.call('APPEND', key, ' 1-0') end",
       "0"});
  const Json report = audit(sale.server);
  CHECK(report["results"].get<uint64_t>() == sale.results());
  CHECK(report["requests"].get<uint64_t>() == length(sale.client(), "orders"));
  CHECK(report["waiting"] == 0);
  for (const std::string check : {"request_order", "position_differs", "missing_result", "content_differs"}) {
    CHECK_MESSAGE(check_of(report, check)["checked"].get<uint64_t>() > 0, check);
  }
  CHECK(report["records"].get<uint64_t>() > 0);
}

TEST_CASE("results that are trimmed before the audit has read them are no violations") {
  constexpr std::size_t kResults = 12'000, kFirstKept = 10'000;
  Random random(test_seed());
  const Books books = hold_sale(random, kResults).books;
  Desk desk;
  books.lay_out(desk.admin());
  audit::Options options;
  options.orders = "orders";
  options.results = "results";
  options.dead = "orders:dead";
  options.position = "orders:position";
  options.stock_key = [](std::string_view sku) { return "product:" + std::string(sku) + ":stock"; };
  options.order_key = [](std::string_view id) { return "orders:order:" + std::string(id); };
  options.window = std::chrono::hours(24);
  int passes = 0;
  options.progress = [&](uint64_t done, uint64_t) {
    passes += done == 0 ? 1 : 0;
    if (done > 0) ask(desk.admin(), {"XTRIM", "results", "MINID", books.results[kFirstKept].id});
  };
  auto client = desk.server().client();
  const auto report = audit::run(
      client, [](std::string_view error) { return std::string(error); }, options);
  REQUIRE_MESSAGE(report, report.error());
  CHECK(report->findings.violations() == 0);
  CHECK(report->counts.results == books.results.size() - kFirstKept);
  CHECK(passes == 2);
}

TEST_CASE("a lane that is paused before it is first served has a clean ledger") {
  Desk desk;
  succeeded(desk.run({"pause"}));
  succeeded(desk.run({"stock", "set", "shoe", "5"}));
  push_order(desk.admin(), "o-1");
  const Json report = report_of(desk.run({"audit", "--json"}));
  CHECK(report["waiting"] == 1);
  CHECK(report["horizon"]["position"].is_null());
}

TEST_CASE("no result is read twice if a page ends with the largest ID") {
  constexpr int kFirstPage = 16;
  Desk desk;
  for (int i = 1; i < kFirstPage; ++i) ask(desk.admin(), {"XADD", "results", std::to_string(i), "status", "none"});
  ask(desk.admin(), {"XADD", "results", "18446744073709551615-18446744073709551615", "status", "none"});
  CHECK(report_of(desk.run({"audit", "--json"}), 3)["results"] == kFirstPage);
}

TEST_CASE("an audit of nothing is clean and one that cannot be carried out fails") {
  Desk desk;
  CHECK(desk.run({"audit"}).status == 0);
  CHECK(desk.run({"audit"}).says("clean: all that was checked holds"));
  set(desk.admin(), "results", "x");
  const Ran ran = desk.run({"audit"});
  CHECK(ran.status == 1);
  CHECK_MESSAGE(ran.complains("WRONGTYPE"), ran.errors);
  CHECK(ran.complains("orderctl doctor names the keys"));
  desk.server().stop();
  CHECK(desk.run({"audit"}).status == 1);
}

TEST_CASE("arguments of the audit are checked before it connects") {
  const Desk desk;
  std::vector<Words> refused = {{"--from", "x"}, {"--to", "1-"}, {"--max-findings", "0"}, {"now"}};
  for (const char* memory : {"5", "0MiB", "5KiB", "MiB"}) refused.push_back({"--memory", memory});
  for (const Words& words : refused) {
    CAPTURE(words.back());
    const Ran ran = desk.run(joined({"audit"}, words));
    CHECK_MESSAGE(ran.status == 2, ran.errors);
    CHECK(ran.output.empty());
    CHECK_FALSE(ran.errors.empty());
  }
}

}  // namespace
}  // namespace orderd::test
