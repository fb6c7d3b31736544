// lua/rights.lua asks the server for each command whether this user may run it, and runs none. config/users.acl grants
// the same rights plus optional ones, which are not checked here: HELLO, INFO, ROLE, CLIENT.
#include "settings/rights.h"

#include <algorithm>
#include <cctype>
#include <sstream>

#include "lua/scripts.h"
#include "order/keys.h"

namespace orderd::settings {
namespace {

using valkey::Command;

// A placeholder for the key in the words of a command.
constexpr std::string_view kKey = "KEY";

// A key, or all keys of a template, and the commands that orderd and its scripts run on it.
struct Need {
  std::string key;      // checked by the server; empty: the commands have none
  std::string pattern;  // in the form of ACL rules
  std::vector<std::string> commands;
};

// These are special in the patterns of ACL rules.
std::string literal(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("*?[]\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

Need of_key(const std::string& key, std::vector<std::string> commands) {
  return {key, literal(key), std::move(commands)};
}

Need of_keys(const order::KeyTemplate& keys, std::vector<std::string> commands) {
  return {keys.key("any"), literal(keys.before()) + "*" + literal(keys.after()), std::move(commands)};
}

std::vector<Need> needs_of(const Settings& settings) {
  const std::string& orders = settings.streams.orders;
  const std::vector<std::string> trims = {"XINFO GROUPS KEY", "XREVRANGE KEY + -", "XRANGE KEY - +",
                                          "XPENDING KEY group", "XTRIM KEY MINID 0"};
  std::vector<std::string> on_orders = {"XREAD STREAMS KEY 0", "XINFO STREAM KEY", "XREVRANGE KEY + -"};
  std::vector<std::string> on_results = {"XADD KEY * order o", "XDEL KEY 0-1", "XRANGE KEY - +", "XREVRANGE KEY + -"};
  std::vector<std::string> on_dead = {"XADD KEY * order o", "XDEL KEY 0-1"};
  const auto add = [](std::vector<std::string>& commands, const std::vector<std::string>& more) {
    for (const std::string& each : more) {
      if (std::find(commands.begin(), commands.end(), each) == commands.end()) commands.push_back(each);
    }
  };
  if (settings.retention.orders.count() > 0) add(on_orders, trims);
  if (settings.retention.results.count() > 0) add(on_results, trims);
  if (settings.retention.dead.count() > 0) add(on_dead, trims);
  if (!settings.streams.group.empty()) {
    add(on_orders, {"XINFO GROUPS KEY", "XGROUP CREATE KEY group 0", "XGROUP SETID KEY group 0"});
  }
  std::vector<std::string> on_nothing = {"TIME"};
  if (settings.valkey.cluster) add(on_nothing, {"CLUSTER SHARDS"});
  std::vector<Need> needs = {
      {"", "", std::move(on_nothing)},
      of_key(order::owner_key(orders), {"GET KEY", "SET KEY value", "DEL KEY", "PTTL KEY", "PEXPIRE KEY 1"}),
      of_key(order::standby_key(orders),
             {"ZSCORE KEY name", "ZRANGE KEY 0 1", "ZADD KEY 0 name", "ZREM KEY name", "ZREMRANGEBYSCORE KEY 0 1"}),
      of_key(order::position_key(orders), {"HMGET KEY id", "HGETALL KEY", "HSET KEY id 0-1"}),
      of_key(orders, std::move(on_orders)),
      of_key(settings.streams.results, std::move(on_results)),
      of_key(settings.dead(), std::move(on_dead)),
      of_keys(settings.stock_keys(), {"MGET KEY", "EXISTS KEY", "DECRBY KEY 1"}),
      of_keys(settings.reply_keys(), {"RPUSH KEY value", "PEXPIRE KEY 1"}),
  };
  if (settings.processing.dedup_window.count() > 0) {
    needs.push_back(of_keys(settings.order_keys(), {"MGET KEY", "SET KEY value", "DEL KEY"}));
  }
  return needs;
}

std::vector<std::string> words_of(const std::string& command, const std::string& key) {
  std::istringstream text(command);
  std::vector<std::string> words;
  for (std::string word; text >> word;) words.push_back(word == kKey ? key : word);
  return words;
}

// "XINFO STREAM" of "XINFO STREAM KEY".
std::string name_of(const std::string& command) {
  const bool has_part =
      command.starts_with("XINFO ") || command.starts_with("XGROUP ") || command.starts_with("CLUSTER ");
  const std::size_t first = command.find(' ');
  return command.substr(0, has_part ? command.find(' ', first + 1) : first);
}

// "+xinfo|stream" of "XINFO STREAM".
std::string rule_of(std::string name) {
  for (char& c : name) c = c == ' ' ? '|' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return "+" + name;
}

Right right_of(const Need& need, const std::vector<std::string>& denied) {
  Right right;
  std::string rules;
  for (std::size_t i = 0; i < denied.size(); ++i) {
    const std::string name = name_of(denied[i]);
    if (i > 0) right.what += i + 1 == denied.size() ? " and " : ", ";
    right.what += name;
    rules += (rules.empty() ? "" : " ") + rule_of(name);
  }
  if (!need.key.empty()) right.what += " on '" + need.pattern + "'";
  right.grant = need.key.empty() ? rules : "(~" + need.pattern + " " + rules + ")";
  return right;
}

}  // namespace

Result<std::vector<Right>> missing_rights(valkey::SyncClient& client, const Settings& settings) {
  const std::vector<Need> needs = needs_of(settings);
  std::vector<std::vector<std::string>> asked;
  for (const Need& need : needs) {
    for (const std::string& command : need.commands) asked.push_back(words_of(command, need.key));
  }
  const auto loaded = client.call(Command::of("SCRIPT", "LOAD", lua::rights));
  if (!loaded) return loaded.failure();
  if ((*loaded)->is_error() && valkey::denies_command((*loaded)->text())) {
    return std::vector<Right>{{"SCRIPT LOAD", "+script|load"}};
  }
  if ((*loaded)->is_error()) return Failure{std::string((*loaded)->text())};
  std::size_t words = 3;
  for (const auto& command : asked) words += 1 + command.size();
  Command call;
  call.begin(words);
  call.add("EVALSHA");
  call.add((*loaded)->text());
  call.add(0);
  for (const auto& command : asked) {
    call.add(command.size());
    for (const std::string& word : command) call.add(word);
  }
  const auto answer = client.call(call);
  if (!answer) return answer.failure();
  if ((*answer)->is_error() && valkey::denies_command((*answer)->text())) {
    return std::vector<Right>{{"EVALSHA", "+evalsha"}};
  }
  if ((*answer)->is_error()) return Failure{std::string((*answer)->text())};
  std::vector<bool> denied(asked.size());
  for (std::size_t i = 0; i < (*answer)->size(); ++i) {
    const auto number = static_cast<std::size_t>((*answer)->at(i).integer());
    if (number >= 1 && number <= denied.size()) denied[number - 1] = true;
  }
  std::vector<Right> missing;
  std::size_t at = 0;
  for (const Need& need : needs) {
    std::vector<std::string> lacking;
    for (const std::string& command : need.commands) {
      if (denied[at++]) lacking.push_back(command);
    }
    if (!lacking.empty()) missing.push_back(right_of(need, lacking));
  }
  return missing;
}

}  // namespace orderd::settings
