// Several lanes on one server: serving all of them, orders of other lanes, and how daemons share lanes.
#include <map>
#include <regex>
#include <set>

#include "integration/guarded.h"
#include "integration/sale.h"
#include "order/lanes.h"

namespace orderd::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kNames = "a,b,c,d";
const Words kSkus = {"hat", "sock", "shoe", "tie"};  // of a, b, c and d

const Words kSettings = {"ORDERD_PROCESSING_LEASE=1s", std::string("ORDERD_STREAMS_LANES=") + kNames,
                         "ORDERD_STREAMS_ORDERS={<lane>}:orders", "ORDERD_STREAMS_RESULTS={<lane>}:results",
                         "ORDERD_KEYS_STOCK={<lane>}:stock:<sku>"};

// A server, daemons that serve four lanes of it, and a customer who knows the rule.
struct Shops : Sale {
  void start(const Words& settings = {}) { Sale::start(joined(kSettings, settings)); }
  void stock(const std::string& sku, const std::string& quantity) {
    set(client(), "{" + lane_of(sku) + "}:stock:" + sku, quantity);
  }
  std::string push(const std::string& lane, const std::string& order) {
    return ask(client(), {"XADD", "{" + lane + "}:orders", "*", "order", order});
  }
  std::string buy(const std::string& id, const std::string& sku, const std::string& lane) {
    return push(lane, R"({"id":")" + id + R"(","sku":")" + sku + R"(","quantity":1})");
  }
  std::string buy(const std::string& id, const std::string& sku) { return buy(id, sku, lane_of(sku)); }
  std::string lane_of(const std::string& sku) { return lanes.names()[lanes.of(sku)]; }
  // How many lanes each daemon has.
  std::map<std::string, int> shares() {
    std::map<std::string, int> count;
    for (const std::string& lane : lanes.names()) {
      const std::string held = get(client(), "{" + lane + "}:orders:owner").value_or("");
      ++count[held.substr(0, held.find(' '))];
    }
    return count;
  }
  void wait_for_shares(const std::map<std::string, int>& wanted) {
    wait_for([&] { return shares() == wanted; }, 20s, "the lanes to be shared");
  }
  // All results of a lane; below, the one with this number.
  std::vector<Entry> results(const std::string& lane) { return entries(client(), "{" + lane + "}:results"); }
  Entry result(const std::string& lane, std::size_t number) {
    wait_for([&] { return results(lane).size() > number; }, 20s, "a result");
    return results(lane)[number];
  }
  // Orders a shoe.
  void check_shoes_are_sold() {
    stock("shoe", "5");
    buy("o-1", "shoe");
    CHECK(result("c", 0).field("status") == "accepted");
  }

  order::Lanes lanes = *order::Lanes::parse(kNames);
};

}  // namespace

TEST_CASE_FIXTURE(Shops, "all lanes of a server share one settling connection, and all resume after it was killed") {
  start();
  for (const std::string& sku : kSkus) stock(sku, "1000");
  for (int i = 0; i < 100; ++i) {
    for (const std::string& sku : kSkus) buy("o-" + std::to_string(i), sku);
    if (i % 20 != 19) continue;
    for (const std::string& sku : kSkus) (void)result(lane_of(sku), i - 19);
    CHECK(clients_named(client(), "orderd-read:only ").size() == 4);
    const auto settling = clients_named(client(), "orderd-settle:only ");
    REQUIRE(settling.size() == 1);
    CHECK(ask_number(client(), {"CLIENT", "KILL", "ID", settling[0].id}) == 1);
  }
  for (const std::string& sku : kSkus) {
    const std::string lane = lane_of(sku);
    (void)result(lane, 99);
    CHECK(results(lane).size() == 100);
    CHECK(get(client(), "{" + lane + "}:stock:" + sku) == "900");
    CHECK(says(*only, "[" + lane + "] ready: serving"));
  }
  CHECK(contains(stop(), "lane 'd': read="));
}

