// Two daemons on one stream: which one is active, and what happens when it is gone or has a namesake.
#include <doctest/doctest.h>

#include "integration/sale.h"

using namespace orderd::test;

TEST_CASE("the standby takes over when the active daemon was killed") {
  Sale sale(test_seed());
  std::map<std::string, std::unique_ptr<Process>> daemons;
  for (const char* name : {"a", "b"}) daemons[name] = sale.daemon(name);
  sale.produce();
  for (int kills = 0; kills < 4; ++kills) {
    sale.wait_for_results(sale.random.number(200, 900));
    const std::string active = sale.owner();
    const std::string other = active == "a" ? "b" : "a";
    REQUIRE(daemons.count(active) == 1);
    wait_to_say(*daemons[other], "standing by: '" + active + "' serves 'orders'");
    kill(*daemons[active]);
    sale.wait_for_owner(other);
    sale.wait_for_results(100);
    daemons[active] = sale.daemon(active);
  }
  sale.close_books();
  for (const auto& [name, daemon] : daemons) end(*daemon);
}

TEST_CASE("a daemon that stops hands over without waiting for its lease to end") {
  Sale sale(test_seed());
  const std::vector<std::string> long_lease = {"ORDERD_PROCESSING_LEASE=10m"};
  auto first = sale.daemon("first", long_lease);
  sale.wait_for_owner("first");
  sale.produce();
  auto second = sale.daemon("second", long_lease);
  wait_to_say(*second, "standing by");
  sale.wait_for_results(500);
  end(*first);
  sale.wait_for_owner("second");
  sale.close_books(500);
  end(*second);
}

TEST_CASE("a restarted daemon takes back its own lease although it is long") {
  Sale sale(test_seed());
  sale.produce();
  auto daemon = sale.daemon("only", {"ORDERD_PROCESSING_LEASE=10m"});
  sale.wait_for_results(500);
  kill(*daemon);
  daemon = sale.daemon("only", {"ORDERD_PROCESSING_LEASE=10m"});
  sale.close_books(500);
}

TEST_CASE("of two daemons with the same name one serves and the other reports it and waits") {
  Sale sale(test_seed());
  auto first = sale.daemon("same");
  sale.wait_for_owner("same");
  sale.produce();
  sale.wait_for_results(300);
  auto second = sale.daemon("same");
  wait_to_say(*first, "another daemon has the same name 'same'");
  sale.wait_for_results(500);
  end(*second);
  sale.wait_for_results(500);  // by the first one
  CHECK(first->running());
  sale.close_books();
  end(*first);
}

TEST_CASE("an owner key that is deleted or overwritten loses no order") {
  Sale sale(test_seed());
  auto one = sale.daemon("one");
  auto two = sale.daemon("two");
  sale.disturb(8, 600, [&](int times) {
    switch (times % 4) {
      case 0: ask_number(sale.client(), {"DEL", "orders:owner"}); break;
      case 1: set(sale.client(), "orders:owner", "a thief"); break;
      case 2: set(sale.client(), "orders:owner", "one 0123abcd 1 3000"); break;
      default: set(sale.client(), "orders:owner", "two 0123abcd 1 3000");
    }
  });
  end(*one);
  end(*two);
}

TEST_CASE_FIXTURE(ServedSale, "an owner key of another type does not stop the active daemon") {
  sale.wait_for_owner("only");
  sale.produce();
  sale.wait_for_results(300);
  ask_number(sale.client(),
             {"EVAL", "server.call('DEL', KEYS[1]) return server.call('LPUSH', KEYS[1], 'x')", "1", "orders:owner"});
  wait_to_say(*daemon, "the lease was not renewed");
  sale.wait_for_results(500);
  ask_number(sale.client(), {"DEL", "orders:owner"});
  sale.wait_for_owner("only");
  sale.close_books();
}

TEST_CASE("a daemon frozen for longer than its lease does no harm when it continues") {
  Sale sale(test_seed());
  std::map<std::string, std::unique_ptr<Process>> daemons;
  for (const char* name : {"a", "b"}) daemons[name] = sale.daemon(name);
  sale.produce();
  for (int times = 0; times < 4; ++times) {
    sale.wait_for_results(sale.random.number(200, 600));
    const std::string active = sale.owner();
    REQUIRE(daemons.count(active) == 1);
    daemons[active]->pause();
    sale.wait_for_owner(active == "a" ? "b" : "a");
    sale.wait_for_results(sale.random.number(1, 300));
    daemons[active]->resume();
  }
  sale.close_books(500);
  for (const auto& [name, daemon] : daemons) end(*daemon);
}

TEST_CASE("a daemon frozen during two takeovers does no harm when it continues") {
  Sale sale(test_seed());
  auto sleeper = sale.daemon("sleeper");
  sale.wait_for_owner("sleeper");
  sale.produce();
  sale.wait_for_results(300);
  sleeper->pause();
  for (const std::string name : {"second", "third"}) {
    auto next = sale.daemon(name);
    sale.wait_for_owner(name);
    sale.wait_for_results(300);
    if (name == "third") sleeper->resume();
    sale.wait_for_results(300);
    end(*next);
  }
  sale.wait_for_owner("sleeper");
  sale.close_books(300);
  end(*sleeper);
}
