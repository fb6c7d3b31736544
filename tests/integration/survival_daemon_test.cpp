// The daemon is killed, stopped and signaled under load.
#include <doctest/doctest.h>
#include <signal.h>

#include "integration/sale.h"
#include "support/wait_for.h"

using namespace orderd::test;
using namespace std::chrono_literals;

TEST_CASE("two daemons survive ten kills at any moment") {
  Sale sale(test_seed());
  std::vector<std::unique_ptr<Process>> daemons;
  daemons.push_back(sale.daemon("a"));
  daemons.push_back(sale.daemon("b"));
  sale.disturb(10, 800, [&](int) {
    const std::size_t victim = sale.random.number(2);
    kill(*daemons[victim]);
    daemons[victim] = sale.daemon(victim == 0 ? "a" : "b");
  });
  for (const auto& daemon : daemons) end(*daemon);
}

TEST_CASE("one daemon survives restarts and kills") {
  Sale sale(test_seed());
  auto daemon = sale.daemon("only");
  sale.disturb(6, 500, [&](int times) {
    daemon->signal(times % 2 == 0 ? SIGKILL : SIGTERM);
    CHECK(daemon->wait() == (times % 2 == 0 ? 128 + SIGKILL : 0));
    daemon = sale.daemon("only");
  });
}

TEST_CASE("SIGTERM and SIGINT under load leave the position at the newest result and exit with 0") {
  Sale sale(test_seed());
  sale.produce();
  for (const int number : {SIGTERM, SIGINT}) {
    auto daemon = sale.daemon("only");
    sale.wait_for_results(1000);
    daemon->signal(number);
    CHECK(daemon->wait() == 0);
    CHECK(sale.position() == entries(sale.client(), "results").back().field("request"));
    CHECK(sale.owner().empty());
  }
  auto daemon = sale.daemon("only");
  sale.close_books();
}

TEST_CASE("a second signal ends the daemon at once") {
  Sale sale(test_seed());
  auto daemon = sale.daemon("only");
  sale.produce();
  sale.wait_for_results(500);
  sale.server.pause();  // the replies in flight do not come
  daemon->signal(SIGTERM);
  wait_to_say(*daemon, "shutting down");
  wait_for(
      [&] {
        daemon->signal(SIGTERM);  // two signals at almost the same time count as one
        return !daemon->running();
      },
      10s, "the daemon to end");
  CHECK(daemon->wait() == 1);
  sale.server.resume();
  daemon = sale.daemon("only");
  sale.close_books();
}
