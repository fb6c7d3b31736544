// Cluster nodes that disagree, refuse, are silent or down.
#include "valkey/cluster.h"

#include <algorithm>
#include <deque>

#include "transport/loop_fixture.h"

namespace orderd::test {
namespace {

using valkey::Endpoint;

constexpr uint16_t kSlot = 7;
const std::string kNoPrimary = "slot 7 of the cluster has no primary that is online";

// All slots in one shard: its primary at this host, the primary's health, and more nodes.
std::string shards(const std::string& primary, const std::string& health = "online",
                   const std::vector<Endpoint>& more = {}) {
  const auto node = [](const std::string& host, uint16_t port, const std::string& role, const std::string& state) {
    return resp::array({resp::bulk("port"), resp::integer(port), resp::bulk("endpoint"), resp::bulk(host),
                        resp::bulk("role"), resp::bulk(role), resp::bulk("health"), resp::bulk(state)});
  };
  std::vector<std::string> nodes = {node(primary, Endpoint().port, "master", health)};
  for (const Endpoint& each : more) nodes.push_back(node(each.host, each.port, "replica", "online"));
  return resp::array({resp::array({resp::bulk("slots"), resp::array({resp::integer(0), resp::integer(16383)}),
                                   resp::bulk("nodes"), resp::array(nodes)})});
}

// All nodes are seeds.
template <std::size_t count>
struct NodesOf : LoopFixture {
  NodesOf() : LoopFixture(Where::kTcp) {
    for (std::size_t i = 0; i < count; ++i) {
      Endpoint& seed = seeds.emplace_back(nodes.emplace_back(loop, Where::kTcp).endpoint());
      seed.username = "anna";
      seed.password = "secret";
      seed.cluster = true;
    }
  }
  void names(std::size_t node, const std::string& host) { nodes[node].on("CLUSTER").reply(shards(host)); }
  void until_all_wait() {
    const auto waits = [](const FakeServer& node) { return node.waits("CLUSTER"); };
    until([&] { return std::all_of(nodes.begin(), nodes.end(), waits); }, "all nodes are asked");
  }

  // As returned by the topology.
  [[nodiscard]] Endpoint primary(const std::string& host) const {
    Endpoint endpoint = seeds.front();
    endpoint.host = host;
    endpoint.port = Endpoint().port;
    return endpoint;
  }

  [[nodiscard]] std::unique_ptr<valkey::Topology::Search> ask(valkey::Topology& topology, std::string& answer) {
    return topology.locate([this, &answer](const Result<Endpoint>& result) {
      CHECK(answer.empty());
      answer = result ? result->host : result.error();
      if (!result) return;
      found = *result;
      CHECK(found.username + found.password == "annasecret");
    });
  }
  // The host, or the error.
  std::string locate() {
    std::string answer;
    const auto search = ask(*slot, answer);
    until([&] { return !answer.empty(); }, "an answer");
    return answer;
  }
  [[nodiscard]] std::size_t asked() const {
    std::size_t queries = 0;
    for (const FakeServer& node : nodes) queries += node.count("CLUSTER SHARDS");
    return queries;
  }

