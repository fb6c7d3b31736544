// The daemon is killed, frozen and signaled under load, alone or with a standby. tools/chaos does more of this.
#include <signal.h>

#include "integration/sale.h"

namespace orderd::test {

TEST_CASE_FIXTURE(Sale, "SIGTERM and SIGINT under load leave the position at the newest result and exit with 0") {
  produce();
  for (const int number : {SIGTERM, SIGINT}) {
    start();
    wait_for_results(1000);
    only->signal(number);
    CHECK(only->wait() == 0);
    CHECK(position() == entries(client(), "results").back().field("request"));
    CHECK(owner().empty());
  }
  start();
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
  start();
  close_books();
}

TEST_CASE_FIXTURE(SharedSale, "the standby takes over from a killed or frozen daemon, which does no harm later") {
  disturb(8, 900, [&](int i) {
    const bool killed = i % 2 == 0;
    const std::string active = owner(), other = active == "one" ? "two" : "one";
    wait_to_say(*daemons.at(other), "standing by: '" + active + "' serves 'orders'");
    if (killed) {
      kill(*daemons.at(active));
    } else {
      daemons.at(active)->pause();
    }
    wait_for_owner(other);
    wait_for_results(random.number(1, 300));
    if (killed) {
      daemons.at(active) = daemon(active);
    } else {
      daemons.at(active)->resume();
    }
  });
}

TEST_CASE_FIXTURE(Sale, "a restarted daemon takes back its own lease although it is long") {
  produce();
  const Words long_lease = {"ORDERD_PROCESSING_LEASE=10m"};
  start(long_lease);
  wait_for_results(500);
  kill(*only);
  start(long_lease);
  close_books(500);
}

}  // namespace orderd::test
