// Cluster nodes that disagree, refuse, are silent or down.
#include "valkey/cluster.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>

#include "transport/fake_server.h"
#include "transport/resp.h"
#include "transport/run_until.h"

namespace orderd::test {
namespace {

using valkey::Endpoint;
using valkey::ErrorKind;

constexpr uint16_t kSlot = 7;

// All slots in one shard: its primary, the primary's health, and more nodes.
std::string shards(const Endpoint& primary, const std::string& health = "online",
                   const std::vector<Endpoint>& more = {}, bool slots = true) {
  const auto node = [](const Endpoint& at, const std::string& role, const std::string& state) {
    return resp::array({resp::bulk("port"), resp::integer(at.port), resp::bulk("endpoint"), resp::bulk(at.host),
                        resp::bulk("role"), resp::bulk(role), resp::bulk("health"), resp::bulk(state)});
  };
  std::vector<std::string> nodes = {node(primary, "master", health)};
  for (const Endpoint& each : more) nodes.push_back(node(each, "replica", "online"));
  return resp::array({resp::array({resp::bulk("slots"),
                                   slots ? resp::array({resp::integer(0), resp::integer(16383)}) : resp::array({}),
                                   resp::bulk("nodes"), resp::array(nodes)})});
}

Endpoint at(const std::string& host) {
  Endpoint endpoint;
  endpoint.host = host;
  return endpoint;
}

class ClusterFixture {
 public:
  // All nodes are seeds.
  explicit ClusterFixture(std::size_t count)
      : cluster(loop, [this]() -> Result<std::vector<Endpoint>> { return seeds; }), slot(cluster.topology(kSlot)) {
    for (std::size_t i = 0; i < count; ++i) {
      nodes.emplace_back(loop, FakeServer::Where::kTcp);
      seeds.push_back(nodes.back().endpoint());
      seeds.back().username = "anna";
      seeds.back().password = "secret";
      seeds.back().cluster = true;
    }
  }
  void says(std::size_t node, const std::string& reply) { nodes[node].on("CLUSTER").reply(reply); }
  void names(std::size_t node, const std::string& host) { says(node, shards(at(host))); }

  // As returned by the topology.
  [[nodiscard]] Endpoint primary(const std::string& host) const {
    Endpoint endpoint = seeds.front();
    endpoint.host = host;
    endpoint.port = at(host).port;
    return endpoint;
  }

  [[nodiscard]] std::unique_ptr<valkey::Topology::Search> ask(valkey::Topology& topology, std::string& answer) {
    return topology.locate([&answer](const Result<Endpoint>& found) {
      CHECK(answer.empty());
      answer = found ? found->host : found.error();
      if (found) CHECK(found->username + found->password == "annasecret");
    });
  }
  // The host, or the error.
  std::string locate() {
    std::string answer;
    const auto search = ask(*slot, answer);
    run_until(
        loop, [&] { return !answer.empty(); }, "an answer");
    return answer;
  }
  [[nodiscard]] std::size_t asked() const {
    std::size_t count = 0;
    for (const FakeServer& node : nodes) count += node.count("CLUSTER SHARDS");
    return count;
  }

