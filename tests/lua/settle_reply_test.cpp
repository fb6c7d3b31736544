// Replies: the result of a request that asks for one is also pushed to a list, in the same call.
#include <nlohmann/json.hpp>

#include "shop.h"
#include "support/wait_for.h"

namespace orderd::test {
namespace {

using Json = nlohmann::json;

class AskedShop : public Shop {
 public:
  Words replies(const std::string& to) {
    Words texts;
    while (at_server({"LLEN", reply_key(to)}) != "0") texts.push_back(at_server({"LPOP", reply_key(to)}));
    return texts;
  }
  // The entry of a result in the form of its reply.
  static Json expected(const Entry& result) {
    Json json = {{"result", result.id}};
    for (const auto& [name, value] : result.fields) json[name] = name == "lines" ? Json::parse(value) : Json(value);
    return json;
  }
  int64_t ttl(const std::string& to) { return ask_number(admin(), {"PTTL", reply_key(to)}); }
};

}  // namespace

TEST_CASE_FIXTURE(AskedShop, "the reply has the same fields as the result, whatever the outcome") {
  stock("shoe", "10");
  stock("bad", "1e3");
  set(admin(), record_key("foreign"), "x");
  CHECK(settle({Order{.id = "known", .reply_to = "a"}}) == "a");
  CHECK(settle({Order{.id = "o-1", .lines = {{"shoe", "3"}}, .customer = R"(c "7" \ é)", .reply_to = "a"},
                Order{.id = "few", .lines = {{"shoe", "30"}}, .reply_to = "a"},
                Order{.id = "none", .lines = {{"glove", "1"}}, .reply_to = "a"},
                Order{.id = "bad", .lines = {{"bad", "1"}}, .reply_to = "a"}, Order{.id = "foreign", .reply_to = "a"},
                Order{.id = "known", .lines = {{"shoe", "1"}}, .reply_to = "a"}, Order{.id = "known", .reply_to = "a"},
                Malformed{.id = "x", .detail = "`id` \"x\"", .customer = "c", .reply_to = "a"}}) == "asukridm");
  const Words texts = replies("a");
  const std::vector<Entry> all = results();
  REQUIRE(texts.size() == all.size());
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(Json::parse(texts[i]) == expected(all[i]));
}

TEST_CASE_FIXTURE(AskedShop, "each list gets the results of its own requests in their order and no others") {
  stock("shoe", "1000");
  std::vector<Request> requests;
  for (int i = 0; i < 128; ++i) {
    const std::string to = i % 3 == 0 ? "" : "shop-" + std::to_string(i % 3);
    requests.push_back(Order{.id = "o-" + std::to_string(i), .reply_to = to});
  }
  CHECK(settle(requests) == std::string(128, 'a'));
  for (const std::size_t shop : {1U, 2U}) {
    const Words texts = replies("shop-" + std::to_string(shop));
    CHECK(texts.size() == (shop == 1 ? 43 : 42));
    for (std::size_t i = 0; i < texts.size(); ++i) {
      CHECK(Json::parse(texts[i])["order"] == "o-" + std::to_string(shop + 3 * i));
    }
  }
}

TEST_CASE_FIXTURE(AskedShop, "a list lives as long as the settings say after its last reply") {
  stock("shoe", "10");
  CHECK(settle({Order{.id = "o-1", .reply_to = "a"}}) == "a");
  CHECK(ttl("a") > 50'000);
  CHECK(ttl("a") <= 60'000);
  reply_ttl = "3600000";
  CHECK(settle({Order{.id = "o-2", .reply_to = "a"}}) == "a");
  CHECK(ttl("a") > 3'500'000);
  reply_ttl = "1";
  CHECK(settle({Order{.id = "o-3", .reply_to = "b"}}) == "a");
  CHECK(poll_until([&] { return at_server({"EXISTS", reply_key("b")}) == "0"; }, std::chrono::seconds(10)));
}

TEST_CASE_FIXTURE(AskedShop, "a refused reply is reported after the outcomes and changes nothing else") {
  stock("shoe", "10");
  (void)at_server({"SET", reply_key("text"), "x"});
  const auto settles = [&](const std::string& id, const std::string& to) {
    return settle({Order{.id = id, .lines = {{"shoe", "1"}}, .reply_to = to},
                   Order{.id = id + "-other", .lines = {{"shoe", "1"}}, .reply_to = "other"}});
  };
  CHECK(settles("o-1", "text").starts_with("aa WRONGTYPE key orders:reply:text: "));
  CHECK(replies("other").size() == 1);
  for (const std::string right : {"-rpush", "-pexpire"}) {
    CAPTURE(right);
    acl({right});
    CHECK(settles("o" + right, "a").starts_with("aa NOPERM key orders:reply:a: "));
    allow_everything();
    CHECK(at_server({"EXISTS", reply_key("a"), reply_key("other")}) == "0");
  }
  CHECK(stock("shoe") == "4");
  CHECK(results().size() == 6);
  CHECK(position_field("count") == "6");
}

TEST_CASE_FIXTURE(AskedShop, "a call that is refused or late sends no reply") {
  stock("shoe", "10");
  const Call waiting = call({Order{.id = "o-1", .reply_to = "a"}, Malformed{.reply_to = "a"}});
  acl({"-xadd"});
  CHECK(run(waiting).starts_with("-NOPERM"));
  allow_everything();
  CHECK(at_server({"EXISTS", reply_key("a")}) == "0");
  CHECK(run(waiting) == "am");
  CHECK(run(waiting) == "moved");
  CHECK(replies("a").size() == 2);
}

}  // namespace orderd::test
