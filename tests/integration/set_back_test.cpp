// Somebody sets the group back: what it delivers again gets no second result, whatever its first one was. Or forward:
// what it has passed over gets none, and the audit says so.
#include <doctest/doctest.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "integration/sale.h"
#include "support/wait_for.h"

using namespace orderd::test;
using namespace std::chrono_literals;

namespace {

// One of the last few entries that the group has delivered.
std::string close_by(Sale& sale) {
  return ask(sale.client(), {"EVAL", R"(
    local last = server.call('XREVRANGE', 'orders', server.call('XINFO', 'GROUPS', 'orders')[1][8], '-', 'COUNT', ARGV[1])
    return last[#last][1])",
                             "0", std::to_string(sale.random.number(2, 5))});
}

// An entry in the middle of what the group has delivered.
std::string middle(Sale& sale) {
  return ask(sale.client(), {"EVAL", R"(
    local all = server.call('XRANGE', 'orders', '-', server.call('XINFO', 'GROUPS', 'orders')[1][8])
    return all[math.ceil(#all / 2)][1])",
                             "0"});
}

void end(Process& daemon) {
  CHECK(daemon.running());
  daemon.signal(SIGTERM);
  CHECK(daemon.wait() == 0);
}

// Until the position says that what was settled by now is settled.
void wait_for_position(Sale& sale) {
  const std::string settled = entries(sale.client(), "results").back().field("request");
  const auto reached = [&] {
    return ask_number(sale.client(), {"EVAL", R"(
      local at = server.call('HGET', 'orders:orderd:position', 'settled')
      return at and #server.call('XRANGE', 'orders', '(' .. ARGV[1], at, 'COUNT', 1) or 0)",
                                      "0", settled}) == 1;
  };
  wait_for(reached, 20s, "the position to pass by");
}

}  // namespace

TEST_CASE("a group that is set back under load gives no request a second result") {
  for (const std::size_t daemons : {1U, 2U, 3U}) {
    CAPTURE(daemons);
    Sale sale(test_seed());
    std::vector<std::unique_ptr<Process>> serving;
    for (std::size_t i = 0; i < daemons; ++i) serving.push_back(sale.daemon("daemon-" + std::to_string(i)));
    sale.produce();
    for (int times = 0; times < 9; ++times) {
      sale.wait_for_results(sale.random.number(1, 900));
      const std::string to = times % 3 == 0 ? "0" : times % 3 == 1 ? middle(sale) : close_by(sale);
      CHECK(ask(sale.client(), {"XGROUP", "SETID", "orders", "orderd", to}) == "OK");
    }
    sale.wait_for_results(500);
    sale.stop_producing();
    sale.settle();
    sale.check_books();
    if (daemons == 1) sale.check_first_come_first_served();
    std::size_t noticed = 0;
    for (const auto& daemon : serving) {
      end(*daemon);
      if (daemon->errors().find("was set back") != std::string::npos) ++noticed;
    }
    CHECK(noticed >= 1);
  }
}

TEST_CASE("a group that was set back while no daemon ran is noticed at the start though settings say stop") {
  Sale sale(test_seed());
  ask(sale.client(), {"XGROUP", "CREATE", "orders", "orderd", "0", "MKSTREAM"});
  auto daemon = sale.daemon("only", {"ORDERD_PROCESSING_MISSING_GROUP=stop"});
  sale.produce();
  sale.wait_for_results(1000);
  wait_for_position(sale);
  end(*daemon);
  for (const bool again : {false, true}) {
    if (again) {  // the same by another way
      ask_number(sale.client(), {"XGROUP", "DESTROY", "orders", "orderd"});
      ask(sale.client(), {"XGROUP", "CREATE", "orders", "orderd", "0"});
    } else {
      CHECK(ask(sale.client(), {"XGROUP", "SETID", "orders", "orderd", "0"}) == "OK");
    }
    daemon = sale.daemon("only", {"ORDERD_PROCESSING_MISSING_GROUP=stop"});
    sale.wait_for_results(500);
    CHECK(daemon->errors().find("was set back") != std::string::npos);
    wait_for_position(sale);
    end(*daemon);
  }
  daemon = sale.daemon("only", {"ORDERD_PROCESSING_MISSING_GROUP=stop"});
  sale.stop_producing();
  sale.settle();
  sale.check_books();
}

TEST_CASE("what a group was set past is named by the audit") {
  Sale sale(test_seed());
  auto daemon = sale.daemon("only");
  const auto push = [&](const std::string& id) {
    return xadd(sale.client(), "orders", {{"id", id}, {"sku", "shoe"}, {"quantity", "1"}});
  };
  push("first");
  sale.settle();
  end(*daemon);
  const std::string passed = push("passed over");
  CHECK(ask(sale.client(), {"XGROUP", "SETID", "orders", "orderd", "$"}) == "OK");
  daemon = sale.daemon("only");
  push("last");
  wait_for([&] { return sale.results() == 2; }, 20s, "the last one's result");
  ProcessOptions options;
  options.environment = {"ORDERD_VALKEY_URL=unix://" + sale.server.endpoint().path};
  Process audit({ORDERCTL_PATH, "audit", "--json"}, options);
  CHECK(audit.wait() == 3);
  const auto said = nlohmann::json::parse(audit.output());
  REQUIRE(said["violations"].size() == 1);
  CHECK(said["violations"][0]["check"] == "missing_result");
  CHECK(said["violations"][0]["request"] == passed);
  end(*daemon);
}