  Loop loop;
  std::deque<FakeServer> nodes;
  std::vector<Endpoint> seeds;
  valkey::Cluster cluster;
  std::unique_ptr<valkey::Topology> slot;
};

}  // namespace

TEST_CASE("the first reply that names a primary counts while other nodes are silent or down") {
  ClusterFixture test(3);
  test.nodes[0].on("CLUSTER").silence();
  test.nodes[1].refuse();
  test.names(2, "10.0.0.2");
  CHECK(test.locate() == "10.0.0.2");
  CHECK(test.nodes[2].count("HELLO") + test.nodes[2].count("INFO") + test.nodes[2].count("ROLE") == 0);
  CHECK(test.slot->moves());
}

TEST_CASE("concurrent lookups share one query") {
  ClusterFixture test(2);
  test.names(0, "10.0.0.2");
  test.names(1, "10.0.0.2");
  std::vector<std::unique_ptr<valkey::Topology>> slots;
  std::deque<std::string> answers;
  std::vector<std::unique_ptr<valkey::Topology::Search>> searches;
  for (uint16_t i = 0; i < 20; ++i) {
    slots.push_back(test.cluster.topology(i));
    searches.push_back(test.ask(*slots.back(), answers.emplace_back()));
  }
  run_until(
      test.loop, [&] { return std::all_of(answers.begin(), answers.end(), [](auto& each) { return !each.empty(); }); },
      "all answers");
  for (const std::string& answer : answers) CHECK(answer == "10.0.0.2");
  CHECK(test.asked() <= 2);
}

TEST_CASE("a later lookup is not answered by an earlier query") {
  ClusterFixture test(1);
  test.nodes[0].on("CLUSTER").times(1).reply(shards(at("10.0.0.1"))).hold();
  test.nodes[0].on("CLUSTER").after(1).reply(shards(at("10.0.0.2")));
  std::string first, second;
  const auto one = test.ask(*test.slot, first);
  run_until(
      test.loop, [&] { return test.nodes[0].waits("CLUSTER"); }, "the first query");
  const auto other = test.cluster.topology(8);
  const auto two = test.ask(*other, second);
  REQUIRE(test.nodes[0].answer("CLUSTER", shards(at("10.0.0.1"))));
  run_until(
      test.loop, [&] { return !first.empty() && !second.empty(); }, "both answers");
  CHECK(first == "10.0.0.1");
  CHECK(second == "10.0.0.2");
}

TEST_CASE("known nodes are asked when no seed replies") {
  ClusterFixture test(2);
  const Endpoint other = test.nodes[1].endpoint();
  test.seeds.pop_back();
  test.says(0, shards(at("10.0.0.1"), "online", {other}));
  CHECK(test.locate() == "10.0.0.1");
  CHECK(test.nodes[1].accepted() == 0);
  test.nodes[0].refuse();
  test.names(1, "10.0.0.2");
  CHECK(test.locate() == "10.0.0.2");
  CHECK(test.nodes[1].count("AUTH anna secret") == 1);
}

TEST_CASE("of many nodes a few are asked at a time and others the next time") {
  ClusterFixture test(20);
  for (std::size_t i = 0; i < 20; ++i) test.nodes[i].on("CLUSTER").error("LOADING the dataset");
  (void)test.locate();
  CHECK(test.asked() == 8);
  (void)test.locate();
  (void)test.locate();
  for (const FakeServer& node : test.nodes) CHECK(node.count("CLUSTER") >= 1);
}

TEST_CASE("the address in MOVED is tried first and dropped when it fails") {
  ClusterFixture test(1);
  test.names(0, "10.0.0.1");
  Endpoint left = test.primary("10.0.0.1");
  test.slot->report(left, {ErrorKind::kMoved, "reading 'orders': MOVED 7 10.0.0.2:6379"});
  CHECK(test.locate() == "10.0.0.2");
  CHECK(test.asked() == 0);
  left.host = "10.0.0.2";
  test.slot->report(left, {ErrorKind::kLost, "connection refused"});
  CHECK(test.locate() == "10.0.0.1");
  CHECK(test.asked() == 1);
  SUBCASE("an address that the node does not know") {
    test.slot->report(left, {ErrorKind::kMoved, "MOVED 7 ?:6379"});
  }
  SUBCASE("another slot") {
    test.slot->report(left, {ErrorKind::kMoved, "MOVED 8 10.0.0.3:6379"});
  }
  SUBCASE("another error") {
    test.slot->report(left, {ErrorKind::kLost, "MOVED 7 10.0.0.3:6379"});
  }
  CHECK(test.locate() == "10.0.0.1");
  CHECK(test.asked() == 2);
}

TEST_CASE("a client that left a server prefers another primary and takes the same one if there is none") {
  ClusterFixture test(2);
  test.slot->report(test.primary("10.0.0.1"), {ErrorKind::kLost, "gone"});
  for (FakeServer& node : test.nodes) node.on("CLUSTER").silence();
  std::string answer;
  const auto search = test.ask(*test.slot, answer);
  run_until(
      test.loop, [&] { return test.nodes[0].waits("CLUSTER") && test.nodes[1].waits("CLUSTER"); }, "both are asked");
  std::string expected = "10.0.0.1";
  REQUIRE(test.nodes[0].answer("CLUSTER", shards(at("10.0.0.1"))));  // it names the old primary
  SUBCASE("the other node names another one") {
    REQUIRE(test.nodes[1].answer("CLUSTER", shards(at("10.0.0.2"))));
    expected = "10.0.0.2";
  }
  SUBCASE("the other node names the same one") {
    REQUIRE(test.nodes[1].answer("CLUSTER", shards(at("10.0.0.1"))));
  }
  SUBCASE("the other node is silent") {
  }
  run_until(
      test.loop, [&] { return !answer.empty(); }, "an answer");
  CHECK(answer == expected);
}

TEST_CASE("the reason why no primary is known is reported") {
  ClusterFixture test(2);
  std::string expected;
  SUBCASE("the only one has failed") {
    test.says(0, shards(at("10.0.0.1"), "fail", {at("10.0.0.2")}));
    test.nodes[1].refuse();
    expected = "slot 7 of the cluster has no primary that is online";
  }
  SUBCASE("the node has no slots") {
    test.says(0, shards(at(""), "online", {}, false));
    test.nodes[1].refuse();
    expected = test.seeds[0].redacted() +
               " is in no cluster yet, or in one without slots: create it with valkey-cli --cluster create";
  }
  SUBCASE("no node answers") {
    for (FakeServer& node : test.nodes) node.refuse();
    expected = "no node of the cluster has answered: cannot connect to " + test.seeds[0].redacted();
  }
  SUBCASE("the nodes are loading") {
    for (FakeServer& node : test.nodes) node.on("CLUSTER").error("LOADING the dataset is loaded");
    expected = "no node of the cluster has answered: ";
  }
  CHECK(test.locate().starts_with(expected));
}

TEST_CASE("an error reading the seeds is reported") {
  Loop loop;
  valkey::Cluster cluster(loop, []() -> Result<std::vector<Endpoint>> { return Failure{"cannot read the password"}; });
  const auto slot = cluster.topology(kSlot);
  std::string answer;
  const auto search = slot->locate([&](const Result<Endpoint>& found) { answer = found.error(); });
  CHECK(answer.empty());
  run_until(
      loop, [&] { return !answer.empty(); }, "an answer");
  CHECK(answer == "no node of the cluster has answered: cannot read the password");
}

TEST_CASE("a node that cannot name the primary is used as a last resort: it redirects or its error is reported") {
  ClusterFixture test(2);
  SUBCASE("the right is missing") {
    test.nodes[0].on("CLUSTER").error("NOPERM User anna has no permissions to run the 'cluster|shards' command");
  }
  SUBCASE("the password is wrong") {
    test.nodes[0].on("AUTH").error("WRONGPASS invalid username-password pair");
  }
  SUBCASE("cluster support is disabled") {
    test.nodes[0].on("CLUSTER").error("ERR This instance has cluster support disabled");
  }
  test.nodes[1].refuse();
  std::string answer;
  Endpoint found;
  const auto search = test.slot->locate([&](const Result<Endpoint>& each) {
    if (each) found = *each;
    answer = each ? "found" : each.error();
  });
  run_until(
      test.loop, [&] { return !answer.empty(); }, "an answer");
  CHECK(answer == "found");
  CHECK(found.same_address(test.seeds[0]));
  test.nodes[1].listen();
  test.names(1, "10.0.0.2");
  CHECK(test.locate() == "10.0.0.2");
}

TEST_CASE("a suspected server is left when most nodes name another") {
  ClusterFixture test(3);
  std::vector<std::string> heard;
  const auto watch = test.slot->watch([&](const Endpoint& primary) { heard.push_back(primary.host); });
  const Endpoint server = test.primary("10.0.0.1");
  const auto suspect = [&] {
    const std::size_t before = test.asked();
    run_until(
        test.loop,
        [&] {
          if (test.asked() == before) test.slot->suspect(server);
          return test.asked() == before + 3;
        },
        "all nodes are asked once");
    run_for(test.loop, Milliseconds(20));
  };
  for (std::size_t i = 0; i < 3; ++i) test.names(i, "10.0.0.1");
  suspect();
  CHECK(heard.empty());
  test.names(0, "10.0.0.2");  // one of them has a different view
  suspect();
  CHECK(heard.empty());
  test.names(1, "10.0.0.2");
  suspect();
  run_until(
      test.loop, [&] { return !heard.empty(); }, "the announcement");
  CHECK(heard == std::vector<std::string>{"10.0.0.2"});
  CHECK(test.locate() == "10.0.0.2");  // at once
  heard.clear();
  for (FakeServer& node : test.nodes) node.on("CLUSTER").error("NOPERM no");
  suspect();
  CHECK(heard.empty());
}

TEST_CASE("a lookup can be canceled at any time") {
  ClusterFixture test(2);
  for (FakeServer& node : test.nodes) node.on("CLUSTER").silence();
  std::string answer;
  auto search = test.ask(*test.slot, answer);
  SUBCASE("at once") {
  }
  SUBCASE("when all were asked") {
    run_until(
        test.loop, [&] { return test.nodes[0].waits("CLUSTER") && test.nodes[1].waits("CLUSTER"); }, "both are asked");
  }
  search.reset();
  run_for(test.loop, Milliseconds(20));
  CHECK(answer.empty());
  test.names(0, "10.0.0.2");
  CHECK(test.locate() == "10.0.0.2");
}

TEST_CASE("a callback can cancel other lookups") {
  ClusterFixture test(1);
  test.names(0, "10.0.0.1");
  const auto other = test.cluster.topology(8);
  std::unique_ptr<valkey::Topology::Search> second;
  bool answered = false;
  const auto first = test.slot->locate([&](const Result<Endpoint>&) {
    answered = true;
    second.reset();
  });
  second = other->locate([](const Result<Endpoint>&) { FAIL("called after it was canceled"); });
  run_until(
      test.loop, [&] { return answered; }, "the answer");
  run_for(test.loop, Milliseconds(20));
}

TEST_CASE("a node that disconnects after its reply counts once") {
  ClusterFixture test(2);
  test.nodes[0].on("CLUSTER").reply(shards(at("10.0.0.1"), "fail")).close();
  test.nodes[1].on("CLUSTER").silence();
  CHECK(test.locate() == "slot 7 of the cluster has no primary that is online");
}

}  // namespace orderd::test