TEST_CASE_FIXTURE(Shops, "a lane that cannot be served does not stop the others") {
  ask(client(), {"ACL", "SETUSER", "shopkeeper", "on", "nopass", "~{a}*", "~{c}*", "+@all"});
  start({"ORDERD_VALKEY_USERNAME=shopkeeper"});
  check_shoes_are_sold();
  for (const std::string lane : {"b", "d"}) wait_to_say(*only, "[" + lane + "] waiting: NOPERM");
  stock("sock", "5");
  buy("o-1", "sock");
  ask(client(), {"ACL", "SETUSER", "shopkeeper", "~*"});
  CHECK(result("b", 0).field("status") == "accepted");
}

TEST_CASE_FIXTURE(Shops, "the daemon exits and says why if no lane can be served") {
  ask(client(), {"ACL", "SETUSER", "shopkeeper", "on", "nopass", "~nothing", "+@all"});
  auto refused = daemon("only", joined(kSettings, {"ORDERD_VALKEY_USERNAME=shopkeeper"}));
  CHECK(refused->wait() == 1);
  CHECK(says(*refused, "orderd exits with status 1: NOPERM"));
}

TEST_CASE_FIXTURE(Shops, "the user of config/users.acl serves lanes when its patterns begin with the tag") {
  Words words = {"ACL", "SETUSER", "orderd"};
  for (const std::string& rule : rules_of("orderd")) {
    // As in docs/scaling.md.
    const std::string tagged = std::regex_replace(rule, std::regex("~([a-z])"), "~{*}:$1");
    words.push_back(std::regex_replace(tagged, std::regex("product:\\*:stock"), "stock:*"));
  }
  ask(client(), words);
  ask(client(), {"ACL", "SETUSER", "orderd", "nopass"});
  start({"ORDERD_VALKEY_USERNAME=orderd"});
  check_shoes_are_sold();
  push("a", "{}");
  CHECK(result("a", 0).field("reason") == "malformed");
  CHECK_FALSE(contains(stop(), "NOPERM"));
}

TEST_CASE_FIXTURE(Shops, "daemons share the lanes, and hand them over when one starts, stops or is killed") {
  auto first = daemon("first", kSettings);
  wait_for_shares({{"first", 4}});
  auto second = daemon("second", kSettings);
  wait_for_shares({{"first", 2}, {"second", 2}});
  auto third = daemon("third", kSettings);
  wait_for([&] { return shares().size() == 3; }, 20s, "each of three has a lane");
  for (int i = 0; i < 200; ++i) {
    const std::string sku = "sku-" + std::to_string(i);
    stock(sku, "1");
    buy("o-" + std::to_string(i), sku);
    if (i == 70) end(*third);
    if (i == 140) kill(*second);
  }
  wait_for_shares({{"first", 4}});
  std::vector<Entry> all;
  const auto settled = [&] {
    all.clear();
    for (const std::string& lane : lanes.names()) {
      for (Entry& each : results(lane)) all.push_back(std::move(each));
    }
    return all.size() >= 200;
  };
  wait_for(settled, 20s, "all results");
  std::set<std::string> orders;
  for (const Entry& entry : all) {
    CHECK(entry.field("status") == "accepted");
    CHECK(orders.insert(entry.field("order")).second);
  }
  CHECK(orders.size() == 200);
  end(*first);
}

TEST_CASE_FIXTURE(Sale, "a single lane is not taken from the daemon that has it") {
  auto first = daemon("zz");
  wait_for_owner("zz");
  const std::string since = get(client(), "orders:owner").value_or("");
  for (const std::string name : {"aa", "mm"}) {
    auto other = daemon(name);
    wait_to_say(*other, "standing by");
    wait_for([&] { return ask_number(client(), {"ZCARD", "orders:standby"}) > 0; }, 20s, "it is listed");
    sell(300);
    CHECK(get(client(), "orders:owner") == since);
    end(*other);
  }
  end(*first);
}

}  // namespace orderd::test
