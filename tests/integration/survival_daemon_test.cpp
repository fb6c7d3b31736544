// The daemon is killed, stopped and signaled under load.
#include <doctest/doctest.h>
#include <signal.h>

#include "integration/sale.h"
#include "support/wait_for.h"

namespace orderd::test {

TEST_CASE_FIXTURE(SharedSale, "two daemons survive ten kills at any moment") {
  disturb(10, 800, [&](int) {
    const std::string victim = random.chance(50) ? "one" : "two";
    kill(*daemons.at(victim));
    daemons.at(victim) = daemon(victim);
  });
}

TEST_CASE_FIXTURE(ServedSale, "one daemon survives restarts and kills") {
  disturb(6, 500, [&](int times) {
    if (times % 2 == 0) {
      kill(*only);
    } else {
      end(*only);
    }
    only = daemon("only");
  });
}

TEST_CASE_FIXTURE(Sale, "SIGTERM and SIGINT under load leave the position at the newest result and exit with 0") {
  produce();
  for (const int number : {SIGTERM, SIGINT}) {
    auto only = daemon("only");
    wait_for_results(1000);
    only->signal(number);
    CHECK(only->wait() == 0);
    CHECK(position() == entries(client(), "results").back().field("request"));
    CHECK(owner().empty());
  }
  auto only = daemon("only");
  close_books();
}

TEST_CASE_FIXTURE(ServedSale, "a second signal ends the daemon at once") {
  produce();
  wait_for_results(500);
  server.pause();  // the replies in flight do not come
  only->signal(SIGTERM);
  wait_to_say(*only, "shutting down");
  const auto ended = [&] {
    only->signal(SIGTERM);  // two signals at almost the same time count as one
    return !only->running();
  };
  wait_for(ended, std::chrono::seconds(10), "the daemon to end");
  CHECK(only->wait() == 1);
  server.resume();
  only = daemon("only");
  close_books();
}

}  // namespace orderd::test
