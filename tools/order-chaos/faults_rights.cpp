// V19: the daemons' user loses rights or its password during a load with malformed requests and duplicates. Every step
// of a call of lua/settle.lua is refused at some point.
#include <memory>
#include <stdexcept>

#include "order-chaos/fault.h"
#include "order-chaos/pace.h"
#include "support/wait_for.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto kResumeDeadline = 10s;

// ACL SETUSER rules that each take away one right: a command, all access to a key, write access to it.
std::vector<std::vector<std::string>> all_losses() {
  std::vector<std::vector<std::string>> losses;
  for (const char* command : {"xadd", "xdel", "set", "del", "decrby", "hset", "hmget", "mget", "get", "exists", "xread",
                              "evalsha", "xgroup", "xinfo"})
    losses.push_back({"-" + std::string(command)});
  const std::vector<std::string> keys = {"orders",         "results",   "orders:dead",  "orders:position",
                                         "orders:order:*", "product:*", "orders:owner", "orders:standby"};
  for (const bool reads : {false, true}) {
    for (const std::string& lost : keys) {
      std::vector<std::string> rules = {"resetkeys"};
      for (const std::string& key : keys) {
        if (key != lost) rules.push_back("~" + key);
      }
      if (reads) rules.push_back("%R~" + lost);
      losses.push_back(rules);
    }
  }
  return losses;
}

std::string joined(const std::vector<std::string>& rules) {
  std::string text;
  for (const std::string& rule : rules) text += " " + rule;
  return text;
}

void set_user(Trial& trial, const std::vector<std::string>& rules) {
  std::vector<std::string> words = {"ACL", "SETUSER", kDaemonUser};
  words.insert(words.end(), rules.begin(), rules.end());
  (void)trial.ask(words);
}

// Restores all rights, once.
std::function<void()> giving_back(Trial& trial, const std::vector<std::string>& rules) {
  return [&trial, rules] {
    set_user(trial, rules);
    trial.refuses_daemons(false);
  };
}

const std::vector<std::string> kAllRights = {"+@all", "allkeys"};

Injected lose_one(Trial& trial) {
  const auto losses = all_losses();
  const auto& loss = losses[trial.random.number(losses.size())];
  trial.note("ACL SETUSER" + joined(loss));
  set_user(trial, loss);
  trial.refuses_daemons(true);
  return {trial.between(50, 600), giving_back(trial, kAllRights)};
}

// Takes away each right in turn; the next one when processing has resumed.
Injected lose_each(Trial& trial) {
  trial.refuses_daemons(true);
  for (const auto& loss : all_losses()) {
    set_user(trial, loss);
    let_pass(trial.between(20, 120));
    set_user(trial, kAllRights);
    const std::size_t results = trial.tailer->size();
    if (!test::poll_until([&] { return trial.tailer->size() > results; }, kResumeDeadline))
      trial.incident("processing has not resumed after ACL SETUSER" + joined(loss));
  }
  return {0ms, giving_back(trial, kAllRights)};
}

Injected another_password(Trial& trial) {
  set_user(trial, {"resetpass", ">another"});
  trial.refuses_daemons(true);
  (void)trial.call({"CLIENT", "KILL", "USER", kDaemonUser});
  return {trial.between(50, 900), giving_back(trial, {"resetpass", std::string(">") + kDaemonPassword})};
}

}  // namespace

std::vector<Fault> rights_faults() {
  const auto row = [](const char* name, bool alone, OfServer inject) {
    return state_fault("V19", name, "rights", Kind::kAnywhere, std::move(inject), {.alone = alone});
  };
  return {
      row("a right is taken away", false, lose_one),
      row("each right is taken away in turn", true, lose_each),
      row("another password, and back", false, another_password),
  };
}

}  // namespace orderd::chaos
