// Several lanes on one server: serving all of them, orders of other lanes, and how daemons share lanes.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <regex>
#include <set>

#include "integration/guarded.h"
#include "integration/sale.h"
#include "order/lanes.h"
#include "support/wait_for.h"

using namespace orderd::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kNames = "a,b,c,d";
const std::vector<std::string> kSkus = {"hat", "sock", "shoe", "tie"};  // of a, b, c and d

// A server, daemons that serve four lanes of it, and a customer who knows the rule.
class Shops {
 public:
  // `settings`: more variables.
  std::unique_ptr<Process> start(const std::string& name, const std::vector<std::string>& settings = {}) {
    const std::vector<std::string> all =
        joined({"ORDERD_VALKEY_URL=unix://" + server.endpoint().path, "ORDERD_PROCESSING_NAME=" + name,
                "ORDERD_PROCESSING_LEASE=1s", "ORDERD_ADMIN_LISTEN=", std::string("ORDERD_STREAMS_LANES=") + kNames,
                "ORDERD_STREAMS_ORDERS={<lane>}:orders", "ORDERD_STREAMS_RESULTS={<lane>}:results",
                "ORDERD_KEYS_STOCK={<lane>}:stock:<sku>"},
               settings);
    return std::make_unique<Process>(std::vector<std::string>{ORDERD_PATH}, ProcessOptions{.environment = all});
  }
  void stock(const std::string& lane, const std::string& sku, const std::string& quantity) {
    set(client, "{" + lane + "}:stock:" + sku, quantity);
  }
  std::string push(const std::string& lane, const std::string& order) {
    return ask(client, {"XADD", "{" + lane + "}:orders", "*", "order", order});
  }
  std::string lane_of(const std::string& sku) { return lanes.names()[lanes.of(sku)]; }
  std::string owner(const std::string& lane) {
    const std::string held = get(client, "{" + lane + "}:orders:owner").value_or("");
    return held.substr(0, held.find(' '));
  }
  // How many lanes each daemon has.
  std::map<std::string, int> shares() {
    std::map<std::string, int> count;
    for (const std::string& lane : lanes.names()) ++count[owner(lane)];
    return count;
  }
  // All results of a lane; below, the one with this number.
  std::vector<Entry> results(const std::string& lane) { return entries(client, "{" + lane + "}:results"); }
  Entry result(const std::string& lane, std::size_t number) {
    wait_for([&] { return results(lane).size() > number; }, 20s, "a result");
    return results(lane)[number];
  }

  ValkeyServer server;
  orderd::valkey::SyncClient client = server.client();
  orderd::order::Lanes lanes = *orderd::order::Lanes::parse(kNames);
};

std::string order(const std::string& id, const std::string& sku) {
  return R"({"id":")" + id + R"(","sku":")" + sku + R"(","quantity":1})";
}

}  // namespace

TEST_CASE_FIXTURE(Shops, "one daemon serves all lanes, and each line of its log names the lane") {
  auto daemon = start("only");
  for (const std::string& sku : kSkus) {
    const std::string lane = lane_of(sku);
    stock(lane, sku, "5");
    (void)push(lane, order("o-1", sku));
    CHECK(result(lane, 0).field("status") == "accepted");
    CHECK(get(client, "{" + lane + "}:stock:" + sku) == "4");
  }
  for (const char* lane : {"a", "b", "c", "d"}) {
    wait_to_say(*daemon, "[" + std::string(lane) + "] ready: serving");
  }
  end(*daemon);
  CHECK(says(*daemon, "lane 'd': read=1 settled=1 accepted=1"));
}

TEST_CASE_FIXTURE(Shops,
                  "an order of another lane is rejected with the name of its lane, and its retry there is decided") {
  auto daemon = start("only");
  stock("c", "shoe", "5");
  const std::string request = push("a", R"({"id":"o-1","customer":"c-7","sku":"shoe","quantity":1,"reply_to":"me"})");
  CHECK(result("a", 0).fields == Fields{{"order", "o-1"},
                                        {"request", request},
                                        {"status", "rejected"},
                                        {"reason", "wrong_lane"},
                                        {"customer", "c-7"},
                                        {"detail", "'shoe' belongs to lane 'c', and this is lane 'a'"}});
  CHECK(contains(ask(client, {"LPOP", "{a}:orders:reply:me"}), "\"reason\":\"wrong_lane\""));
  CHECK(!get(client, "{a}:orders:order:o-1"));
  CHECK(length(client, "{a}:orders:dead") == 0);
  (void)push("c", order("o-1", "shoe"));
  CHECK(result("c", 0).field("status") == "accepted");
  end(*daemon);
}

TEST_CASE_FIXTURE(Shops,
                  "a retry in the lane that decided the order is a duplicate, even if its SKU belongs elsewhere now") {
  // One lane that is called c, then four of them: shoes belong to c both times, hats only the first time.
  auto daemon = start("only", {"ORDERD_STREAMS_LANES=c"});
  stock("c", "hat", "5");
  (void)push("c", order("o-1", "hat"));
  CHECK(result("c", 0).field("status") == "accepted");
  end(*daemon);
  daemon = start("only");
  (void)push("c", order("o-1", "hat"));
  CHECK(result("c", 1).field("status") == "duplicate");
  (void)push("c", order("o-2", "hat"));
  CHECK(result("c", 2).field("reason") == "wrong_lane");
  CHECK(get(client, "{c}:stock:hat") == "4");
  end(*daemon);
}

