// A user without one of the rights in config/users.acl: either orderd works without it, or it exits at the start and
// names it. In neither case is anything sold twice.
#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "integration/guarded.h"
#include "integration/orderctl_desk.h"
#include "support/wait_for.h"

using namespace orderd::test;
using namespace std::chrono_literals;

namespace {

// Rights that orderd can work without, or that only its tools use.
const std::vector<std::string> kCourtesies = {"+auth",           "+hello",          "+ping", "+info",
                                              "+role",           "+select",         "+xlen", "+hget",
                                              "+client|setname", "+client|setinfo", "+type", "+cluster|shards"};

// Rights needed to settle a malformed and a well-formed request while no other daemon serves.
const std::vector<std::string> kNeeded = {"+script|load", "+evalsha",      "+xread",     "+mget", "+hmget",
                                          "+hgetall",     "+xinfo|stream", "+xrevrange", "+get",  "+set",
                                          "+time",        "+xadd",         "+xdel",      "+hset", "+decrby"};

// Every rule set that lacks one right: the right, and the rules without it. A right in two selectors, each for its own
// keys, is removed from one after the other.
std::vector<std::pair<std::string, std::vector<std::string>>> lacking_one(const std::vector<std::string>& rules) {
  std::vector<std::pair<std::string, std::vector<std::string>>> out;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    std::size_t at = 0;
    while ((at = rules[i].find('+', at)) != std::string::npos) {
      const std::size_t end = std::min(rules[i].find_first_of(" )", at), rules[i].size());
      std::vector<std::string> without = rules;
      without[i].erase(at, end - at);
      out.emplace_back(rules[i].substr(at, end - at), without);
      at = end;
    }
  }
  return out;
}

// "XADD" of "+xadd", "XINFO STREAM" of "+xinfo|stream".
bool names(const std::string& text, const std::string& right) {
  std::string plain = right.substr(1), words = plain, lower = text;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  std::replace(words.begin(), words.end(), '|', ' ');
  return contains(lower, plain) || contains(lower, words);
}

std::string grant(Guarded& shop, const std::vector<std::string>& rules) {
  Words command = joined({"ACL", "SETUSER", "orderd", "reset"}, rules);
  std::erase(command, "");
  return ask(shop.admin, command);
}

}  // namespace

TEST_CASE("each missing right is either not needed or named at the start and loses no order") {
  Guarded shop;
  const auto rules = rules_of("orderd");
  for (const auto& [right, without] : lacking_one(rules)) {
    CAPTURE(right);
    ask(shop.admin, {"FLUSHALL"});
    set(shop.admin, "product:shoe:stock", "100");
    push_order(shop.admin, "o-1");
    xadd(shop.admin, "orders", {{"id", "o-2"}});
    CHECK(grant(shop, without) == "OK");
    auto daemon = shop.daemon("orderd");
    wait_for([&] { return !daemon->running() || length(shop.admin, "results") >= 2; }, 20s,
             "the daemon to end or settle");
    if (length(shop.admin, "results") == 0) {
      CHECK(daemon->wait() == 1);
      CHECK_MESSAGE(names(daemon->errors(), right), daemon->errors());
      CHECK(says(*daemon, "users.acl"));
      CHECK(get(shop.admin, "product:shoe:stock") == "100");
      CHECK(length(shop.admin, "orders:dead") == 0);
    } else {
      CHECK(std::find(kNeeded.begin(), kNeeded.end(), right) == kNeeded.end());
      end(*daemon);
    }
    CHECK(grant(shop, rules) == "OK");
    daemon = shop.daemon("orderd");
    wait_to_say(*daemon, "ready: ");
    wait_for_length(shop.admin, "results", 2);
    end(*daemon);
    CHECK(length(shop.admin, "results") == 2);
    CHECK(length(shop.admin, "orders:dead") == 1);
    CHECK(get(shop.admin, "product:shoe:stock") == "99");
  }
}

