// A user without one of the rights in config/users.acl: either orderd works without it, or it exits at the start and
// names it. In neither case is anything sold twice.
#include <doctest/doctest.h>
#include <signal.h>

#include <algorithm>
#include <cctype>
#include <tuple>

#include "integration/guarded.h"
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
  std::string plain = right.substr(1), lower = text;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (lower.find(plain) != std::string::npos) return true;
  std::replace(plain.begin(), plain.end(), '|', ' ');
  return lower.find(plain) != std::string::npos;
}

std::string grant(Guarded& shop, const std::vector<std::string>& rules) {
  std::vector<std::string> command = {"ACL", "SETUSER", "orderd", "reset"};
  for (const std::string& rule : rules) {
    if (!rule.empty()) command.push_back(rule);
  }
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
    xadd(shop.admin, "orders", {{"id", "o-1"}, {"sku", "shoe"}, {"quantity", "1"}});
    xadd(shop.admin, "orders", {{"id", "o-2"}});
    CHECK(grant(shop, without) == "OK");
    auto daemon = shop.daemon("orderd");
    wait_for([&] { return !daemon->running() || length(shop.admin, "results") >= 2; }, 20s,
             "the daemon to end or settle");
    if (length(shop.admin, "results") == 0) {
      CHECK(daemon->wait() == 1);
      CHECK_MESSAGE(names(daemon->errors(), right), daemon->errors());
      CHECK(daemon->errors().find("users.acl") != std::string::npos);
      CHECK(get(shop.admin, "product:shoe:stock") == "100");
      CHECK(length(shop.admin, "orders:dead") == 0);
    } else {
      CHECK(std::find(kNeeded.begin(), kNeeded.end(), right) == kNeeded.end());
      daemon->signal(SIGTERM);
      CHECK(daemon->wait() == 0);
    }
    CHECK(grant(shop, rules) == "OK");
    daemon = shop.daemon("orderd");
    wait_for([&] { return daemon->errors().find("ready: ") != std::string::npos; }, 20s, "orderd to be ready");
    wait_for([&] { return length(shop.admin, "results") >= 2; }, 20s, "the results");
    daemon->signal(SIGTERM);
    CHECK(daemon->wait() == 0);
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
  xadd(producer, "orders", {{"id", "o-0"}, {"sku", "shoe"}, {"quantity", "1"}});
  wait_for([&] { return length(reader, "results") == 1; }, 20s, "the first result");
  const auto rules = rules_of("orderd");
  std::size_t sold = 1;
  for (const auto& [right, without] : lacking_one(rules)) {
    if (right != "+decrby" && right != "+xdel" && right != "+xadd" && right != "+hset" && right != "+evalsha") continue;
    CAPTURE(right);
    const std::size_t said = daemon->errors().size();
    CHECK(grant(shop, without) == "OK");
    xadd(producer, "orders", {{"id", "o-" + std::to_string(sold)}, {"sku", "shoe"}, {"quantity", "1"}});
    wait_for([&] { return daemon->errors().find("NOPERM", said) != std::string::npos; }, 20s, "the refusal");
    CHECK(length(shop.admin, "results") == sold);
    CHECK(grant(shop, rules) == "OK");
    ++sold;
    wait_for([&] { return length(shop.admin, "results") >= sold; }, 20s, "the result");
    CHECK(length(shop.admin, "results") == sold);
    CHECK(get(shop.admin, "product:shoe:stock") == std::to_string(100 - sold));
  }
  daemon->signal(SIGTERM);
  CHECK(daemon->wait() == 0);
}

TEST_CASE("orderd --check --online names each missing right with the rule that grants it") {
  Guarded shop;
  const auto check = [&shop](const std::vector<std::string>& settings = {}) {
    ProcessOptions options;
    options.environment = {"ORDERD_VALKEY_URL=unix://" + shop.server.endpoint().path, "ORDERD_VALKEY_USERNAME=orderd",
                           "ORDERD_VALKEY_PASSWORD_FILE=" + shop.files.file("password")};
    options.environment.insert(options.environment.end(), settings.begin(), settings.end());
    Process process({ORDERD_PATH, "--check", "--online"}, options);
    const int status = process.wait();
    return std::tuple(status, process.output(), process.errors());
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
  {
    const auto [status, output, errors] = check();
    CHECK_MESSAGE(status == 0, errors);
    CHECK(output.find("settings OK\nunix://") == 0);
    CHECK(output.find(" OK: Valkey ") != std::string::npos);
    CHECK(output.find(", primary; the user 'orderd' may do what orderd needs\n") != std::string::npos);
  }
  for (const auto& [right, without] : lacking_one(rules)) {
    CAPTURE(right);
    CHECK(grant(shop, without) == "OK");
    const auto [status, output, errors] = check();
    CAPTURE(errors);
    const auto named = rules_in(errors);
    if (named.empty()) {
      CHECK(status == 0);
      CHECK(std::find(kCourtesies.begin(), kCourtesies.end(), right) != kCourtesies.end());
      continue;
    }
    CHECK(status == 1);
    CHECK(output.empty());
    for (const std::string& rule : named) {
      CHECK(rule.find(right) != std::string::npos);
      CHECK(ask(shop.admin, {"ACL", "SETUSER", "orderd", rule}) == "OK");
    }
    CHECK(std::get<0>(check()) == 0);
  }
  CHECK(grant(shop, rules) == "OK");
  CHECK(send(shop.admin, command_of({"DBSIZE"})).view().integer() == 1);  // it writes nothing
  const auto [status, output, errors] = check({"ORDERD_STREAMS_ORDERS=other", "ORDERD_STREAMS_GROUP="});
  CHECK(status == 1);
  CHECK(errors.find("may not run XADD and XDEL on 'other:dead'") != std::string::npos);
  CHECK(errors.find("ACL SETUSER orderd '(~other:order:* +mget +set +del)'") != std::string::npos);
  CHECK(errors.find("XGROUP") == std::string::npos);
}

TEST_CASE("orderd --check --online names other problems") {
  Guarded shop;
  const auto check = [](std::vector<std::string> words, const std::vector<std::string>& settings) {
    words.insert(words.begin(), ORDERD_PATH);
    Process process(words, {.environment = settings});
    const int status = process.wait();
    return std::pair(status, process.errors());
  };
  const std::string url = "ORDERD_VALKEY_URL=unix://" + shop.server.endpoint().path;
  const auto online = std::vector<std::string>{"--check", "--online"};
  CHECK(check({"--online"}, {url}).first == 2);
  CHECK(check(online, {url, "ORDERD_STREAMS_ORDERS="}).first == 2);
  auto [status, errors] = check(online, {"ORDERD_VALKEY_URL=unix://" + shop.files.file("none")});
  CHECK(status == 1);
  CHECK(errors.find(shop.files.file("none")) != std::string::npos);
  std::tie(status, errors) = check(online, {url, "ORDERD_VALKEY_USERNAME=orderd"});
  CHECK(status == 1);
  CHECK(errors.find("check the user name and the password") != std::string::npos);
  std::tie(status, errors) = check(online, {url});
  CHECK(status == 1);
}
