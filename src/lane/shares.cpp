#include "lane/shares.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "base/check.h"
#include "order/lanes.h"

namespace orderd::lane {
namespace {

// FNV-1a alone leaves names that differ at their ends close together; the mixer is that of SplitMix64 (Steele, Lea,
// Flood: "Fast splittable pseudorandom number generators").
uint64_t mixed(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

uint64_t score(const std::string& lane, const std::string& daemon) {
  return mixed(order::fnv1a(lane) ^ mixed(order::fnv1a(daemon)));
}

}  // namespace

const std::string& Shares::daemon_for(std::size_t index, std::vector<std::string> daemons) {
  std::sort(daemons.begin(), daemons.end());
  daemons.erase(std::unique(daemons.begin(), daemons.end()), daemons.end());
  ORDERD_CHECK(!daemons.empty() && index < lanes_.size(), "no daemon, or no such lane");
  if (daemons != daemons_) {
    daemons_ = std::move(daemons);
    assign();
  }
  return daemons_[assigned_[index]];
}

// Each lane in turn takes the daemon with the highest score whose share is not full. If the lanes cannot be divided
// evenly, some daemons have one more.
void Shares::assign() {
  const std::size_t share = lanes_.size() / daemons_.size();
  std::size_t one_more = lanes_.size() % daemons_.size();
  std::vector<std::size_t> load(daemons_.size());
  std::vector<std::size_t> ranked(daemons_.size());
  assigned_.clear();
  for (const std::string& lane : lanes_) {
    std::vector<uint64_t> scores;
    for (const std::string& daemon : daemons_) scores.push_back(score(lane, daemon));
    std::iota(ranked.begin(), ranked.end(), 0);
    std::sort(ranked.begin(), ranked.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    const std::size_t room = one_more > 0 ? share + 1 : share;
    const auto free = std::find_if(ranked.begin(), ranked.end(), [&](std::size_t i) { return load[i] < room; });
    if (load[*free]++ == share) --one_more;
    assigned_.push_back(*free);
  }
}

}  // namespace orderd::lane
