// What happens to the daemon: killed, stopped, told to end, under load.
#include <doctest/doctest.h>
#include <signal.h>

#include "integration/sale.h"
#include "support/wait_for.h"

using namespace orderd::test;
using namespace std::chrono_literals;

TEST_CASE("two daemons that share a group survive ten kills at any moment") {
  Sale sale(test_seed());
  std::vector<std::unique_ptr<Process>> daemons;
  daemons.push_back(sale.daemon("a"));
  daemons.push_back(sale.daemon("b"));
  sale.produce();
  for (int kills = 0; kills < 10; ++kills) {
    sale.wait_for_results(sale.random.number(1, 800));
    const std::size_t victim = sale.random.number(2);
    daemons[victim]->signal(SIGKILL);
    CHECK(daemons[victim]->wait() == 128 + SIGKILL);
    daemons[victim] = sale.daemon(victim == 0 ? "a" : "b");
  }
  sale.wait_for_results(500);
  sale.stop_producing();
  sale.settle();
  sale.check_books();
  for (const auto& daemon : daemons) {
    daemon->signal(SIGTERM);
    CHECK(daemon->wait() == 0);
  }
}

TEST_CASE("what a killed daemon left pending is taken over by one of another name") {
  Sale sale(test_seed());
  auto survivor = sale.daemon("survivor");
  sale.produce();
  for (int kills = 0; kills < 4; ++kills) {
    auto victim = sale.daemon("victim-" + std::to_string(kills));
    sale.wait_for_results(sale.random.number(200, 900));
    victim->signal(SIGKILL);
    CHECK(victim->wait() == 128 + SIGKILL);
  }
  sale.stop_producing();
  sale.settle();
  sale.check_books();
}

TEST_CASE("a daemon that stood still for longer than claim_idle does no harm when it goes on") {
  Sale sale(test_seed());
  auto still = sale.daemon("still");
  auto other = sale.daemon("other");
  sale.produce();
  wait_for(
      [&] {
        return ask_number(sale.client(), {"EVAL", R"(
      local groups = server.pcall('XINFO', 'GROUPS', 'orders')
      return not groups.err and groups[1] and groups[1][4] or 0)",
                                          "0"}) == 2;
      },
      20s, "both daemons to serve");
  for (int times = 0; times < 3; ++times) {
    sale.wait_for_results(sale.random.number(200, 600));
    still->pause();
    // Longer than claim_idle by the server's own clock: what the paused one holds has been taken over.
    const auto taken_over = [&] {
      return ask_number(sale.client(), {"EVAL", R"(
        for _, c in ipairs(server.call('XINFO', 'CONSUMERS', 'orders', 'orderd')) do
          if c[2] == 'still' then return c[4] == 0 and c[6] > 500 and 1 or 0 end
        end
        return 0)",
                                        "0"}) == 1;
    };
    if (!poll_until(taken_over, 20s)) {
      FAIL("the other daemon has not taken over what the still one holds: ",
           ask(sale.client(),
               {"EVAL", "return cjson.encode(server.call('XINFO', 'CONSUMERS', 'orders', 'orderd'))", "0"}),
           " ", other->errors());
    }
    still->resume();
  }
  sale.wait_for_results(500);
  sale.stop_producing();
  sale.settle();
  sale.check_books();
  for (Process* daemon : {still.get(), other.get()}) {
    daemon->signal(SIGTERM);
    CHECK(daemon->wait() == 0);
  }
}

TEST_CASE("one consumer serves first come first served through restarts and kills") {
  Sale sale(test_seed());
  auto daemon = sale.daemon("only");
  sale.produce();
  for (int times = 0; times < 6; ++times) {
    sale.wait_for_results(sale.random.number(1, 500));
    daemon->signal(times % 2 == 0 ? SIGKILL : SIGTERM);
    CHECK(daemon->wait() == (times % 2 == 0 ? 128 + SIGKILL : 0));
    daemon = sale.daemon("only");
  }
  sale.wait_for_results(500);
  sale.stop_producing();
  sale.settle();
  sale.check_books();
  sale.check_first_come_first_served();
}

TEST_CASE("SIGTERM and SIGINT under load leave nothing pending and exit with 0") {
  Sale sale(test_seed());
  sale.produce();
  for (const int number : {SIGTERM, SIGINT}) {
    auto daemon = sale.daemon("only");
    sale.wait_for_results(1000);
    daemon->signal(number);
    CHECK(daemon->wait() == 0);
    CHECK(pending_count(sale.client(), "orders", "orderd") == 0);
  }
  auto daemon = sale.daemon("only");
  sale.stop_producing();
  sale.settle();
  sale.check_books();
}

TEST_CASE("a second signal ends the daemon at once, with what was in flight pending") {
  Sale sale(test_seed());
  auto daemon = sale.daemon("only");
  sale.produce();
  sale.wait_for_results(500);
  sale.stop_producing();
  sale.server.pause();
  sale.server.resume();
  sale.settle();
  sale.server.pause();  // the drain cannot end: the server does not answer
  daemon->signal(SIGTERM);
  wait_for([&] { return daemon->errors().find("finishing") != std::string::npos; }, 10s,
           "the daemon to begin to finish");
  wait_for(
      [&] {
        daemon->signal(SIGTERM);  // two signals at almost the same time count as one
        return !daemon->running();
      },
      10s, "the daemon to end");
  CHECK(daemon->wait() == 1);
  sale.server.resume();
}
