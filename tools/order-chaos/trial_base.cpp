#include "order-chaos/trial_base.h"

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
    if (what) refused(*what) ? note("refused at its start: " + *what) : incident(*what);
  }
}

void TrialBase::conclude() {
  for (const Account& account : accounts()) {
    try {
      Verdict lane = judge(account);
      for (std::string& violation : lane.violations) violation.insert(0, account.orders + ": ");
      verdict.add(lane);
    } catch (const std::exception& error) {
      verdict.violations.push_back(account.orders + " cannot be judged: " + error.what());
    }
  }
  for (const auto& daemon : daemons) {
    daemon->tell(SIGTERM);
    const int status = daemon->process().wait();
    if (status != 0) incident(daemon->name() + " was stopped and exited with " + std::to_string(status));
    const std::string log = daemon->whole_log();
    verdict.reported += reported_in(log);
    if (log.find(" has forgotten -") != std::string::npos)
      incident(daemon->name() + " reports a negative number of lost requests");
  }
}

}  // namespace orderd::chaos
