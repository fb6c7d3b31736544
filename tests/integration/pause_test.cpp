// orderctl pause and resume with running daemons.
#include <doctest/doctest.h>
#include <signal.h>

#include "integration/orderctl_desk.h"
#include "integration/sale.h"
#include "support/wait_for.h"

using namespace orderd;
using namespace orderd::test;
using namespace std::chrono_literals;

namespace {

Ran at_sale(const Sale& sale, const Words& words) {
  Words all = {"--valkey.url", sale.url};
  all.insert(all.end(), words.begin(), words.end());
  return orderctl(all);
}

}  // namespace

TEST_CASE("no order is settled between pause and resume, whichever daemon serves") {
  Sale sale(test_seed());
  auto first = sale.daemon("first");
  sale.wait_for_owner("first");
  auto second = sale.daemon("second");
  sale.produce();
  sale.wait_for_results(400);
  for (int round = 0; round < 3; ++round) {
    Ran ran = at_sale(sale, {"pause", "--reason", "round"});
    CHECK(ran.status == 0);
    const std::string position = sale.position();
    CHECK(ran.says("'orders' is paused after request " + position));
    const std::size_t results = sale.results();
    CHECK(at_sale(sale, {"pause"}).says("was already paused since"));
    if (round == 1) {
      first->signal(SIGKILL);
      CHECK(first->wait() != 0);
      first = sale.daemon("first");
    }
    wait_for([&] { return (second->errors() + first->errors()).find("is paused: round") != std::string::npos; }, 20s,
             "a daemon to notice");
    CHECK(sale.position() == position);
    CHECK(sale.results() == results);
    ran = at_sale(sale, {"resume"});
    CHECK(ran.status == 0);
    CHECK(ran.says("'orders' is resumed; it was paused since"));
    sale.wait_for_results(400);
  }
  sale.stop_producing();
  sale.settle();
  for (Process* daemon : {first.get(), second.get()}) {
    daemon->signal(SIGTERM);
    CHECK(daemon->wait() == 0);
  }
  sale.check_books();
}

TEST_CASE("a pause is noticed and shown while idle, and survives a restart") {
  Desk desk;
  const auto pauses = [](Process& daemon) {
    wait_for([&] { return daemon.errors().find("'orders' is paused: tidy") != std::string::npos; }, 20s, "the pause");
  };
  for (const bool restarted : {false, true}) {
    Process daemon = desk.start_orderd({"--streams.group", ""});
    if (!restarted) {
      wait_for([&] { return daemon.errors().find("ready") != std::string::npos; }, 20s, "the daemon to be ready");
      CHECK(desk.run({"status", "--json"}).json().at(0)["paused"].is_null());
      const Json paused = desk.run({"pause", "--reason", "tidy\x1b[1m up", "--json"}).json().at(0);
      CHECK(paused["paused"] == true);
      CHECK(paused["changed"] == true);
    }
    pauses(daemon);
    const Ran status = desk.run({"status"});
    CHECK(status.row("paused").ends_with("tidy\\x1b[1m up; orderctl resume ends that"));
    CHECK(desk.run({"status", "--json"}).json().at(0)["paused"]["reason"] == "tidy\x1b[1m up");
    if (restarted) {
      xadd(desk.admin(), "orders", {{"id", "o-1"}, {"sku", "shoe"}, {"quantity", "1"}});
      CHECK(desk.run({"resume"}).status == 0);
      wait_for([&] { return length(desk.admin(), "results") == 1; }, 20s, "the result");
      CHECK(desk.run({"resume"}).output == "'orders' was not paused\n");
    }
    daemon.signal(SIGTERM);
    CHECK(daemon.wait() == 0);
  }
}
