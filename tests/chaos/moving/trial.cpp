#include "chaos/moving/trial.h"

#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "chaos/moving/judge.h"
#include "order/lanes.h"
#include "support/valkey_helpers.h"
#include "support/wait_for.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr const char* kLanes = "a,b,c,d";  // their slots are on all three primaries
constexpr unsigned kPerSecond = 150;       // orders of each lane
constexpr auto kPatience = 60s;

void write(const std::string& file, const std::string& text) {
  std::ofstream stream(file + ".new");
  stream << text;
  stream.close();
  (void)::chmod((file + ".new").c_str(), 0600);
  if (std::rename((file + ".new").c_str(), file.c_str()) != 0) throw std::runtime_error("cannot write " + file);
}

// The number in each line that reports that a server has lost settled requests.
uint64_t reported_in(const std::string& log) {
  constexpr std::string_view kWords = " has forgotten ";
  uint64_t sum = 0;
  for (std::size_t at = 0; (at = log.find(kWords, at)) != std::string::npos; at += kWords.size()) {
    sum += std::strtoull(log.c_str() + at + kWords.size(), nullptr, 10);
  }
  return sum;
}

}  // namespace

Trial::Trial(const Plan& plan, const Programs& programs)
    : nodes(plan.servers, plan.tls), random(plan.seed), programs_(programs) {
  const order::Lanes rule = *order::Lanes::parse(kLanes);
  std::vector<std::vector<std::string>> skus(rule.count());
  for (int i = 0; i < 60; ++i) {
    const std::string sku = "sku-" + std::to_string(i);
    const std::size_t lane = rule.of(sku);
    skus[lane].push_back(sku);
    Node* primary = nodes.primary_of(key(lane, "orders"));
    if (primary == nullptr) throw std::runtime_error("no primary at the start");
    // Some sell out soon.
    (void)Nodes::tell(*primary, {"SET", key(lane, "stock:" + sku), std::to_string(random.number(50, 5000))});
  }
  write_password("first");
  for (std::size_t i = 0; i < plan.daemons; ++i) {
    Daemon daemon;
    daemon.settings = files_.file("orderd-" + std::to_string(i) + ".toml");
    write(daemon.settings, nodes.settings(files_.file("password")) +
                               "connect_timeout = \"500ms\"\n[streams]\nlanes = \"" + kLanes +
                               "\"\norders = \"{<lane>}:orders\"\nresults = \"{<lane>}:results\"\n[keys]\nstock = "
                               "\"{<lane>}:stock:<sku>\"\n[processing]\nname = \"d" +
                               std::to_string(i) + "\"\nlease = \"900ms\"\n[admin]\nlisten = \"\"\n");
    daemons_.push_back(std::move(daemon));
    start_daemon(i);
  }
  for (std::size_t lane = 0; lane < rule.count(); ++lane) {
    pushers_.push_back(std::make_unique<Pusher>(nodes, key(lane, "orders"), skus[lane], kPerSecond, plan.seed + lane));
  }
  recover("the start");
  recoveries.clear();
}

Trial::~Trial() = default;

std::size_t Trial::lanes() const {
  return order::Lanes::parse(kLanes)->count();
}

std::string Trial::key(std::size_t lane, const std::string& what) const {
  return "{" + order::Lanes::parse(kLanes)->names()[lane] + "}:" + what;
}

void Trial::start_daemon(std::size_t number) {
  Daemon& daemon = daemons_[number];
  if (daemon.process) daemon.past_log += daemon.process->errors();
  daemon.process =
      std::make_unique<test::Process>(std::vector<std::string>{programs_.orderd, "--config", daemon.settings});
}

void Trial::write_password(const std::string& password) {
  write(files_.file("password"), password + "\n");
}

// From the position; 0: unknown at the moment.
uint64_t Trial::settled(std::size_t lane) {
  const Node* primary = nodes.primary_of(key(lane, "orders"));
  if (primary == nullptr) return 0;
  try {
    const std::string count = Nodes::tell(*primary, {"HGET", key(lane, "orders:position"), "count"});
    return count.empty() || count.starts_with('-') ? 0 : std::stoull(count);
  } catch (const std::runtime_error&) {
    return 0;  // it just went down
  }
}

