// orderd and orderctl with a real cluster: four lanes over three primaries, under load, while nodes are killed, frozen
// and relieved and slots are moved.
#include <doctest/doctest.h>
#include <signal.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "integration/orderctl_desk.h"
#include "order/lanes.h"
#include "support/certificates.h"
#include "support/cluster_set.h"
#include "support/entry_id.h"
#include "support/wait_for.h"
#include "valkey/cluster.h"
#include "valkey/slot.h"

using namespace orderd;
using namespace orderd::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kPatience = 60s;
constexpr const char* kLanes = "a,b,c,d";  // of the nodes 2, 0, 1 and 2
constexpr int kStock = 1'000'000;

std::string orders_of(const std::string& lane) {
  return "{" + lane + "}:orders";
}
std::string results_of(const std::string& lane) {
  return "{" + lane + "}:results";
}
uint16_t slot_of_lane(const std::string& lane) {
  return valkey::slot_of(orders_of(lane));
}

// Producers, one a lane, each of which pushes an order a millisecond and follows its primary.
class Load {
 public:
  Load(const std::vector<std::string>& lanes, const std::vector<std::string>& skus,
       const std::vector<valkey::Endpoint>& seeds)
      : seeds_(seeds) {
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      threads_.emplace_back([this, lane = lanes[i], sku = skus[i]] { run(lane, sku); });
    }
  }
  ~Load() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    stopped_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

 private:
  // False: it is over.
  bool wait(std::chrono::milliseconds span) {
    std::unique_lock lock(mutex_);
    return !stopped_.wait_for(lock, span, [&] { return stop_; });
  }
  void run(const std::string& lane, const std::string& sku) {
    int number = 0;
    while (wait(20ms)) {
      const auto primary = valkey::ask_cluster(seeds_, slot_of_lane(lane), "producer");
      if (!primary) continue;
      auto client = valkey::SyncClient::connect(*primary, {"producer", 500ms, 500ms});
      for (bool good = client.ok(); good && wait(1ms);) {
        const std::string id = lane + "-" + std::to_string(++number);
        const auto reply =
            client->call(command_of({"XADD", orders_of(lane), "*", "id", id, "sku", sku, "quantity", "1"}));
        good = reply && !(*reply)->is_error();
      }
    }
  }

  const std::vector<valkey::Endpoint> seeds_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

class Market {
 public:
  // `authority`: of the nodes' certificates; null: no TLS.
  explicit Market(const std::vector<std::string>& config = {}, const Authority* authority = nullptr)
      : set(config, authority != nullptr) {
    if (authority != nullptr) {
      tls = {"--valkey.tls_ca_file", authority->file()};
      url = set.tls_url();
    }
    for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
      int number = 0;
      while (lanes.of("sku-" + std::to_string(number)) != lane) ++number;
      skus.push_back("sku-" + std::to_string(number));
      CHECK(run({"--lane", lanes.names()[lane], "stock", "set", skus.back(), std::to_string(kStock)}).status == 0);
    }
  }

  [[nodiscard]] Words with_settings(Words words) const {
    const Words settings = {"--valkey.url",      url.empty() ? set.url() : url,
                            "--valkey.cluster",  "true",
                            "--streams.lanes",   kLanes,
                            "--streams.orders",  "{<lane>}:orders",
                            "--keys.stock",      "{<lane>}:stock:<sku>",
                            "--streams.results", "{<lane>}:results"};
    for (const Words& more : {settings, tls}) words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  [[nodiscard]] Ran run(const Words& words) const { return orderctl(with_settings(words)); }

  void start_daemon() {
    daemon = std::make_unique<Process>(clean_command(
        ORDERD_PATH, with_settings({"--processing.name", "only", "--processing.lease", "1s", "--admin.listen", ""})));
  }
  [[nodiscard]] bool says(const std::string& part) const { return daemon->errors().find(part) != std::string::npos; }
  void wait_to_say(const std::string& part) const {
    if (!poll_until([&] { return says(part); }, kPatience)) FAIL("no '", part, "' in: ", daemon->errors());
  }
  void wait_until_ready() const {
    for (const std::string& lane : lanes.names()) wait_to_say("ready: serving '" + orders_of(lane) + "'");
  }
  void stop_daemon() const {
    daemon->signal(SIGTERM);
    CHECK(daemon->wait() == 0);
    CHECK_FALSE(says(" error "));
  }
  [[nodiscard]] Load load() const { return Load(lanes.names(), skus, *valkey::parse_urls(set.url())); }

  // Until each lane has so many more results than now.
  void wait_for_results(std::size_t count) const {
    std::vector<std::size_t> wanted;
    for (const std::string& lane : lanes.names()) {
      auto client = set.client_of(slot_of_lane(lane));
      wanted.push_back(length(client, results_of(lane)) + count);
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      auto client = set.client_of(slot_of_lane(lanes.names()[i]));
      wait_for([&] { return length(client, results_of(lanes.names()[i])) >= wanted[i]; }, kPatience,
               std::to_string(count) + " more results of lane " + lanes.names()[i] + "; " + daemon->errors());
    }
  }

  // Each order has its one result, in order, and stock fits.
  void check_books() const {
    for (std::size_t i = 0; i < lanes.count(); ++i) check_books(lanes.names()[i], skus[i]);
  }

  ClusterSet set;
  const order::Lanes lanes = *order::Lanes::parse(kLanes);
  std::vector<std::string> skus;  // one of each lane
  std::string url;                // empty: the first three nodes
  Words tls;
  std::unique_ptr<Process> daemon;

 private:
  void check_books(const std::string& lane, const std::string& sku) const {
    CAPTURE(lane);
    auto client = set.client_of(slot_of_lane(lane));
    wait_for(
        [&] {
          const auto newest = send(client, command_of({"XREVRANGE", orders_of(lane), "+", "-", "COUNT", "1"}));
          return ask(client, {"HGET", orders_of(lane) + ":position", "id"}) == newest->at(0).at(0).text();
        },
        kPatience, "everything to be settled; " + daemon->errors());
    std::vector<std::string> asked, answered;
    for (const Entry& request : entries(client, orders_of(lane))) asked.push_back(request.id);
    int sold = 0;
    for (const Entry& result : entries(client, results_of(lane))) {
      if (result.has("request")) answered.push_back(result.field("request"));
      if (result.field("status") == "accepted") ++sold;
    }
    CHECK(answered.size() == asked.size());
    CHECK(answered == asked);
    CHECK(get(client, "{" + lane + "}:stock:" + sku) == std::to_string(kStock - sold));
    const Ran audit = run({"audit", "--lane", lane});
    CHECK_MESSAGE(audit.status == 0, audit.output, audit.errors);
  }
};

}  // namespace

