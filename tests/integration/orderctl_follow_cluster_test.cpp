// Following the lanes of a cluster: a node that does not reply, and a slot that is moved.
#include "integration/market.h"

namespace orderd::test {
namespace {

const Words kFollow = {"results", "--follow", "--json"};

struct FollowMarket : Market {
  using Market::Market;

  void add(const std::string& lane, const std::string& order) const {
    auto client = client_of(lane);
    xadd(client, results_of(lane), {{"order", order}, {"request", "1-0"}, {"status", "accepted"}});
  }
  [[nodiscard]] Process start(const char* program, const Words& words) const {
    return Process(clean_command(program, with_settings(words)));
  }
};

void wait_to_show(const Process& process, const std::string& part) {
  wait_for([&] { return contains(process.output(), part); }, kClusterPatience,
           "to show " + part + ": " + process.errors());
}

// How often a node was asked where the slots are.
int64_t times_asked(valkey::SyncClient& node) {
  const std::string stats = ask(node, {"INFO", "commandstats"});
  const std::string name = "cmdstat_cluster|shards:calls=";
  const std::size_t at = stats.find(name);
  return at == std::string::npos ? 0 : std::stoll(stats.substr(at + name.size()));
}

TEST_CASE("a lane that cannot connect does not make following lose the other lanes") {
  // Without a failover: the frozen node stays the primary of lane b.
  FollowMarket market({"cluster-node-timeout 60000"});
  REQUIRE(market.set.primary_of(slot_of_lane("b")) == 0);
  REQUIRE(market.set.primary_of(slot_of_lane("a")) == 2);
  auto seed = market.set.node(2).client();
  market.url = market.url_of(2);
  Process process = market.start(ORDERCTL_PATH, joined(kFollow, {"--valkey.reply_timeout", "500ms"}));
  for (const std::string& lane : market.lanes.names()) {
    market.add(lane, "before-" + lane);
    wait_to_show(process, "before-" + lane);
  }
  market.set.node(0).pause();
  wait_to_say(process, "lane 'b': ");
  // Each attempt to connect begins with this question, so at least two have taken their time.
  const int64_t before = times_asked(seed);
  wait_for([&] { return times_asked(seed) >= before + 3; }, kClusterPatience, "attempts to connect");
  for (const std::string lane : {"a", "c", "d"}) {
    auto client = market.set.node(lane == "c" ? 1 : 2).client();
    xadd(client, results_of(lane), {{"order", "after-" + lane}});
    wait_to_show(process, "after-" + lane);
  }
  // That it did not answer, and that it cannot be connected to.
  CHECK_MESSAGE(count_of(process.errors(), "\n") == 2, process.errors());
  market.set.node(0).resume();
  wait_to_say(process, "lane 'b': reconnected");
  market.add("b", "after-b");
  wait_to_show(process, "after-b");
  end(process);
}

TEST_CASE("following goes on at the other node when the slot of a lane is moved") {
  FollowMarket market;
  const Process process = market.start(ORDERCTL_PATH, kFollow);
  const Process capture = market.start(ORDER_REPLAY_PATH, {"capture", "--lane", "c", "--results", "--follow"});
  const uint16_t slot = slot_of_lane("c");
  Process alone(clean_command(ORDERCTL_PATH, market.alone(joined(kFollow, {"--lane", "c"}), 1)));
  market.add("c", "c-1");
  for (const Process* each : std::vector<const Process*>{&process, &capture, &alone}) wait_to_show(*each, "c-1");
  market.set.begin_move(slot, 0);
  market.set.finish_move(slot, 0);
  REQUIRE(market.set.wait_for_primary(slot) == 0);
  market.add("c", "c-2");
  for (const Process* each : {&process, &capture}) {
    wait_to_show(*each, "c-2");
    wait_to_say(*each, "reconnected");
    for (const char* order : {"\"c-1\"", "\"c-2\""}) CHECK(count_of(each->output(), order) == 1);
  }
  CHECK_FALSE(says(process, "set valkey.cluster"));
  CHECK(alone.wait() == 1);
  CHECK(says(alone, "set valkey.cluster = true"));
  market.add("a", "another lane");
  wait_to_show(process, "another lane");
}

}  // namespace
}  // namespace orderd::test
