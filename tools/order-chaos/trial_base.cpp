#include "order-chaos/trial_base.h"

#include <algorithm>

namespace orderd::chaos {

using std::chrono::milliseconds;

uint64_t wall_clock_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<milliseconds>(now).count());
}

milliseconds percentile_of(std::vector<milliseconds> times, double part) {
  if (times.empty()) return milliseconds(0);
  std::sort(times.begin(), times.end());
  return times[std::min(times.size() - 1, static_cast<std::size_t>(part * static_cast<double>(times.size())))];
}

void Tally::add(const Tally& other) {
  for (const auto& [key, count] : other.injected) injected[key] += count;
  for (const auto& [key, times] : other.recovery) recovery[key].insert(recovery[key].end(), times.begin(), times.end());
  total += other.total;
}

void Tally::injected_once(const std::string& key) {
  ++injected[key];
  ++total;
}

milliseconds Tally::percentile(double part) const {
  std::vector<milliseconds> all;
  for (const auto& [key, times] : recovery) all.insert(all.end(), times.begin(), times.end());
  return percentile_of(std::move(all), part);
}

void TrialBase::supervise() {
  for (const auto& daemon : daemons) {
    const auto what = daemon->surprise();
    if (!what) continue;
    if (refused(*what)) {
      note("refused at its start: " + *what);
    } else {
      incident(*what);
    }
  }
}

void TrialBase::incident(const std::string& what) {
  note("incident " + what);
  incidents.push_back(what);
}

void TrialBase::skip(const std::string& what) {
  note("skipped " + what);
  skipped.push_back(what);
}

void TrialBase::note(const std::string& what) {
  notes.push_back(std::to_string(wall_clock_ms()) + " " + what);
}

}  // namespace orderd::chaos
