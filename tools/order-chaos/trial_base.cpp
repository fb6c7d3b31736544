#include "order-chaos/trial_base.h"

#include <algorithm>

namespace orderd::chaos {

// The number in each line that reports that a server has lost settled requests.
static uint64_t reported_in(const std::string& log) {
  constexpr std::string_view kWords = " has forgotten ";
  uint64_t sum = 0;
  for (std::size_t at = 0; (at = log.find(kWords, at)) != std::string::npos; at += kWords.size()) {
    sum += std::strtoull(log.c_str() + at + kWords.size(), nullptr, 10);
  }
  return sum;
}

void TrialBase::supervise() {
  for (const auto& daemon : daemons) {
    const auto what = daemon->surprise();
    if (!what) continue;
    const bool refusal = what->find("unexpectedly with 1;") != std::string::npos && refused(*what);
    refusal ? note("refused at its start: " + *what) : incident(*what);
  }
}

void TrialBase::conclude() {
  const std::vector<Account> lanes = accounts();
  const bool lossless = std::all_of(lanes.begin(), lanes.end(), [](const Account& lane) {
    return lane.record.data_losses.empty() && !lane.record.position_moved_back;
  });
  for (const auto& daemon : daemons) {
    daemon->tell(SIGTERM);
    const int status = daemon->process().wait();
    if (status != 0) incident(daemon->name() + " was stopped and exited with " + std::to_string(status));
    const std::string log = daemon->whole_log();
    const uint64_t reported = reported_in(log);
    verdict.reported += reported;
    if ((reported > 0 && lossless) || log.find(" has forgotten -") != std::string::npos)
      incident(daemon->name() + " reports lost requests that no server has lost");
    const std::size_t bug = log.find("orderd: BUG at ");  // also where a fault explains that it exited
    if (bug != std::string::npos) incident(daemon->name() + ": " + log.substr(bug, log.find('\n', bug) - bug));
  }
  for (const Account& account : lanes) {
    try {
      Verdict lane = judge(account);
      for (std::string& violation : lane.violations) violation.insert(0, account.orders + ": ");
      verdict.add(lane);
    } catch (const std::exception& error) {
      verdict.violations.push_back(account.orders + " cannot be judged: " + error.what());
    }
  }
}

}  // namespace orderd::chaos
