#include "order-chaos/moving/trial.h"

#include <fstream>

#include "support/wait_for.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr const char* kLanes = "a,b,c,d";  // their slots are on all three primaries
constexpr int kSkus = 60;
constexpr unsigned kPerSecond = 150;  // orders of each lane
constexpr auto kPatience = 60s;
// A primary that sentinels have replaced still accepts writes for ten seconds, so a producer asks now and then.
constexpr auto kAskSentinels = 500ms;

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

LaneVerdict check_lane(const std::vector<test::Entry>& requests, const std::vector<test::Entry>& results,
                       const std::map<std::string, std::string>& acknowledged) {
  LaneVerdict verdict;
  const auto say = [&](const std::string& what) { verdict.wrong.push_back(what); };
  std::map<std::string, int> answers;  // per request
  for (const test::Entry& entry : requests) answers.emplace(entry.id, 0);
  std::set<std::string> accepted;
  EntryId last;
  for (const test::Entry& result : results) {
    const std::string request = result.field("request"), order = result.field("order");
    const auto found = answers.find(request);
    if (found == answers.end()) {
      say("the result " + result.id + " answers " + request + ", which is not in the stream");
      continue;
    }
    ++found->second;
    const auto id = EntryId::parse(request);
    if (id <= last) say("the result " + result.id + " of " + request + " is out of order");
    last = id;
    const auto pushed = acknowledged.find(request);
    if (pushed != acknowledged.end() && pushed->second != order) {
      say("the result " + result.id + " is of " + order + ", and " + request + " is " + pushed->second);
    }
    if (result.field("status") == "accepted" && !accepted.insert(order).second) {
      say("the order " + order + " was accepted twice");
    }
    if (result.field("reason") == "wrong_lane") say("the result " + result.id + " is wrong_lane");
  }
  for (const auto& [request, count] : answers) {
    if (count != 1) say("the request " + request + " has " + std::to_string(count) + " results");
  }
  for (const auto& [request, order] : acknowledged) verdict.lost += answers.contains(request) ? 0 : 1;
  return verdict;
}

MovingTrial::MovingTrial(const MovingPlan& plan, const Programs& its_programs)
    : TrialBase(plan.seed, its_programs), lanes(*order::Lanes::parse(kLanes)), nodes(plan.servers, plan.tls) {
  std::vector<std::vector<std::string>> skus(lanes.count());
  for (int i = 0; i < kSkus; ++i) {
    const std::string sku = "sku-" + std::to_string(i);
    const std::size_t lane = lanes.of(sku);
    skus[lane].push_back(sku);
    Node* primary = nodes.primary_of(key(lane, "orders"));
    if (primary == nullptr) throw std::runtime_error("no primary at the start");
    // Some sell out soon.
    (void)Nodes::tell(*primary, {"SET", key(lane, "stock:" + sku), std::to_string(random.number(50, 5000))});
  }
  write_password("first");
  for (std::size_t i = 0; i < plan.daemons; ++i) {
    const std::string name = "d" + std::to_string(i);
    daemons.push_back(std::make_unique<Daemon>(
        programs, files.path(), name,
        nodes.settings(files.file("password")) + "connect_timeout = \"500ms\"\n[streams]\nlanes = \"" + kLanes +
            "\"\norders = \"{<lane>}:orders\"\nresults = \"{<lane>}:results\"\n[keys]\nstock = " +
            "\"{<lane>}:stock:<sku>\"\n[processing]\nname = \"" + name +
            "\"\nlease = \"900ms\"\n[admin]\nlisten = \"\"\n"));
  }
  for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
    auto connect = [this, stream = key(lane, "orders"), choice = test::Random(seed + lane)]() mutable {
      return nodes.find_primary(stream, choice, kProducerTimeouts);
    };
    Target target{connect, key(lane, "orders"), kPerSecond, plan.servers == Servers::kSentinels ? kAskSentinels : 0ms};
    OrderSource source("o" + std::to_string(lane), Workload::kUniform, seed + lane, skus[lane]);
    pushers_.push_back(std::make_unique<Pusher>());
    Pusher& pusher = *pushers_.back();
    pusher.producer = std::make_unique<Producer>(std::move(target), std::move(source), pusher.record);
  }
  recover("the start");
  tally.recovery.clear();
}

