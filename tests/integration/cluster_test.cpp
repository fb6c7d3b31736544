// orderd and orderctl with a real cluster under load, while nodes are killed, frozen and failed over and slots are
// migrated.
#include <doctest/doctest.h>

#include "integration/market.h"

using namespace orderd;
using namespace orderd::test;

TEST_CASE("lanes resume at the new primary when theirs is killed, and again when it is back") {
  Market market;
  market.start_daemon();
  market.wait_until_ready();
  const uint16_t slot = slot_of_lane("a");
  const std::size_t first = market.set.primary_of(slot);
  {
    const Load load = market.load();
    market.wait_for_results(300);
    market.set.node(first).kill();
    market.set.wait_for_primary(slot, first);
    market.wait_for_results(300);
    market.set.node(first).start();
    market.set.wait_until_well();
    CHECK(market.set.fail_over(slot) == first);
    market.wait_for_results(300);
  }
  market.check_books();
  market.stop_daemon();
}

TEST_CASE("lanes follow a manual failover") {
  Market market;
  market.start_daemon();
  market.wait_until_ready();
  {
    const Load load = market.load();
    market.wait_for_results(300);
    for (const char* lane : {"a", "b", "a"}) {
      (void)market.set.fail_over(slot_of_lane(lane));
      market.wait_for_results(300);
      market.set.wait_until_well();
    }
  }
  market.check_books();
  market.stop_daemon();
}

TEST_CASE("a frozen primary is left for the new one") {
  Market market;
  market.start_daemon();
  market.wait_until_ready();
  const uint16_t slot = slot_of_lane("b");
  const std::size_t first = market.set.primary_of(slot);
  {
    const Load load = market.load();
    market.wait_for_results(300);
    market.set.node(first).pause();
    market.set.wait_for_primary(slot, first);
    market.wait_for_results(300);
    market.set.node(first).resume();
    market.wait_for_results(300);
  }
  market.check_books();
  CHECK(market.says("the primary is valkey://127.0.0.1:"));
  market.stop_daemon();
}

TEST_CASE("orders of a slot wait while it is migrated and resume at the other node") {
  Market market;
  market.start_daemon();
  market.wait_until_ready();
  const uint16_t slot = slot_of_lane("c");
  {
    const Load load = market.load();
    market.wait_for_results(300);
    for (const std::size_t to : {0U, 1U}) {
      market.set.begin_move(slot, to);
      market.set.finish_move(slot, to);
      CHECK(market.set.wait_for_primary(slot) == to);
      market.wait_for_results(300);
    }
  }
  market.check_books();
  market.stop_daemon();
}

TEST_CASE("an unfinished slot migration is named with the way out") {
  Market market;
  market.start_daemon();
  market.wait_until_ready();
  const uint16_t slot = slot_of_lane("c");
  const std::string number = std::to_string(slot);
  {
    const Load load = market.load();
    market.wait_for_results(100);
    market.set.begin_move(slot, 0);
    market.wait_to_say("slot " + number + " of '{c}:orders' has been moving to another node for 10 s");
    market.wait_to_say("CLUSTER SETSLOT " + number + " STABLE on both nodes");
    for (const std::size_t node : {0U, 1U}) {
      auto client = market.set.node(node).client();
      CHECK(ask(client, {"CLUSTER", "SETSLOT", number, "STABLE"}) == "OK");
    }
    market.wait_to_say("[c] processing resumed");
  }
  market.check_books();
  market.stop_daemon();
}
