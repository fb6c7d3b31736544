// The scripts in a cluster of one node with all slots; which scripts the server keeps, and the types of their replies.
#include "shop.h"
#include "support/text.h"
#include "support/wait_for.h"

namespace orderd::test {
namespace {

// A cluster of one node that is up.
class Cluster : public ValkeyServer {
 public:
  Cluster()
      : ValkeyServer({.tcp = true,
                      .config = {"cluster-enabled yes", "cluster-config-file nodes.conf",
                                 "cluster-port " + std::to_string(free_port())}}) {
    auto admin = client();
    (void)ask(admin, {"CLUSTER", "ADDSLOTSRANGE", "0", "16383"});
    wait_for(
        [&] {
          return contains(ask(admin, {"CLUSTER", "INFO"}), "cluster_state:ok");
        },
        std::chrono::seconds(30), "a cluster that is ok");
  }
};

}  // namespace

TEST_CASE("in a cluster all keys of one slot work and keys of two slots are refused before any effect") {
  const Cluster cluster;
  Shop shop(cluster, "{a}:");
  shop.stock("shoe", "100");
  CHECK(shop.settle({Order{}, Order{}, Order{.id = "o-2", .lines = {{"hat", "1"}}}, Malformed{}}) == "adum");
  CHECK(shop.change_stock("add", "shoe", "3").starts_with("97 100 "));
  CHECK(shop.join() == "4-0 4 0 _ _ 0 4");
  CHECK(shop.trim("orders", 1) == "3 0 _ _");
  CHECK(shop.lease("one", "1a", "fresh").starts_with("active "));

  const Call call = shop.call({Order{.id = "o-4"}, Malformed{}});
  const auto keys = shop.keys_of(call);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto split = keys;
    split[i] = "{b}:" + split[i].substr(4);
    CHECK(shop.unchanged([&] { return shop.run(lua::settle, split, shop.arguments_of(call)); }) ==
          Begins{"-CROSSSLOT "});
  }
  CHECK(shop.run(call) == "am");
}

TEST_CASE_FIXTURE(FullShop, "a loaded script outlives any number of scripts run by EVAL") {
  for (int i = 0; i < 600; ++i) (void)at_server({"EVAL", "return " + std::to_string(i), "0"});
  CHECK(settle({Order{}}) == "a");
}

TEST_CASE_FIXTURE(FullShop, "every reply is a string or an array of strings") {
  struct Row {
    std::string name;
    std::string_view script;
    Words keys, arguments;
    std::size_t strings;
  };
  const Call one = call({Order{}});
  const Row rows[] = {
      {"settle", lua::settle, keys_of(one), arguments_of(one), 0},
      {"stock", lua::stock, {results_stream, stock_key("shoe")}, {"add", "3", R"({"sku":"shoe",)", ""}, 3},
      {"join", lua::join, {position, orders, results_stream}, {}, 7},
      {"lease, active", lua::lease, {owner, standby, position}, {"one", "1a", "3000", "fresh", ""}, 3},
      {"lease, standby", lua::lease, {owner, standby, position}, {"two", "2b", "3000", "standby", ""}, 4},
      {"trim", lua::trim, {orders, position}, {"orders", "1", "100", "", ""}, 4},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const Words eval = {"EVAL", std::string(row.script), std::to_string(row.keys.size())};
    const auto reply = send(admin(), command_of(joined(joined(eval, row.keys), row.arguments)));
    CHECK(reply->is_string() == (row.strings == 0));
    CHECK(reply->size() == row.strings);
    for (std::size_t i = 0; i < reply->size(); ++i) CHECK(reply->at(i).is_string());
  }
}

}  // namespace orderd::test
