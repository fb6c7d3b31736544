// The scripts in a cluster, and which scripts the server keeps. A cluster of one node with all slots.
#include "shop.h"
#include "support/wait_for.h"

namespace orderd::test {
namespace {

ServerOptions cluster_options() {
  return {.tcp = true,
          .config = {"cluster-enabled yes", "cluster-config-file nodes.conf",
                     "cluster-port " + std::to_string(free_port())}};
}

// A cluster of one node that is up.
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
  CHECK(shop.settle({Order{}, Order{}, Order{.id = "o-2", .lines = {{"hat", "1"}}}, Malformed{}}) == "adum");
  CHECK(shop.change_stock("add", "shoe", "3").starts_with("97 100 "));
  CHECK(shop.join() == "4-0 4 0 _ _ 0 4");
  CHECK(shop.trim("orders", 1) == "3 0 _ _");
  CHECK(shop.lease("one", "1a", "fresh").starts_with("active "));

  const Call call = shop.call({Order{.id = "o-4"}, Malformed{}});
  const auto keys = shop.keys_of(call);
  const auto arguments = shop.arguments_of(call);
  const std::string before = shop.snapshot();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto split = keys;
    split[i] = "{b}:" + split[i].substr(4);
    const std::string answer = shop.run(lua::settle, split, arguments);
    CHECK_MESSAGE(answer.starts_with("-CROSSSLOT "), answer);
    CHECK(shop.snapshot() == before);
  }
  CHECK(shop.run(call) == "am");
}

TEST_CASE_FIXTURE(Shop, "a loaded script outlives any number of scripts run by EVAL") {
  stock("shoe", "100");
  for (int i = 0; i < 600; ++i) (void)at_server({"EVAL", "return " + std::to_string(i), "0"});
  CHECK(settle({Order{}}) == "a");
}

TEST_CASE("each script that could be stopped half-way is refused up front") {
  for (const auto script : {lua::settle, lua::join, lua::stock, lua::letter}) CHECK(script.starts_with("#!lua\n"));
  // Out of memory, trimming frees memory and the lease must not be lost.
  for (const auto script : {lua::trim, lua::lease}) CHECK(script.starts_with("#!lua flags=allow-oom\n"));
}

TEST_CASE("shared functions are included") {
  for (const auto script : {lua::settle, lua::join, lua::lease, lua::trim, lua::stock, lua::letter}) {
    CHECK(script.find("-- include ") == std::string_view::npos);
    CHECK(script.find("local function failed(") != std::string_view::npos);
  }
}

TEST_CASE_FIXTURE(Shop, "every reply is a string or an array of strings") {
  stock("shoe", "9007199254740991");
  const auto answer = [&](std::string_view script, const std::vector<std::string>& keys,
                          const std::vector<std::string>& arguments) {
    std::vector<std::string> words = {"EVAL", std::string(script), std::to_string(keys.size())};
    words.insert(words.end(), keys.begin(), keys.end());
    words.insert(words.end(), arguments.begin(), arguments.end());
    return send(admin(), command_of(words));
  };
  const Call one = call({Order{}});
  CHECK(answer(lua::settle, keys_of(one), arguments_of(one))->is_string());
  const auto are_strings = [](const valkey::OwnedReply& reply, std::size_t count) {
    CHECK(reply->size() == count);
    for (std::size_t i = 0; i < reply->size(); ++i) CHECK(reply->at(i).is_string());
  };
  are_strings(answer(lua::stock, {results_stream, stock_key("shoe")}, {"add", "3", R"({"sku":"shoe",)", ""}), 3);
  are_strings(answer(lua::join, {position, orders, results_stream}, {}), 7);
  are_strings(answer(lua::lease, {owner, standby, position}, {"one", "1a", "3000", "fresh", ""}), 3);
  are_strings(answer(lua::lease, {owner, standby, position}, {"two", "2b", "3000", "standby", ""}), 4);
  are_strings(answer(lua::trim, {orders, position}, {"orders", "1", "100", ""}), 4);
}

}  // namespace orderd::test
