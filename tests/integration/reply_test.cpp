// A request with reply_to gets its reply; a reply that cannot be pushed does not affect settling.
#include "integration/guarded.h"
#include "integration/orderctl_desk.h"

using namespace orderd;
using namespace orderd::test;

namespace {

std::string push(valkey::SyncClient& producer, const std::string& id, const std::string& reply_to) {
  return xadd(producer, "orders", {{"id", id}, {"sku", "shoe"}, {"quantity", "1"}, {"reply_to", reply_to}});
}

}  // namespace

TEST_CASE("a backend pushes an order and waits for its result with its own rights") {
  Guarded shop;
  auto backend = shop.as("backend");
  const auto daemon = shop.daemon("orderd");
  const std::string request = push(backend, "o-1", "o-1");
  const valkey::OwnedReply reply = send(backend, command_of({"BLPOP", "orders:reply:o-1", "20"}));
  REQUIRE(reply.view().size() == 2);
  check_values(Json::parse(reply.view().at(1).text()),
               {{"order", "o-1"},
                {"request", request},
                {"status", "accepted"},
                {"lines", Json::parse(R"([{"sku":"shoe","quantity":1,"remaining":99}])")},
                {"result", entries(shop.admin, "results").at(0).id}});
  // Its retries, in one pipeline.
  for (const char* id : {"o-2", "o-1", "o-3"}) (void)push(backend, id, "shop-1");
  xadd(backend, "orders", {{"id", "o-4"}, {"reply_to", "shop-1"}});
  wait_for_length(shop.admin, "results", 5);
  const valkey::OwnedReply many =
      send(backend, command_of({"BLMPOP", "20", "1", "orders:reply:shop-1", "LEFT", "COUNT", "1000"}));
  Json replies;
  for (std::size_t i = 0; i < many.view().at(1).size(); ++i)
    replies.push_back(Json::parse(many.view().at(1).at(i).text()));
  REQUIRE(replies.size() == 4);
  check_values(replies, {{"0/order", "o-2"}, {"1/status", "duplicate"}, {"2/order", "o-3"}, {"3/reason", "malformed"}});
  CHECK(ask(shop.admin, {"EXISTS", "orders:reply:shop-1", "orders:reply:o-1"}) == "0");
  for (const Words& words : {Words{"XRANGE", "results", "-", "+"},
                             {"XRANGE", "orders", "-", "+"},
                             {"GET", "product:shoe:stock"},
                             {"KEYS", "*"}}) {
    CHECK_MESSAGE(send(backend, command_of(words)).view().is_error(), words[0]);
  }
  end(*daemon);
  CHECK_FALSE(says(*daemon, "NOPERM"));
}

TEST_CASE("a daemon without the right to push replies still settles and reports it once") {
  Guarded shop;
  auto backend = shop.as("backend");
  for (const bool knows_the_keys : {false, true}) {
    CAPTURE(knows_the_keys);
    Words command = joined({"ACL", "SETUSER", "orderd", "reset"}, rules_of("orderd"));
    std::erase_if(command, [&](const std::string& rule) {
      return rule.empty() || contains(rule, "+rpush") || (rule == "~orders:reply:*" && !knows_the_keys);
    });
    CHECK(ask(shop.admin, command) == "OK");
    ask(shop.admin, {"DEL", "orders", "results", "orders:position"});
    const auto daemon = shop.daemon("orderd");
    for (int i = 0; i < 20; ++i) {
      (void)push(backend, "o-" + std::to_string(i), "asker-" + std::to_string(i));
      push_order(backend, "q-" + std::to_string(i));
    }
    wait_for_length(shop.admin, "results", 40);
    end(*daemon);
    CHECK(count_of(daemon->errors(), "a reply could not be pushed: ") == 1);
    CHECK_FALSE(says(*daemon, "cannot process"));
  }
}
