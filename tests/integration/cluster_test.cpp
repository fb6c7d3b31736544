// orderd and orderctl with a real cluster under load, while nodes are killed, frozen and failed over and slots are
// migrated.
#include "integration/market.h"

namespace orderd::test {
namespace {

struct OpenMarket : Market {
  OpenMarket() {
    start_daemon();
    wait_until_ready();
  }
  // Waits for 300 more results of each lane, calls `disturb` under load, and closes the market.
  template <class Disturb>
  void survive(Disturb&& disturb) {
    {
      const Load producers = load();
      wait_for_results(300);
      disturb();
    }
    close();
  }
};

}  // namespace

TEST_CASE_FIXTURE(OpenMarket, "lanes resume at the new primary when theirs is killed, and again when it is back") {
  survive([&] {
    const uint16_t slot = slot_of_lane("a");
    const std::size_t first = set.primary_of(slot);
    set.node(first).kill();
    set.wait_for_primary(slot, first);
    wait_for_results(300);
    set.node(first).start();
    set.wait_until_well();
    CHECK(set.fail_over(slot) == first);
    wait_for_results(300);
  });
}

TEST_CASE_FIXTURE(OpenMarket, "a frozen primary is left for the new one") {
  survive([&] {
    const uint16_t slot = slot_of_lane("b");
    const std::size_t first = set.primary_of(slot);
    set.node(first).pause();
    set.wait_for_primary(slot, first);
    wait_for_results(300);
    set.node(first).resume();
    wait_for_results(300);
    wait_to_say("the primary is valkey://127.0.0.1:");
  });
}

TEST_CASE_FIXTURE(OpenMarket, "orders of a slot wait while it is moved, and a move that does not end is named") {
  survive([&] {
    const uint16_t slot = slot_of_lane("c");
    const std::string number = std::to_string(slot);
    for (const std::size_t to : {0U, 1U}) {
      set.begin_move(slot, to);
      set.finish_move(slot, to);
      CHECK(set.wait_for_primary(slot) == to);
      wait_for_results(300);
    }
    set.begin_move(slot, 0);
    wait_to_say("slot " + number + " of '{c}:orders' has been moving to another node for 10 s");
    wait_to_say("CLUSTER SETSLOT " + number + " STABLE on both nodes");
    for (const std::size_t node : {0U, 1U}) {
      auto client = set.node(node).client();
      CHECK(ask(client, {"CLUSTER", "SETSLOT", number, "STABLE"}) == "OK");
    }
    wait_to_say("[c] processing resumed");
  });
}

}  // namespace orderd::test
