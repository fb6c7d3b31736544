// CLIENT PAUSE holds back writers, and so does FAILOVER: a daemon that has to stop meanwhile finishes its orders.
#include <signal.h>

#include "integration/sale.h"

namespace orderd::test {

TEST_CASE_FIXTURE(ServedSale,
                  "a daemon that gets SIGTERM while the server pauses writes finishes its orders afterwards") {
  wait_for_owner("only");
  sell(300);
  CHECK(ask(client(), {"CLIENT", "PAUSE", "100000", "WRITE"}) == "OK");
  const auto held_back = [&] {
    const auto settling = clients_named(client(), "orderd-settle:only ");
    return !settling.empty() && contains(settling[0].line, " flags=b") && contains(settling[0].line, " cmd=evalsha");
  };
  wait_for(held_back, std::chrono::seconds(20), "a call to be held back");  // the lease, if nothing else
  only->signal(SIGTERM);
  wait_to_say(*only, "shutting down");
  CHECK(ask(client(), {"CLIENT", "UNPAUSE"}) == "OK");
  CHECK(only->wait() == 0);
  CHECK(ask(client(), {"PING"}) == "PONG");
  CHECK(owner().empty());
  start();
  produce();
  close_books(300);
}

}  // namespace orderd::test