TEST_CASE_FIXTURE(Shops, "all lanes of a server share one settling connection, and all resume after it was killed") {
  auto daemon = start("only");
  for (const std::string& sku : kSkus) stock(lane_of(sku), sku, "1000");
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 20; ++i) {
      for (const std::string& sku : kSkus) {
        (void)push(lane_of(sku), order("o-" + std::to_string(20 * round + i), sku));
      }
    }
    for (const std::string& sku : kSkus) (void)result(lane_of(sku), 20 * round);
    CHECK(clients_named(client, "orderd-read:only ").size() == 4);
    const auto settling = clients_named(client, "orderd-settle:only ");
    REQUIRE(settling.size() == 1);
    CHECK(ask_number(client, {"CLIENT", "KILL", "ID", settling[0].id}) == 1);
  }
  for (const std::string& sku : kSkus) {
    const std::string lane = lane_of(sku);
    (void)result(lane, 99);
    CHECK(results(lane).size() == 100);
    CHECK(get(client, "{" + lane + "}:stock:" + sku) == "900");
  }
  end(*daemon);
}

TEST_CASE_FIXTURE(Shops, "a lane that cannot be served does not stop the others") {
  ask(client, {"ACL", "SETUSER", "shopkeeper", "on", "nopass", "~{a}*", "~{c}*", "+@all"});
  auto daemon = start("only", {"ORDERD_VALKEY_USERNAME=shopkeeper"});
  stock("c", "shoe", "5");
  (void)push("c", order("o-1", "shoe"));
  CHECK(result("c", 0).field("status") == "accepted");
  for (const char* lane : {"b", "d"}) {
    wait_to_say(*daemon, "[" + std::string(lane) + "] waiting: NOPERM");
  }
  stock("b", "sock", "5");
  (void)push("b", order("o-1", "sock"));
  ask(client, {"ACL", "SETUSER", "shopkeeper", "~*"});
  CHECK(result("b", 0).field("status") == "accepted");
  end(*daemon);
}

TEST_CASE_FIXTURE(Shops, "the daemon exits and says why if no lane can be served") {
  ask(client, {"ACL", "SETUSER", "shopkeeper", "on", "nopass", "~nothing", "+@all"});
  auto daemon = start("only", {"ORDERD_VALKEY_USERNAME=shopkeeper"});
  CHECK(daemon->wait() == 1);
  CHECK(says(*daemon, "orderd exits with status 1: NOPERM"));
}

TEST_CASE_FIXTURE(Shops, "the user of config/users.acl serves lanes when its patterns begin with the tag") {
  std::vector<std::string> words = {"ACL", "SETUSER", "orderd"};
  for (const std::string& rule : rules_of("orderd")) {
    // As in docs/scaling.md.
    const std::string tagged = std::regex_replace(rule, std::regex("~([a-z])"), "~{*}:$1");
    words.push_back(std::regex_replace(tagged, std::regex("product:\\*:stock"), "stock:*"));
  }
  ask(client, words);
  const orderd::test::TemporaryDirectory directory;
  const std::string password = directory.file("password");
  std::ofstream(password) << "replace-this-password\n";
  std::filesystem::permissions(password, std::filesystem::perms::owner_read);
  auto daemon = start("only", {"ORDERD_VALKEY_USERNAME=orderd", "ORDERD_VALKEY_PASSWORD_FILE=" + password});
  stock("c", "shoe", "5");
  (void)push("c", order("o-1", "shoe"));
  CHECK(result("c", 0).field("status") == "accepted");
  (void)push("a", "{}");
  CHECK(result("a", 0).field("reason") == "malformed");
  end(*daemon);
  CHECK_FALSE(says(*daemon, "NOPERM"));
}

TEST_CASE_FIXTURE(Shops, "daemons share the lanes, and hand them over when one starts, stops or is killed") {
  auto first = start("first");
  wait_for([&] { return shares() == std::map<std::string, int>{{"first", 4}}; }, 20s, "one daemon has all lanes");
  auto second = start("second");
  const std::map<std::string, int> halves = {{"first", 2}, {"second", 2}};
  wait_for([&] { return shares() == halves; }, 20s, "each has its half");
  auto third = start("third");
  wait_for([&] { return shares().size() == 3; }, 20s, "each of three has a lane");
  for (int i = 0; i < 200; ++i) {
    const std::string sku = "sku-" + std::to_string(i);
    const std::string lane = lane_of(sku);
    stock(lane, sku, "1");
    (void)push(lane, order("o-" + std::to_string(i), sku));
    if (i == 70) end(*third);
    if (i == 140) kill(*second);
  }
  wait_for([&] { return shares() == std::map<std::string, int>{{"first", 4}}; }, 20s, "one has all lanes again");
  const auto all = [&] {
    std::size_t count = 0;
    for (const std::string& lane : lanes.names()) count += results(lane).size();
    return count;
  };
  wait_for([&] { return all() >= 200; }, 20s, "all results");
  std::set<std::string> orders;
  for (const std::string& lane : lanes.names()) {
    for (const Entry& entry : results(lane)) {
      CHECK(entry.field("status") == "accepted");
      CHECK(orders.insert(entry.field("order")).second);
    }
  }
  CHECK(orders.size() == 200);
  end(*first);
}

TEST_CASE("a single lane is not taken from the daemon that has it") {
  Sale sale(test_seed());
  auto first = sale.daemon("zz");
  sale.wait_for_owner("zz");
  const std::string since = get(sale.client(), "orders:owner").value_or("");
  for (const char* name : {"aa", "mm"}) {
    auto other = sale.daemon(name);
    wait_to_say(*other, "standing by");
    wait_for([&] { return ask_number(sale.client(), {"ZCARD", "orders:standby"}) > 0; }, 20s, "it is listed");
    sale.produce();
    sale.wait_for_results(300);
    sale.stop_producing();
    CHECK(get(sale.client(), "orders:owner") == since);
    end(*other);
  }
  end(*first);
}