void MovingTrial::write_password(const std::string& password) {
  const std::string file = files.file("password"), next = file + ".new";
  std::ofstream(next) << password << "\n";
  std::filesystem::permissions(next, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::filesystem::rename(next, file);
}

// From the position; 0: unknown at the moment.
uint64_t MovingTrial::settled(std::size_t lane) {
  const Node* primary = nodes.primary_of(key(lane, "orders"));
  if (primary == nullptr) return 0;
  const std::string count = Nodes::tell_if_up(*primary, {"HGET", key(lane, "orders:position"), "count"});
  return count.empty() || count.starts_with('-') ? 0 : std::stoull(count);
}

void MovingTrial::recover(const std::string& after) {
  const auto begin = Clock::now();
  for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
    uint64_t before = 0;
    const auto resumed = [&] {
      supervise();
      const uint64_t now = settled(lane);
      if (before == 0) before = now;
      return now > before;
    };
    if (!test::poll_until(resumed, kPatience))
      incident("after " + after + ": the lane of " + key(lane, "orders") + " did not resume");
  }
  tally.recovery["\t" + after].push_back(std::chrono::duration_cast<milliseconds>(Clock::now() - begin));
}

// Whether the last request in the stream is settled.
bool MovingTrial::drained(std::size_t lane) {
  const Node* primary = nodes.primary_of(key(lane, "orders"));
  if (primary == nullptr) return false;
  try {
    auto client = Nodes::admin(*primary);
    const auto last = test::send(client, test::command_of({"XREVRANGE", key(lane, "orders"), "+", "-", "COUNT", "1"}));
    if (last->size() == 0) return true;
    return test::ask(client, {"HGET", key(lane, "orders:position"), "id"}) == last->at(0).at(0).text();
  } catch (const std::runtime_error&) {
    return false;
  }
}

void MovingTrial::drain() {
  for (const auto& pusher : pushers_) pusher->producer.reset();
  for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
    const auto done = [&] {
      supervise();
      return drained(lane);
    };
    if (!test::poll_until(done, kPatience)) incident(key(lane, "orders") + ": not all requests were settled");
  }
}

Verdict MovingTrial::judge() {
  Verdict verdict;
  verdict.violations = incidents;
  for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
    try {
      judge_lane(lane, verdict);
    } catch (const std::exception& error) {
      verdict.violations.push_back(key(lane, "orders") + " cannot be judged: " + error.what());
    }
  }
  for (const auto& daemon : daemons) {
    daemon->process().signal(SIGTERM);
    const int status = daemon->process().wait();
    if (status != 0) verdict.violations.push_back("a daemon that was stopped exited with " + std::to_string(status));
    verdict.reported += reported_in(daemon->whole_log());
    if (daemon->whole_log().find(" has forgotten -") != std::string::npos)
      verdict.violations.emplace_back("a daemon reports a negative number of lost requests");
  }
  if (verdict.forgotten > 0 && !lossy) {
    verdict.violations.push_back(std::to_string(verdict.forgotten) +
                                 " acknowledged requests are lost without a fault that explains it");
  }
  return verdict;
}

void MovingTrial::judge_lane(std::size_t lane, Verdict& verdict) {
  const std::string name = key(lane, "orders");
  Node* primary = nodes.primary_of(name);
  if (primary == nullptr) throw std::runtime_error("it has no primary");
  auto client = Nodes::admin(*primary);
  const std::vector<test::Entry> results = test::entries(client, key(lane, "results"));
  std::map<std::string, std::string> acknowledged;
  for (const Attempt& attempt : pushers_[lane]->record.attempts) {
    ++verdict.requests;
    if (attempt.outcome == Outcome::kFail) ++verdict.failed;
    if (attempt.outcome == Outcome::kUnknown) ++verdict.unknown;
    if (attempt.outcome == Outcome::kOk) acknowledged.emplace(attempt.entry.text(), attempt.order);
  }
  const LaneVerdict found = check_lane(test::entries(client, name), results, acknowledged);
  for (const std::string& what : found.wrong) verdict.violations.push_back(name + ": " + what);
  verdict.ok += acknowledged.size();
  verdict.results += results.size();
  verdict.forgotten += found.lost;
  for (const test::Entry& result : results)
    ++verdict.outcomes[result.field("reason").empty() ? result.field("status") : result.field("reason")];
  test::Process audit({programs.orderctl, "--config", daemons.front()->settings_file(), "--lane", lanes.names()[lane],
                       "audit", "--json"});
  const int status = audit.wait(2min);
  if (status == 0) return;
  verdict.violations.push_back("the audit of lane " + lanes.names()[lane] + " ended with " + std::to_string(status) +
                               ": " + audit.output().substr(0, 1500) + audit.errors().substr(0, 500));
}

}  // namespace orderd::chaos
