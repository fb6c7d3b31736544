// orderctl pause and resume with running daemons.
#include <signal.h>

#include "integration/orderctl_desk.h"
#include "integration/sale.h"

using namespace orderd;
using namespace orderd::test;
using namespace std::chrono_literals;

TEST_CASE("no order is settled between pause and resume, whichever daemon serves") {
  Sale sale(test_seed());
  auto first = sale.daemon("first");
  sale.wait_for_owner("first");
  auto second = sale.daemon("second");
  sale.produce();
  sale.wait_for_results(400);
  for (int round = 0; round < 3; ++round) {
    const Ran paused = succeeded(orderctl_at(sale.url, {"pause", "--reason", "round"}));
    const std::string position = sale.position();
    CHECK(paused.says("'orders' is paused after request " + position));
    const std::size_t results = sale.results();
    CHECK(orderctl_at(sale.url, {"pause"}).says("was already paused since"));
    if (round == 1) {
      first->signal(SIGKILL);
      CHECK(first->wait() != 0);
      first = sale.daemon("first");
    }
    wait_for([&] { return contains(second->errors() + first->errors(), "is paused: round"); }, 20s,
             "a daemon to notice");
    CHECK(sale.position() == position);
    CHECK(sale.results() == results);
    succeeded(orderctl_at(sale.url, {"resume"}), {"'orders' is resumed; it was paused since"});
    sale.wait_for_results(400);
  }
  sale.stop_producing();
  sale.settle();
  for (Process* daemon : {first.get(), second.get()}) end(*daemon);
  sale.check_books();
}

TEST_CASE_FIXTURE(Desk, "a pause is noticed and shown while idle, and survives a restart") {
  for (const bool restarted : {false, true}) {
    Process daemon = start_orderd({"--streams.group", ""});
    if (!restarted) {
      wait_to_say(daemon, "ready");
      CHECK(run({"status", "--json"}).json().at(0)["paused"].is_null());
      check_values(run({"pause", "--reason", "tidy\x1b[1m up", "--json"}).json().at(0),
                   {{"paused", true}, {"changed", true}});
    }
    wait_to_say(daemon, "'orders' is paused: tidy");
    CHECK(run({"status"}).row("paused").ends_with("tidy\\x1b[1m up; orderctl resume ends that"));
    CHECK(run({"status", "--json"}).json().at(0)["paused"]["reason"] == "tidy\x1b[1m up");
    if (restarted) {
      push_order(admin(), "o-1");
      succeeded(run({"resume"}));
      wait_for_length(admin(), "results", 1);
      CHECK(run({"resume"}).output == "'orders' was not paused\n");
    }
    end(daemon);
  }
}
