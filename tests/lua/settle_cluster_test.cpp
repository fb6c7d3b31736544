// The scripts in a cluster, and what the server keeps of scripts. One node with all slots is cluster enough.
#include "shop.h"
#include "support/wait_for.h"

namespace orderd::test {
namespace {

ServerOptions cluster_options() {
  return {.tcp = true,
          .config = {"cluster-enabled yes", "cluster-config-file nodes.conf",
                     "cluster-port " + std::to_string(free_port())}};
}

// A cluster of one node that is ready.
class Cluster {
 public:
  Cluster() : server_(cluster_options()) {
    auto client = server_.client();
    (void)ask(client, {"CLUSTER", "ADDSLOTSRANGE", "0", "16383"});
    wait_for(
        [&] {
          return ask(client, {"CLUSTER", "INFO"}).find("cluster_state:ok") != std::string::npos;
        },
        std::chrono::seconds(30), "a cluster that is ok");
  }
  const ValkeyServer& server() { return server_; }

 private:
  ValkeyServer server_;
};

}  // namespace

TEST_CASE("in a cluster all keys of one slot work and keys of two slots are refused before any effect") {
  Cluster cluster;
  Shop shop(cluster.server(), "{a}:");
  shop.stock("shoe", "100");
  CHECK(shop.settle(shop.deliver()) == "accepted");
  CHECK(shop.settle(shop.deliver()) == "duplicate");
  CHECK(shop.settle(shop.deliver(), {.id = "o-2", .lines = {{"hat", "1"}}}) == "unknown_sku");
  CHECK(shop.settle("1-0", {.id = "o-3"}) == "stale");
  CHECK(shop.refuse(shop.deliver()) == "malformed");
  CHECK(shop.change_stock("add", "shoe", "3").starts_with("97 100 "));
  CHECK(shop.position() == "");
  CHECK(shop.position() == "4-0");
  (void)shop.deliver("dead");
  CHECK(shop.claim("c", 0) == "0-0 1 0");
  shop.set_group("0");
  CHECK(shop.read() == 5);
  CHECK(shop.settle("2-0") == "stale");
  CHECK(shop.refuse("4-0") == "stale");
  CHECK(shop.settle("3-0", {.id = "o-2", .lines = {{"hat", "1"}}}) == "stale");
  CHECK(shop.settle("1-0") == "stale");
  CHECK(shop.trim(shop.orders, 1) == "4");
  const std::string newest = shop.results().back().id;
  CHECK(shop.restore("5-0", newest, {"5-0"}) == "exists");
  shop.destroy_group();
  CHECK(shop.restore("5-0", newest, {"5-0"}) == "created");
  CHECK(shop.pending() == 1);

  const Order order{.id = "o-4"};
  const auto keys = shop.settle_keys(order);
  const auto arguments = shop.settle_arguments("5-0", order);
  const std::string before = shop.snapshot();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto split = keys;
    split[i] = "{b}:" + split[i].substr(4);
    const std::string answer = shop.run(lua::settle, split, arguments);
    CHECK_MESSAGE(answer.starts_with("-CROSSSLOT "), answer);
    CHECK(shop.snapshot() == before);
  }
  CHECK(shop.settle("5-0", order) == "accepted");
}

TEST_CASE_FIXTURE(Shop, "a script that was loaded outlives any number of others that were not") {
  stock("shoe", "100");
  for (int i = 0; i < 600; ++i) (void)ask(admin(), {"EVAL", "return " + std::to_string(i), "0"});
  CHECK(settle(deliver()) == "accepted");
}

TEST_CASE("each script asks to be refused up front where it could be stopped half-way") {
  for (const auto script : {lua::settle, lua::refuse, lua::claim, lua::position, lua::restore, lua::stock}) {
    CHECK(script.starts_with("#!lua\n"));
  }
  CHECK(lua::trim.starts_with("#!lua flags=allow-oom\n"));  // it only removes
}

TEST_CASE_FIXTURE(Shop, "every answer is a string or a small whole number") {
  stock("shoe", "9007199254740991");
  const std::string request = deliver();
  const auto keys = settle_keys({}), arguments = settle_arguments(request, {});
  std::vector<std::string> words = {"EVAL", std::string(lua::settle), std::to_string(keys.size())};
  words.insert(words.end(), keys.begin(), keys.end());
  words.insert(words.end(), arguments.begin(), arguments.end());
  CHECK(send(admin(), command_of(words))->is_string());
  const auto changed = send(admin(), command_of({"EVAL", std::string(lua::stock), "2", results_stream,
                                                 stock_key("shoe"), "add", "3", R"({"sku":"shoe",)", ""}));
  REQUIRE(changed->size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(changed->at(i).is_string());
  CHECK(changed->at(1).text() == "9007199254740991");
}

}  // namespace orderd::test