void Trial::recover(const std::string& after) {
  const auto begin = Clock::now();
  for (std::size_t lane = 0; lane < lanes(); ++lane) {
    uint64_t before = 0;
    const bool again = test::poll_until(
        [&] {
          look_after_daemons();
          const uint64_t now = settled(lane);
          if (before == 0) before = now;
          return (now > before && before > 0) || (before == 0 && now > 0 && after == "the start");
        },
        kPatience);
    if (!again) incidents.push_back("after " + after + ": the lane of " + key(lane, "orders") + " did not resume");
  }
  recoveries.push_back(std::chrono::duration_cast<milliseconds>(Clock::now() - begin));
}

void Trial::look_after_daemons() {
  for (std::size_t i = 0; i < daemons_.size(); ++i) {
    if (daemon(i).running()) continue;
    const std::string log = daemon(i).errors();
    // A daemon started while its password or a right is changed may exit with this status.
    const bool refused = log.find("WRONGPASS") != std::string::npos || log.find("NOAUTH") != std::string::npos;
    if (!refused)
      incidents.push_back("a daemon exited unexpectedly: " +
                          log.substr(log.size() - std::min<std::size_t>(log.size(), 400)));
    start_daemon(i);
  }
}

void Trial::drain() {
  for (const auto& pusher : pushers_) pusher->stop();
  for (std::size_t lane = 0; lane < lanes(); ++lane) {
    const bool done = test::poll_until(
        [&] {
          look_after_daemons();
          const Node* primary = nodes.primary_of(key(lane, "orders"));
          if (primary == nullptr) return false;
          try {
            auto client = Nodes::admin(*primary);
            const auto last =
                test::send(client, test::command_of({"XREVRANGE", key(lane, "orders"), "+", "-", "COUNT", "1"}));
            if (last->size() == 0) return true;
            return Nodes::tell(*primary, {"HGET", key(lane, "orders:position"), "id"}) == last->at(0).at(0).text();
          } catch (const std::runtime_error&) {
            return false;
          }
        },
        kPatience);
    if (!done) incidents.push_back(key(lane, "orders") + " : not all requests were settled");
  }
}

std::vector<std::string> Trial::judge() {
  std::vector<std::string> wrong = incidents;
  for (std::size_t lane = 0; lane < lanes(); ++lane) {
    try {
      judge_one(lane, wrong);
      audit(lane, wrong);
    } catch (const std::exception& error) {
      wrong.push_back(key(lane, "orders") + " cannot be judged: " + error.what());
    }
  }
  for (std::size_t i = 0; i < daemons_.size(); ++i) {
    daemon(i).signal(SIGTERM);
    const int status = daemon(i).wait();
    if (status != 0) wrong.push_back("a daemon that was stopped exited with " + std::to_string(status));
    const std::string log = daemons_[i].past_log + daemon(i).errors();
    counts_.reported += reported_in(log);
    if (log.find(" has forgotten -") != std::string::npos)
      wrong.emplace_back("a daemon reports a negative number of lost requests");
  }
  if (counts_.lost > 0 && !lossy) {
    wrong.push_back(std::to_string(counts_.lost) + " acknowledged requests are lost without a fault that explains it");
  }
  return wrong;
}

void Trial::judge_one(std::size_t lane, std::vector<std::string>& wrong) {
  const std::string name = key(lane, "orders");
  Node* primary = nodes.primary_of(name);
  if (primary == nullptr) throw std::runtime_error("it has no primary");
  auto client = Nodes::admin(*primary);
  const Pusher::Record& record = pushers_[lane]->record();
  const std::vector<test::Entry> results = test::entries(client, key(lane, "results"));
  const LaneVerdict verdict = judge_lane(test::entries(client, name), results, record.acknowledged);
  for (const std::string& what : verdict.wrong) wrong.push_back(name + ": " + what);
  counts_.results += results.size();
  counts_.pushed += record.acknowledged.size();
  counts_.unknown += record.unknown;
  counts_.lost += verdict.lost;
}

void Trial::audit(std::size_t lane, std::vector<std::string>& wrong) {
  const std::string name = order::Lanes::parse(kLanes)->names()[lane];
  test::Process process({programs_.orderctl, "--config", daemons_.front().settings, "--lane", name, "audit", "--json"});
  const int status = process.wait(2min);
  if (status == 0) return;
  wrong.push_back("the audit of lane " + name + " ended with " + std::to_string(status) + ": " +
                  process.output().substr(0, 1500) + process.errors().substr(0, 500));
}

std::string Trial::logs() const {
  std::string text;
  for (const Daemon& daemon : daemons_) text += daemon.past_log + daemon.process->errors() + "\n----\n";
  return text;
}

}  // namespace orderd::chaos