  std::deque<FakeServer> nodes;
  std::vector<Endpoint> seeds;
  Endpoint found;  // the last one
  valkey::Cluster cluster{loop, [this] { return Result<std::vector<Endpoint>>(seeds); }};
  std::unique_ptr<valkey::Topology> slot = cluster.topology(kSlot);
};

}  // namespace

TEST_CASE_FIXTURE(NodesOf<2>, "concurrent lookups share one query") {
  names(0, "10.0.0.2");
  names(1, "10.0.0.2");
  std::vector<std::unique_ptr<valkey::Topology>> slots;
  std::deque<std::string> answers;
  std::vector<std::unique_ptr<valkey::Topology::Search>> searches;
  for (uint16_t i = 0; i < 20; ++i) {
    slots.push_back(cluster.topology(i));
    searches.push_back(ask(*slots.back(), answers.emplace_back()));
  }
  until([&] { return std::count(answers.begin(), answers.end(), "10.0.0.2") == 20; }, "all answers");
  CHECK(asked() <= 2);
}

TEST_CASE_FIXTURE(NodesOf<1>, "a later lookup is not answered by an earlier query") {
  nodes[0].on("CLUSTER").times(1).silence();
  nodes[0].on("CLUSTER").after(1).reply(shards("10.0.0.2"));
  std::string first, second;
  const auto one = ask(*slot, first);
  until_all_wait();
  const auto other = cluster.topology(8);
  const auto two = ask(*other, second);
  REQUIRE(nodes[0].answer("CLUSTER", shards("10.0.0.1")));
  until([&] { return !first.empty() && !second.empty(); }, "both answers");
  CHECK(first == "10.0.0.1");
  CHECK(second == "10.0.0.2");
}

TEST_CASE_FIXTURE(NodesOf<2>, "known nodes are asked when no seed replies") {
  seeds.pop_back();
  nodes[0].on("CLUSTER").reply(shards("10.0.0.1", "online", {nodes[1].endpoint()}));
  CHECK(locate() == "10.0.0.1");
  CHECK(nodes[1].accepted() == 0);
  nodes[0].refuse();
  names(1, "10.0.0.2");
  CHECK(locate() == "10.0.0.2");
  CHECK(nodes[1].count("AUTH anna secret") == 1);
}

TEST_CASE_FIXTURE(NodesOf<20>, "of many nodes a few are asked at a time and others the next time") {
  for (FakeServer& node : nodes) node.on("CLUSTER").error("LOADING the dataset");
  (void)locate();
  CHECK(asked() == 8);
  (void)locate();
  (void)locate();
  for (const FakeServer& node : nodes) CHECK(node.count("CLUSTER") >= 1);
}

TEST_CASE_FIXTURE(NodesOf<1>, "the address in MOVED is tried first and dropped when it fails") {
  names(0, "10.0.0.1");
  Endpoint left = primary("10.0.0.1");
  slot->report(left, {ErrorKind::kMoved, "reading 'orders': MOVED 7 10.0.0.2:6379"});
  CHECK(locate() == "10.0.0.2");
  CHECK(asked() == 0);
  left.host = "10.0.0.2";
  slot->report(left, {ErrorKind::kLost, "connection refused"});
  CHECK(locate() == "10.0.0.1");
  CHECK(asked() == 1);
  // An address that the node does not know, another slot, another error.
  const valkey::Error others[] = {{ErrorKind::kMoved, "MOVED 7 ?:6379"},
                                  {ErrorKind::kMoved, "MOVED 8 10.0.0.3:6379"},
                                  {ErrorKind::kLost, "MOVED 7 10.0.0.3:6379"}};
  std::size_t queries = 1;
  for (const valkey::Error& other : others) {
    CAPTURE(other.what);
    slot->report(left, other);
    CHECK(locate() == "10.0.0.1");
    CHECK(asked() == ++queries);
  }
}

TEST_CASE_FIXTURE(NodesOf<2>, "a client that left a server prefers another primary, or takes the same one again") {
  // The other node names another one, or the same, or is silent.
  const std::string other = each_of({"10.0.0.2", "10.0.0.1", ""});
  CAPTURE(other);
  slot->report(primary("10.0.0.1"), {ErrorKind::kLost, "gone"});
  for (FakeServer& node : nodes) node.on("CLUSTER").silence();
  std::string answer;
  const auto search = ask(*slot, answer);
  until_all_wait();
  REQUIRE(nodes[0].answer("CLUSTER", shards("10.0.0.1")));
  if (!other.empty()) REQUIRE(nodes[1].answer("CLUSTER", shards(other)));
  until([&] { return !answer.empty(); }, "an answer");
  CHECK(answer == (other.empty() ? "10.0.0.1" : other));
}

TEST_CASE_FIXTURE(NodesOf<2>, "the reason why no primary is known is reported") {
  const std::string none = "no node of the cluster has answered: ";
  SUBCASE("the only one has failed") {
    nodes[0].on("CLUSTER").reply(shards("10.0.0.1", "fail", {nodes[1].endpoint()}));
    nodes[1].refuse();
    CHECK(locate() == kNoPrimary);
  }
  SUBCASE("no node answers") {
    for (FakeServer& node : nodes) node.refuse();
    CHECK(locate().starts_with(none + "cannot connect to " + seeds[0].redacted()));
  }
  SUBCASE("the nodes are loading") {
    for (FakeServer& node : nodes) node.on("CLUSTER").error("LOADING the dataset is loaded");
    CHECK(locate().starts_with(none));
  }
  SUBCASE("a node disconnects after its reply, which counts once") {
    nodes[0].on("CLUSTER").reply(shards("10.0.0.1", "fail")).close();
    nodes[1].on("CLUSTER").silence();
    CHECK(locate() == kNoPrimary);
  }
}

TEST_CASE_FIXTURE(Tcp<LoopFixture>, "an error reading the seeds is reported") {
  valkey::Cluster cluster(loop, []() -> Result<std::vector<Endpoint>> { return Failure{"cannot read the password"}; });
  const auto slot = cluster.topology(kSlot);
  std::string answer;
  const auto search = slot->locate([&](const Result<Endpoint>& found) { answer = found.error(); });
  CHECK(answer.empty());
  until([&] { return !answer.empty(); }, "an answer");
  CHECK(answer == "no node of the cluster has answered: cannot read the password");
}

TEST_CASE_FIXTURE(NodesOf<2>, "a node that cannot name the primary is a last resort: it redirects or fails") {
  const std::pair<std::string, std::string> rows[] = {
      {"CLUSTER", "NOPERM User anna has no permissions to run the 'cluster|shards' command"},
      {"AUTH", "WRONGPASS invalid username-password pair"},
      {"CLUSTER", "ERR This instance has cluster support disabled"}};
  const auto [command, error] = each_of(rows);
  CAPTURE(error);
  nodes[0].on(command).error(error);
  nodes[1].refuse();
  CHECK(locate() == seeds[0].host);
  CHECK(found.same_address(seeds[0]));
  nodes[1].listen();
  names(1, "10.0.0.2");
  CHECK(locate() == "10.0.0.2");
}

TEST_CASE_FIXTURE(NodesOf<3>, "a suspected server is left when most nodes name another") {
  std::vector<std::string> heard;
  const auto watch = slot->watch([&](const Endpoint& primary) { heard.push_back(primary.host); });
  const auto suspect = [&] {
    const std::size_t before = asked();
    const auto all_asked = [&] {
      if (asked() == before) slot->suspect(primary("10.0.0.1"));
      return asked() == before + 3;
    };
    until(all_asked, "all nodes are asked once");
    turn(Milliseconds(20));
  };
  for (std::size_t i = 0; i < 3; ++i) names(i, "10.0.0.1");
  suspect();
  CHECK(heard.empty());
  names(0, "10.0.0.2");  // one of them has a different view
  suspect();
  CHECK(heard.empty());
  names(1, "10.0.0.2");
  suspect();
  until([&] { return !heard.empty(); }, "the announcement");
  CHECK(heard == std::vector<std::string>{"10.0.0.2"});
  CHECK(locate() == "10.0.0.2");  // at once
  heard.clear();
  for (FakeServer& node : nodes) node.on("CLUSTER").error("NOPERM no");
  suspect();
  CHECK(heard.empty());
}

TEST_CASE_FIXTURE(NodesOf<2>, "a lookup can be canceled at any time") {
  for (FakeServer& node : nodes) node.on("CLUSTER").silence();
  std::string answer;
  auto search = ask(*slot, answer);
  std::size_t questions = 0;
  SUBCASE("at once") {
  }
  SUBCASE("when all were asked") {
    until_all_wait();
    questions = 2;
  }
  search.reset();
  turn(Milliseconds(20));
  CHECK(answer.empty());
  CHECK(asked() == questions);
  names(0, "10.0.0.2");
  CHECK(locate() == "10.0.0.2");
}

TEST_CASE_FIXTURE(NodesOf<1>, "a callback can cancel other lookups") {
  names(0, "10.0.0.1");
  const auto other = cluster.topology(8);
  std::unique_ptr<valkey::Topology::Search> second;
  bool answered = false;
  const auto first = slot->locate([&](const Result<Endpoint>&) {
    answered = true;
    second.reset();
  });
  second = other->locate([](const Result<Endpoint>&) { FAIL("called after it was canceled"); });
  until([&] { return answered; }, "the answer");
  turn(Milliseconds(20));
}

}  // namespace orderd::test
