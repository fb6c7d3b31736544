// How orderd and orderctl find a cluster: seeds, TLS, rights, and servers that are not cluster nodes.
#include <doctest/doctest.h>

#include "integration/market.h"

using namespace orderd;
using namespace orderd::test;

TEST_CASE("frozen and closed seeds and host names are handled") {
  Market market({"cluster-announce-hostname localhost", "cluster-preferred-endpoint-type hostname"});
  const uint16_t slot = slot_of_lane("b");
  const std::size_t first = market.set.primary_of(slot);
  market.set.node(first).kill();
  market.set.wait_for_primary(slot, first);
  const std::size_t frozen = market.set.replica_of(slot_of_lane("a"));
  market.set.node(frozen).pause();
  const auto address = [&](std::size_t node) {
    return "localhost:" + std::to_string(market.set.node(node).tcp_endpoint().port);
  };
  market.url = "valkey://" + address(first) + "," + address(frozen) + "," + address(1);
  market.start_daemon();
  market.wait_until_ready();
  const Ran status = market.run({"--lane", "b", "status"});
  CHECK(status.status == 0);
  CHECK(contains(status.row("server"), "localhost:"));
  {
    const Load load = market.load();
    market.wait_for_results(100);
    market.set.node(frozen).resume();
    market.set.node(first).start();
    market.set.wait_until_well();
    (void)market.set.fail_over(slot);
    market.wait_for_results(100);
  }
  market.check_books();
  CHECK(market.says("localhost:"));
  market.stop_daemon();
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
  market.check_books();
  CHECK(contains(market.run({"--lane", "a", "status"}).row("server"), "valkeys://127.0.0.1:"));
  market.stop_daemon();
}

TEST_CASE("a server without cluster support and a node without a cluster are reported with what to do") {
  const Words cluster = {"--valkey.cluster", "true",         "--streams.orders",   "{shop}:orders", "--streams.results",
                         "{shop}:results",   "--keys.stock", "{shop}:stock:<sku>", "--valkey.url"};
  const auto with_url = [&](const ValkeyServer& server, const Words& words) {
    return joined(joined(words, cluster), {"valkey://127.0.0.1:" + std::to_string(server.tcp_endpoint().port)});
  };
  const ValkeyServer alone({.tcp = true});
  Process daemon(clean_command(ORDERD_PATH, with_url(alone, {})));
  CHECK(daemon.wait() == 1);
  CHECK(says(daemon, "is not a node of a cluster: set valkey.cluster = false"));
  Ran ran = orderctl(with_url(alone, {"status"}));
  CHECK(ran.status == 1);
  CHECK(ran.complains("cluster support disabled; set valkey.cluster = false"));

  const ValkeyServer node({.tcp = true,
                           .config = {"cluster-enabled yes", "cluster-port " + std::to_string(free_port()),
                                      "cluster-config-file nodes.conf"}});
  ran = orderctl(with_url(node, {"status"}));
  CHECK(ran.status == 1);
  CHECK(ran.complains("is in no cluster yet, or in one without slots"));
  Process waiting(clean_command(ORDERD_PATH, with_url(node, {})));
  wait_to_say(waiting, "is in no cluster yet, or in one without slots");
  auto client = node.client();
  (void)ask(client, {"CLUSTER", "ADDSLOTSRANGE", "0", "16383"});
  wait_to_say(waiting, "ready: serving '{shop}:orders'");
  end(waiting);

  Process without(
      clean_command(ORDERD_PATH, {"--valkey.url", "valkey://127.0.0.1:" + std::to_string(node.tcp_endpoint().port)}));
  CHECK(without.wait() == 1);
  CHECK(says(without, "is a node of a cluster: set valkey.cluster = true"));
}

TEST_CASE("orderd --check --online asks the primary of each lane") {
  Market market;
  const auto check = [&] {
    return outcome_of(Process(clean_command(ORDERD_PATH, market.with_settings({"--check", "--online"}))));
  };
  Ran ran = check();
  CHECK(ran.status == 0);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(ran.says("127.0.0.1:" + std::to_string(market.set.node(i).tcp_endpoint().port) + " OK: Valkey "));
  }
  auto client = market.set.client_of(slot_of_lane("b"));
  CHECK(ask(client, {"ACL", "SETUSER", "default", "-cluster|shards", "-decrby"}) == "OK");
  ran = check();
  CHECK(ran.status == 1);
  CHECK(ran.complains("may not run CLUSTER SHARDS; to grant it: ACL SETUSER default '+cluster|shards'"));
  CHECK(ran.complains("may not run DECRBY on '{b}:stock:"));
}

TEST_CASE("without the right to CLUSTER SHARDS redirects are followed") {
  Market market;
  for (std::size_t i = 0; i < ClusterSet::kNodes; ++i) {
    auto client = market.set.node(i).client();
    CHECK(ask(client, {"ACL", "SETUSER", "default", "-cluster|shards"}) == "OK");
  }
  market.start_daemon();
  market.wait_until_ready();
  market.stop_daemon();
  const Ran ran = market.run({"--lane", "a", "status"});
  CHECK(ran.status == 1);
  CHECK(ran.complains("refused CLUSTER SHARDS: NOPERM"));
  CHECK(ran.complains("grant this user +cluster|shards"));
}

TEST_CASE("doctor finds cluster-require-full-coverage and a primary without a replica") {
  Market market;
  const auto states = [&] {
    std::map<std::string, std::string> found;
    const auto examined = market.run({"--lane", "b", "doctor", "--json"}).json();
    for (const Json& finding : examined.at(0)["findings"]) found[finding["check"]] = finding["state"];
    return found;
  };
  CHECK(states()["coverage"] == "good");
  auto client = market.set.client_of(slot_of_lane("b"));
  CHECK(ask(client, {"CONFIG", "SET", "cluster-require-full-coverage", "yes"}) == "OK");
  market.set.node(market.set.replica_of(slot_of_lane("b"))).kill();
  wait_for([&] { return states()["replicas"] == "problem"; }, kClusterPatience, "the replica to be missed");
  CHECK(states()["coverage"] == "problem");
}
