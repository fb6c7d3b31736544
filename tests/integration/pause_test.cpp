// orderctl pause and resume with a running daemon.
#include "integration/orderctl_desk.h"

namespace orderd::test {

TEST_CASE_FIXTURE(Desk, "a pause is noticed and shown while idle, and survives a restart") {
  for (const bool restarted : {false, true}) {
    Process daemon = start_orderd({"--streams.group", ""});
    if (!restarted) {
      wait_to_say(daemon, "ready");
      CHECK(run({"status", "--json"}).json().at(0)["paused"].is_null());
      check_values(run({"pause", "--reason", "tidy\x1b[1m up", "--json"}).json().at(0),
                   {{"paused", true}, {"changed", true}, {"reason", "tidy\x1b[1m up"}});
      CHECK(run({"pause"}).says("'orders' was already paused since"));
    }
    wait_to_say(daemon, "'orders' is paused: tidy");
    CHECK(run({"status"}).row("paused").ends_with("tidy\\x1b[1m up; orderctl resume ends that"));
    CHECK(run({"status", "--json"}).json().at(0)["paused"]["reason"] == "tidy\x1b[1m up");
    if (restarted) {
      push_order(admin(), "o-1");
      succeeded(run({"resume"}), {"'orders' is resumed; it was paused since"});
      wait_for_length(admin(), "results", 1);
      CHECK(run({"resume"}).output == "'orders' was not paused\n");
    }
    end(daemon);
  }
}

TEST_CASE_FIXTURE(Desk, "a shop that was paused before its first start misses nothing when it is resumed") {
  push_order(admin(), "o-1");
  succeeded(run({"pause"}));
  Process daemon = start_orderd({});
  wait_to_say(daemon, "'orders' is paused");
  succeeded(run({"resume"}));
  wait_for_length(admin(), "results", 1);
  wait_to_say(daemon, "ready");
  CHECK_FALSE(says(daemon, "missing"));
  end(daemon);
}

}  // namespace orderd::test
