// The lease, the group that shows the position, and retention.
#include "transport/lane_fixture.h"

namespace orderd::test {
TEST_CASE_FIXTURE(LaneFixture, "what a failover lost is reported also when another daemon takes over") {
  // Where the other one started, empty if nobody knows, and when this one reconnects. Over the same link, nothing is
  // lost: this one settled what is after 3-0 after the other one had started.
  const auto row = each_of<std::pair<std::string, std::string>>({{"3-0 3", "before"},
                                                                 {"3-0 3", "never"},
                                                                 {"3-0 3", "later"},
                                                                 {"5-0 5", "before"},
                                                                 {"7-0 7", "before"},
                                                                 {"", "before"}});
  const std::string &taken = row.first, &reconnects = row.second;
  CAPTURE(taken);
  CAPTURE(reconnects);
  const std::size_t reported = taken == "3-0 3" && reconnects == "before" ? 1 : 0;
  options.lease = Milliseconds(60);
  serve();
  settles(1, 5);
  auto& elsewhere = fake.on("EVALSHA lease").reply(resp::bulks({"standby", "other", "3000", taken}));
  if (reconnects == "before") fake.close_all();
  until_used(elsewhere, 4);
  if (reconnects == "later") fake.close_all();
  until_used(elsewhere, 8);
  CHECK(logged("has forgotten 2 settled requests of 'orders', all after 3-0") == reported);
  CHECK(logged("has forgotten") == reported);
  CHECK(status().counters.lost == 2 * reported);
  elsewhere.off();
  until_idle();
}

TEST_CASE_FIXTURE(LaneFixture, "a daemon that loses its lease goes on standby and logs that once") {
  options.lease = Milliseconds(90);
  serve();
  owner = "thief";
  until_phase(lane::Phase::kStandby);
  until_count("EVALSHA lease", fake.count("EVALSHA lease") + 3);
  CHECK(logged("standing by: 'thief' serves 'orders'") == 1);
  CHECK(status().owner == "thief");
  const std::size_t reads = fake.count("XREAD");
  stream = order_entries(1, 2);
  turn(Milliseconds(50));
  CHECK(fake.count("XREAD") == reads);
  CHECK(settled.empty());
  owner.clear();
  until_settled();
}

TEST_CASE_FIXTURE(LaneFixture, "a daemon of the same name is an error that is reported once") {
  options.lease = Milliseconds(60);
  auto& namesake = fake.on("EVALSHA lease").reply(resp::bulks({"namesake", "me", "3000"}));
  start();
  until_used(namesake, 4);
  CHECK(logged("another daemon has the same name 'me'") == 1);
  namesake.off();
  until_idle();
}

TEST_CASE_FIXTURE(LaneFixture, "a lease that cannot be renewed does not stop the lane") {
  options.lease = Milliseconds(60);
  serve();
  auto& refused = fake.on("EVALSHA lease").error("OOM command not allowed");
  until_used(refused, 2);
  settles(1, 3);
  CHECK(logged("the lease was not renewed: OOM") == 1);
}

TEST_CASE("the position is shown at once and then every second and orders continue whatever the reply") {
  const std::string created = resp::bulks({"created", ""});
  for (const std::string& reply : {resp::bulks({"moved", "0"}), resp::bulks({"missing", ""}),
                                   resp::error("NOPERM key orders: ACL failure in script")}) {
    for (const std::string& first : {reply, created}) {
      CAPTURE(reply);
      CAPTURE(first);
      LaneFixture test;
      test.fake.on("EVALSHA sign").reply(reply);
      test.fake.on("EVALSHA sign").times(1).reply(first);
      test.serve();
      test.settles(1, 2);
      test.until_count("EVALSHA sign", 3);
      CHECK(test.fake.count("EVALSHA join") == 1);
      CHECK(test.logged("could not be moved: NOPERM") <= 1);
    }
  }
}

TEST_CASE_FIXTURE(
    LaneFixture, "a group that is missing or disagrees with the position makes the lane check the stream, but rarely") {
  // A lag while nothing waits, an unknown lag, a group that has vanished.
  const std::string reply =
      each_of({resp::bulks({"moved", "5"}), resp::bulks({"moved", ""}), resp::bulks({"created", ""})});
  CAPTURE(reply);
  const bool lasts = reply != resp::bulks({"created", ""});
  fake.on("EVALSHA sign").after(lasts ? 0 : 1).times(lasts ? 1000 : 1).reply(reply);
  serve();
  until_count("EVALSHA join", 2);
  until_count("EVALSHA sign", fake.count("EVALSHA sign") + 3);
  CHECK(fake.count("EVALSHA join") == 2);
  if (lasts) until_count("EVALSHA join", 3);
}

TEST_CASE_FIXTURE(LaneFixture,
                  "retention continues until nothing is due and alternating refusals are each reported once") {
  options.retention_orders = options.retention_results = Milliseconds(1000);
  SUBCASE("in steps") {
    auto& more = fake.on("EVALSHA trim").times(20).reply(resp::bulks({"100", "1"}));
    serve();
    until_used(more, 20);
    until([&] { return status().counters.trimmed == 2000; }, "the count");
  }
  SUBCASE("held back by a group") {
    auto& kept = fake.on("EVALSHA trim").with("orders").times(3).reply(resp::bulks({"0", "0", "slow", "5-0"}));
    serve();
    until_used(kept, 3);
    until([&] { return logged("retention.orders: no consumer group is behind") == 1; }, "its end");
    CHECK(logged("the consumer group 'slow' keeps old entries: it is behind, at 5-0") == 1);
  }
  SUBCASE("of dead letters") {
    options.retention_dead = Milliseconds(1000);
    auto& dead = fake.on("EVALSHA trim").with("orders:dead").reply(resp::bulks({"0", "0"}));
    serve();
    until_used(dead, 1);
  }
  SUBCASE("refused") {
    auto& orders = fake.on("EVALSHA trim").with("orders").error("ERR no orders today");
    auto& results = fake.on("EVALSHA trim").with("results").error("ERR no results today");
    serve();
    until_used(orders, 3);
    until_used(results, 3);
    CHECK(logged("retention.orders was refused: ERR no orders today") == 1);
    CHECK(logged("retention.results was refused: ERR no results today") == 1);
  }
}

}  // namespace orderd::test