TEST_CASE("a right removed while orderd serves blocks the orders until it is granted again") {
  Guarded shop;
  auto producer = shop.as("producer");
  auto reader = shop.as("reader");
  auto daemon = shop.daemon("orderd");
  push_order(producer, "o-0");
  wait_for_length(reader, "results", 1);
  const auto rules = rules_of("orderd");
  std::size_t sold = 1;
  for (const auto& [right, without] : lacking_one(rules)) {
    static const std::set<std::string> kSettling = {"+decrby", "+xdel", "+xadd", "+hset", "+evalsha"};
    if (!kSettling.contains(right)) continue;
    CAPTURE(right);
    const std::size_t said = daemon->errors().size();
    CHECK(grant(shop, without) == "OK");
    push_order(producer, "o-" + std::to_string(sold));
    wait_to_say(*daemon, "NOPERM", said);
    CHECK(length(shop.admin, "results") == sold);
    CHECK(grant(shop, rules) == "OK");
    ++sold;
    wait_for_length(shop.admin, "results", sold);
    CHECK(get(shop.admin, "product:shoe:stock") == std::to_string(100 - sold));
  }
  end(*daemon);
}

TEST_CASE("orderd --check --online names each missing right with the rule that grants it") {
  Guarded shop;
  const auto check = [&shop](const Words& settings = {}) {
    return outcome_of(
        Process({ORDERD_PATH, "--check", "--online"}, {.environment = joined(shop.login("orderd"), settings)}));
  };
  // The rules in "… ACL SETUSER orderd 'RULE'".
  const auto rules_in = [](const std::string& text) {
    const std::string before = "ACL SETUSER orderd '";
    std::vector<std::string> found;
    for (std::size_t at = text.find(before); at != std::string::npos; at = text.find(before, at)) {
      at += before.size();
      found.push_back(text.substr(at, text.find('\'', at) - at));
    }
    return found;
  };
  const auto rules = rules_of("orderd");
  Ran ran = check();
  CHECK_MESSAGE(ran.status == 0, ran.errors);
  CHECK(ran.output.starts_with("settings OK\nunix://"));
  CHECK(ran.says(" OK: Valkey "));
  CHECK(ran.says(", primary; the user 'orderd' may do what orderd needs\n"));
  for (const auto& [right, without] : lacking_one(rules)) {
    CAPTURE(right);
    CHECK(grant(shop, without) == "OK");
    ran = check();
    CAPTURE(ran.errors);
    const auto named = rules_in(ran.errors);
    if (named.empty()) {
      CHECK(ran.status == 0);
      CHECK(std::find(kCourtesies.begin(), kCourtesies.end(), right) != kCourtesies.end());
      continue;
    }
    CHECK(ran.status == 1);
    CHECK(ran.output.empty());
    for (const std::string& rule : named) {
      CHECK(contains(rule, right));
      CHECK(ask(shop.admin, {"ACL", "SETUSER", "orderd", rule}) == "OK");
    }
    CHECK(check().status == 0);
  }
  CHECK(grant(shop, rules) == "OK");
  CHECK(send(shop.admin, command_of({"DBSIZE"})).view().integer() == 1);  // it writes nothing
  ran = check({"ORDERD_STREAMS_ORDERS=other", "ORDERD_STREAMS_GROUP="});
  CHECK(ran.status == 1);
  CHECK(ran.complains("may not run XADD and XDEL on 'other:dead'"));
  CHECK(ran.complains("ACL SETUSER orderd '(~other:order:* +mget +set +del)'"));
  CHECK_FALSE(ran.complains("XGROUP"));
}

TEST_CASE("orderd --check --online names other problems") {
  Guarded shop;
  const std::string url = "ORDERD_VALKEY_URL=unix://" + shop.server.endpoint().path;
  struct Problem {
    Words words;
    Words settings;
    int status;
    std::string named;
  };
  const Words online = {"--check", "--online"};
  for (const Problem& each : std::vector<Problem>{
           {{"--online"}, {url}, 2, ""},
           {online, {url, "ORDERD_STREAMS_ORDERS="}, 2, ""},
           {online, {"ORDERD_VALKEY_URL=unix://" + shop.files.file("none")}, 1, shop.files.file("none")},
           {online, {url, "ORDERD_VALKEY_USERNAME=orderd"}, 1, "check the user name and the password"},
           {online, {url}, 1, ""}}) {
    const Ran ran = outcome_of(Process(joined({ORDERD_PATH}, each.words), {.environment = each.settings}));
    CAPTURE(each.settings.back());
    CHECK(ran.status == each.status);
    CHECK_MESSAGE(ran.complains(each.named), ran.errors);
  }
}