TEST_CASE("lanes go on at the new primary when theirs is killed, and again when it is back") {
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

TEST_CASE("lanes follow a failover that an operator asks for") {
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

TEST_CASE("a primary that is frozen is left for the one that takes its place") {
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

TEST_CASE("orders of a slot wait while it is moved and go on at the other node") {
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

TEST_CASE("a seed that is frozen and one that is closed are no obstacle, nor is a name in place of an address") {
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
  CHECK(status.row("server").find("localhost:") != std::string::npos);
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

TEST_CASE("a move that was left half-way is named with the way out") {
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

TEST_CASE("over TLS each node is connected to at its port for TLS") {
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
  CHECK(market.run({"--lane", "a", "status"}).row("server").find("valkeys://127.0.0.1:") != std::string::npos);
  market.stop_daemon();
}

TEST_CASE("a server that is no cluster and a node that is in none say what to do") {
  const Words cluster = {"--valkey.cluster", "true",         "--streams.orders",   "{shop}:orders", "--streams.results",
                         "{shop}:results",   "--keys.stock", "{shop}:stock:<sku>", "--valkey.url"};
  const auto with_url = [&](const ValkeyServer& server, Words words) {
    words.insert(words.end(), cluster.begin(), cluster.end());
    words.push_back("valkey://127.0.0.1:" + std::to_string(server.tcp_endpoint().port));
    return words;
  };
  const ValkeyServer alone({.tcp = true});
  Process daemon(clean_command(ORDERD_PATH, with_url(alone, {})));
  CHECK(daemon.wait() == 1);
  CHECK(daemon.errors().find("is not a node of a cluster: set valkey.cluster = false") != std::string::npos);
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
  wait_for([&] { return waiting.errors().find("is in no cluster yet, or in one without slots") != std::string::npos; },
           kPatience, "the daemon to say so");
  auto client = node.client();
  (void)ask(client, {"CLUSTER", "ADDSLOTSRANGE", "0", "16383"});
  wait_for([&] { return waiting.errors().find("ready: serving '{shop}:orders'") != std::string::npos; }, kPatience,
           "the daemon to serve");
  waiting.signal(SIGTERM);
  CHECK(waiting.wait() == 0);

  Process without(
      clean_command(ORDERD_PATH, {"--valkey.url", "valkey://127.0.0.1:" + std::to_string(node.tcp_endpoint().port)}));
  CHECK(without.wait() == 1);
  CHECK(without.errors().find("is a node of a cluster: set valkey.cluster = true") != std::string::npos);
}

TEST_CASE("orderd --check --online asks the primary of each lane") {
  Market market;
  const auto check = [&] {
    Process process(clean_command(ORDERD_PATH, market.with_settings({"--check", "--online"})));
    const int status = process.wait();
    return Ran{status, process.output(), process.errors()};
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

TEST_CASE("without the right to ask for the map redirects are followed") {
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
