// How orderd and orderctl find a cluster: seeds, TLS, rights, and servers that are not cluster nodes.
#include "integration/market.h"

namespace orderd::test {

TEST_CASE("frozen and closed seeds and host names are handled") {
  Market market({"cluster-announce-hostname localhost", "cluster-preferred-endpoint-type hostname"});
  const uint16_t slot = slot_of_lane("b");
  const std::size_t first = market.set.primary_of(slot);
  market.set.node(first).kill();
  market.set.wait_for_primary(slot, first);
  const std::size_t frozen = market.set.replica_of(slot_of_lane("a"));
  market.set.node(frozen).pause();
  market.url = "valkey://";
  for (const std::size_t node : {first, frozen, std::size_t{1}}) {
    market.url +=
        (node == first ? "" : ",") + ("localhost:" + std::to_string(market.set.node(node).tcp_endpoint().port));
  }
  market.start_daemon();
  market.wait_until_ready();
  CHECK(contains(succeeded(market.run({"--lane", "b", "status"})).row("server"), "localhost:"));
  {
    const Load load = market.load();
    market.wait_for_results(100);
    market.set.node(frozen).resume();
    market.set.node(first).start();
    market.set.wait_until_well();
    (void)market.set.fail_over(slot);
    market.wait_for_results(100);
  }
  CHECK(market.says("localhost:"));
  market.close();
}

TEST_CASE("over TLS each node is connected to at its TLS port") {
  Authority authority("orderd test CA");
  const CertificateFiles files = authority.sign("node", {"IP:127.0.0.1"});
  Market market({"tls-cert-file " + files.cert, "tls-key-file " + files.key, "tls-ca-cert-file " + authority.file(),
                 "tls-auth-clients no", "tls-cluster yes", "tls-replication yes"},
                &authority);
  market.start_daemon();
  market.wait_until_ready();
  {
    const Load load = market.load();
    market.wait_for_results(100);
    (void)market.set.fail_over(slot_of_lane("a"));
    market.wait_for_results(100);
  }
  CHECK(contains(market.run({"--lane", "a", "status"}).row("server"), "valkeys://127.0.0.1:"));
  market.close();
}

TEST_CASE("a server without cluster support and a node without a cluster are reported with what to do") {
  const auto at = [](const ValkeyServer& server, const std::string& cluster, const Words& words = {}) {
    const Words lane = {"--streams.orders", "{shop}:orders", "--streams.results",
                        "{shop}:results",   "--keys.stock",  "{shop}:stock:<sku>"};
    const Words url = {"--valkey.cluster", cluster, "--valkey.url",
                       "valkey://127.0.0.1:" + std::to_string(server.tcp_endpoint().port)};
    return joined(joined(words, lane), url);
  };
  const ValkeyServer alone({.tcp = true});
  failed(outcome_of(Process(clean_command(ORDERD_PATH, at(alone, "true")))),
         {"is not a node of a cluster: set valkey.cluster = false"});
  failed(orderctl(at(alone, "true", {"status"})), {"cluster support disabled; set valkey.cluster = false"});

  const ValkeyServer node({.tcp = true,
                           .config = {"cluster-enabled yes", "cluster-port " + std::to_string(free_port()),
                                      "cluster-config-file nodes.conf"}});
  const std::string missing = "is in no cluster yet, or in one without slots";
  failed(orderctl(at(node, "true", {"status"})), {missing});
  Process waiting(clean_command(ORDERD_PATH, at(node, "true")));
  wait_to_say(waiting, missing);
  auto client = node.client();
  (void)ask(client, {"CLUSTER", "ADDSLOTSRANGE", "0", "16383"});
  wait_to_say(waiting, "ready: serving '{shop}:orders'");
  end(waiting);
  failed(outcome_of(Process(clean_command(ORDERD_PATH, at(node, "false")))),
         {"is a node of a cluster: set valkey.cluster = true"});
}

TEST_CASE_FIXTURE(Market, "orderd --check --online asks the primary of each lane") {
  const auto check = [&] {
    return outcome_of(Process(clean_command(ORDERD_PATH, with_settings({"--check", "--online"}))));
  };
  const Ran ran = succeeded(check());
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(ran.says("127.0.0.1:" + std::to_string(set.node(i).tcp_endpoint().port) + " OK: Valkey "));
  }
  auto client = set.client_of(slot_of_lane("b"));
  CHECK(ask(client, {"ACL", "SETUSER", "default", "-cluster|shards", "-decrby"}) == "OK");
  failed(check(), {"may not run CLUSTER SHARDS; to grant it: ACL SETUSER default '+cluster|shards'",
                   "may not run DECRBY on '{b}:stock:"});
  for (std::size_t i = 0; i < ClusterSet::kNodes; ++i) {
    auto node = set.node(i).client();
    CHECK(ask(node, {"ACL", "SETUSER", "default", "-cluster|shards"}) == "OK");
  }
  failed(run({"--lane", "a", "status"}), {"refused CLUSTER SHARDS: NOPERM", "grant this user +cluster|shards"});
}

TEST_CASE_FIXTURE(Market, "doctor finds cluster-require-full-coverage and a primary without a replica") {
  const auto states = [&] {
    std::map<std::string, std::string> found;
    const auto examined = run({"--lane", "b", "doctor", "--json"}).json();
    for (const Json& finding : examined.at(0)["findings"]) found[finding["check"]] = finding["state"];
    return found;
  };
  CHECK(states()["coverage"] == "good");
  auto client = set.client_of(slot_of_lane("b"));
  CHECK(ask(client, {"CONFIG", "SET", "cluster-require-full-coverage", "yes"}) == "OK");
  set.node(set.replica_of(slot_of_lane("b"))).kill();
  wait_for([&] { return states()["replicas"] == "problem"; }, kClusterPatience, "the replica to be missed");
  CHECK(states()["coverage"] == "problem");
}

}  // namespace orderd::test
