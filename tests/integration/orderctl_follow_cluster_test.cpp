// Following the lanes of a cluster: a node that does not reply, and a slot that is moved.
#include <algorithm>

#include "integration/market.h"

namespace orderd::test {
namespace {

void add(const Market& market, const std::string& lane, const std::string& order) {
  auto client = market.set.client_of(slot_of_lane(lane));
  (void)xadd(client, results_of(lane), {{"order", order}, {"request", "1-0"}, {"status", "accepted"}});
}

Process follow(const Market& market, const Words& more = {}) {
  const Words words = joined({"results", "--follow", "--json"}, more);
  return Process(clean_command(ORDERCTL_PATH, market.with_settings(words)));
}

void wait_to_show(const Process& process, const std::string& part) {
  wait_for([&] { return contains(process.output(), part); }, kClusterPatience,
           "to show " + part + ": " + process.errors());
}

void wait_to_complain(const Process& process, const std::string& part) {
  wait_to_say(process, part);
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
  Market market({"cluster-node-timeout 60000"});
  REQUIRE(market.set.primary_of(slot_of_lane("b")) == 0);
  REQUIRE(market.set.primary_of(slot_of_lane("a")) == 2);
  auto seed = market.set.node(2).client();
  market.url = "valkey://127.0.0.1:" + std::to_string(market.set.node(2).tcp_endpoint().port);
  Process process = follow(market, {"--valkey.reply_timeout", "500ms"});
  for (const std::string lane : {"a", "b", "c", "d"}) {
    add(market, lane, "before-" + lane);
    wait_to_show(process, "before-" + lane);
  }
  market.set.node(0).pause();
  wait_to_complain(process, "lane 'b': ");
  // Each attempt to connect begins with this question, so at least two have taken their time.
  const int64_t before = times_asked(seed);
  wait_for([&] { return times_asked(seed) >= before + 3; }, kClusterPatience, "attempts to connect");
  for (const std::string lane : {"a", "c", "d"}) {
    auto client = market.set.node(lane == "c" ? 1 : 2).client();
    (void)xadd(client, results_of(lane), {{"order", "after-" + lane}});
    wait_to_show(process, "after-" + lane);
  }
  const std::string errors = process.errors();
  CHECK_MESSAGE(std::count(errors.begin(), errors.end(), '\n') == 1, errors);
  market.set.node(0).resume();
  wait_to_complain(process, "lane 'b': reconnected");
  add(market, "b", "after-b");
  wait_to_show(process, "after-b");
  end(process);
}

TEST_CASE("following goes on at the other node when the slot of a lane is moved") {
  Market market;
  const Process process = follow(market);
  const Process capture(
      clean_command(ORDER_REPLAY_PATH, market.with_settings({"capture", "--lane", "c", "--results", "--follow"})));
  const uint16_t slot = slot_of_lane("c");
  Words words = market.with_settings({"results", "--follow", "--json", "--lane", "c"});
  words.insert(words.end(), {"--valkey.cluster", "false", "--valkey.url",
                             "valkey://127.0.0.1:" + std::to_string(market.set.node(1).tcp_endpoint().port)});
  Process alone(clean_command(ORDERCTL_PATH, words));
  add(market, "c", "c-1");
  for (const Process* each : {&process, &capture, static_cast<const Process*>(&alone)}) wait_to_show(*each, "c-1");
  market.set.begin_move(slot, 0);
  market.set.finish_move(slot, 0);
  REQUIRE(market.set.wait_for_primary(slot) == 0);
  add(market, "c", "c-2");
  for (const Process* each : {&process, &capture}) {
    wait_to_show(*each, "c-2");
    wait_to_complain(*each, "reconnected");
    const std::string output = each->output();
    for (const char* order : {"\"c-1\"", "\"c-2\""}) CHECK(output.find(order) == output.rfind(order));
  }
  CHECK_FALSE(says(process, "set valkey.cluster"));
  CHECK(alone.wait() == 1);
  CHECK(says(alone, "set valkey.cluster = true"));
  add(market, "a", "another lane");
  wait_to_show(process, "another lane");
}

}  // namespace
}  // namespace orderd::test
