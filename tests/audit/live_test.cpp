// The audit while daemons are working.
#include <doctest/doctest.h>
#include <signal.h>

#include "audit/report.h"
#include "integration/sale.h"

namespace orderd::test {
namespace {

Json audit(const ValkeyServer& server) {
  const Ran ran = orderctl({"--valkey.url", "unix://" + server.endpoint().path, "audit", "--json"});
  CHECK_MESSAGE(ran.status == 0, ran.output, ran.errors);
  return report_of(ran);
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
  const Json report = audit(sale.server);
  CHECK(report["results"].get<uint64_t>() == sale.results());
  CHECK(report["requests"].get<uint64_t>() == length(sale.client(), "orders"));
  CHECK(report["waiting"] == 0);
  for (const std::string check : {"request_order", "position_differs", "missing_result", "content_differs"}) {
    for (const Json& each : report["checks"]) {
      if (each["name"] == check) CHECK_MESSAGE(each["checked"].get<uint64_t>() > 0, check);
    }
  }
  CHECK(report["records"].get<uint64_t>() > 0);
}

}  // namespace
}  // namespace orderd::test
