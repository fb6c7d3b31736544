// The daemon is killed, frozen, stopped and signaled under load. Two daemons on one stream: which one is active, and
// what happens when it is gone or has a namesake.
#include <signal.h>

#include "integration/sale.h"

namespace orderd::test {
namespace {

const Words kLongLease = {"ORDERD_PROCESSING_LEASE=10m"};

}  // namespace

TEST_CASE_FIXTURE(SharedSale, "two daemons survive ten kills at any moment") {
  disturb(10, 800, [&](int) {
    const std::string victim = random.chance(50) ? "one" : "two";
    kill(*daemons.at(victim));
    daemons.at(victim) = daemon(victim);
  });
}

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

TEST_CASE_FIXTURE(ServedSale, "a daemon frozen during two takeovers does no harm when it continues") {
  wait_for_owner("only");
  produce();
  wait_for_results(300);
  only->pause();
  for (const std::string name : {"second", "third"}) {
    auto next = daemon(name);
    wait_for_owner(name);
    wait_for_results(300);
    if (name == "third") only->resume();
    wait_for_results(300);
    end(*next);
  }
  wait_for_owner("only");
  close_books(300);
}

TEST_CASE_FIXTURE(Sale, "a daemon that stops hands over without waiting for its lease to end") {
  auto first = daemon("first", kLongLease);
  wait_for_owner("first");
  produce();
  auto second = daemon("second", kLongLease);
  wait_to_say(*second, "standing by");
  wait_for_results(500);
  end(*first);
  wait_for_owner("second");
  close_books(500);
  end(*second);
}

TEST_CASE_FIXTURE(Sale, "a restarted daemon takes back its own lease although it is long") {
  produce();
  start(kLongLease);
  wait_for_results(500);
  kill(*only);
  start(kLongLease);
  close_books(500);
}

TEST_CASE_FIXTURE(ServedSale, "of two daemons with the same name one serves and the other reports it and waits") {
  wait_for_owner("only");
  produce();
  wait_for_results(300);
  auto second = daemon("only");
  wait_to_say(*only, "another daemon has the same name 'only'");
  wait_for_results(500);
  end(*second);
  close_books(500);  // by the first one
}

TEST_CASE_FIXTURE(SharedSale, "an owner key that is deleted or overwritten loses no order") {
  const std::string values[] = {"a thief", "one 0123abcd 1 3000", "two 0123abcd 1 3000"};
  disturb(8, 600, [&](int i) {
    if (i % 4 == 3) {
      ask_number(client(), {"DEL", "orders:owner"});
    } else {
      set(client(), "orders:owner", values[i % 4]);
    }
  });
}

TEST_CASE_FIXTURE(ServedSale, "an owner key of another type does not stop the active daemon") {
  wait_for_owner("only");
  produce();
  wait_for_results(300);
  ask_number(client(),
             {"EVAL", "server.call('DEL', KEYS[1]) return server.call('LPUSH', KEYS[1], 'x')", "1", "orders:owner"});
  wait_to_say(*only, "the lease was not renewed");
  wait_for_results(500);
  ask_number(client(), {"DEL", "orders:owner"});
  wait_for_owner("only");
  close_books();
}

}  // namespace orderd::test
