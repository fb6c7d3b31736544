// Counts and lists.
#include "audit/findings.h"

#include <algorithm>

namespace orderd::audit {

void Findings::add(Check check, const Place& place, std::string_view detail) {
  Tally& tally = tallies_[check.index];
  tally.newest = std::max(tally.newest, place.result);
  if (tally.violations++ >= kept_max_) return;
  const auto text = [](Id id) { return id == Id{} ? std::string() : id.text(); };
  tally.kept.push_back(
      {text(place.result), text(place.request), std::string(place.order), std::string(place.sku), std::string(detail)});
}

void Findings::not_checked(std::string_view what, std::string_view why, uint64_t count) {
  if (count > 0) not_checked_[{std::string(what), std::string(why)}] += count;
}

uint64_t Findings::violations() const {
  uint64_t all = 0;
  for (const Tally& tally : tallies_) all += tally.violations;
  return all;
}

}  // namespace orderd::audit
