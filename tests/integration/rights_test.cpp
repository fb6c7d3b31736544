// orderd --check --online: what it says about the rights of a user and about the server.
#include <regex>
#include <set>

#include "integration/guarded.h"
#include "integration/orderctl_desk.h"

namespace orderd::test {
namespace {

// Rights that orderd can work without, or that only its tools use.
const std::set<std::string> kCourtesies = {"+auth",           "+hello",          "+ping", "+info",
                                           "+role",           "+select",         "+xlen", "+hget",
                                           "+client|setname", "+client|setinfo", "+type", "+cluster|shards"};

// Every rule set that lacks one right: the right, and the rules without it. A right in two selectors, each for its own
// keys, is removed from one after the other.
std::vector<std::pair<std::string, Words>> lacking_one(const Words& rules) {
  static const std::regex kRight("\\+[^ )]+");
  std::vector<std::pair<std::string, Words>> out;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    for (std::sregex_iterator right(rules[i].begin(), rules[i].end(), kRight), end; right != end; ++right) {
      out.emplace_back(right->str(), rules);
      out.back().second[i].erase(right->position(), right->length());
    }
  }
  return out;
}

// The rules in "… ACL SETUSER orderd 'RULE'".
Words rules_in(const std::string& text) {
  static const std::regex kRule("ACL SETUSER orderd '([^']*)'");
  return Words(std::sregex_token_iterator(text.begin(), text.end(), kRule, 1), {});
}

struct GuardedOrderd : Guarded {
  std::string grant(const Words& granted) {
    Words command = joined({"ACL", "SETUSER", "orderd", "reset"}, granted);
    std::erase(command, "");
    return ask(admin, command);
  }

  const Words rules = rules_of("orderd");
};

}  // namespace

TEST_CASE_FIXTURE(GuardedOrderd, "orderd --check --online names each missing right with the rule that grants it") {
  const auto check = [&](const Words& settings = {}) {
    return outcome_of(
        Process({ORDERD_PATH, "--check", "--online"}, {.environment = joined(login("orderd"), settings)}));
  };
  Ran ran = succeeded(check(), {" OK: Valkey ", ", primary; the user 'orderd' may do what orderd needs\n"});
  CHECK(ran.output.starts_with("settings OK\nunix://"));
  for (const auto& [right, without] : lacking_one(rules)) {
    CAPTURE(right);
    CHECK(grant(without) == "OK");
    ran = check();
    CAPTURE(ran.errors);
    const auto named = rules_in(ran.errors);
    if (named.empty()) {
      CHECK(ran.status == 0);
      CHECK(kCourtesies.contains(right));
      continue;
    }
    CHECK(ran.status == 1);
    CHECK(ran.output.empty());
    for (const std::string& rule : named) {
      CHECK(contains(rule, right));
      CHECK(ask(admin, {"ACL", "SETUSER", "orderd", rule}) == "OK");
    }
    CHECK(check().status == 0);
  }
  CHECK(grant(rules) == "OK");
  CHECK(send(admin, command_of({"DBSIZE"})).view().integer() == 1);  // it writes nothing
  ran = failed(check({"ORDERD_STREAMS_ORDERS=other", "ORDERD_STREAMS_GROUP="}),
               {"may not run XADD and XDEL on 'other:dead'", "ACL SETUSER orderd '(~other:order:* +mget +set +del)'"});
  CHECK_FALSE(ran.complains("XGROUP"));
}

TEST_CASE_FIXTURE(GuardedOrderd, "orderd --check --online names other problems") {
  struct Problem {
    Words words;
    Words settings;
    int status;
    std::string named;
  };
  const Words online = {"--check", "--online"};
  const std::string at = "ORDERD_VALKEY_URL=unix://", url = at + server.endpoint().path, none = files.file("none");
  for (const auto& [words, settings, status, named] :
       std::vector<Problem>{{{"--online"}, {url}, 2, ""},
                            {online, {url, "ORDERD_STREAMS_ORDERS="}, 2, ""},
                            {online, {at + none}, 1, none},
                            {online, {url, "ORDERD_VALKEY_USERNAME=orderd"}, 1, "check the user name and the password"},
                            {online, {url}, 1, ""}}) {
    CAPTURE(settings.back());
    failed(outcome_of(Process(joined({ORDERD_PATH}, words), {.environment = settings})), {named}, status);
  }
}

}  // namespace orderd::test
