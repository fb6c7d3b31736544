// What the halves share, and the one check that belongs to neither.
#include "settings/cross_checks.h"

#include <algorithm>

#include "settings/cross_checks_parts.h"

namespace orderd::settings {
namespace {

// If a result is removed before its request, the request looks like one without a result.
void check_retention(const Settings& settings, const Findings& findings) {
  const Milliseconds orders = settings.retention.orders;
  const Milliseconds results = settings.retention.results;
  const bool forever = results == Milliseconds::zero();
  if (!findings.good({"retention.orders", "retention.results"}) || forever) return;
  if (orders == Milliseconds::zero()) {
    findings.report(
        {"retention.results", "retention.orders"},
        "results are trimmed, but requests are kept forever (retention.orders is 0s); allowed: 0s, or another "
        "retention.orders");
  } else if (results < orders) {
    findings.report({"retention.results", "retention.orders"},
                    "retention.results is shorter than retention.orders; allowed: 0s, or at least as long");
  }
}

}  // namespace

bool Findings::good(std::initializer_list<std::string_view> keys) const {
  return std::none_of(keys.begin(), keys.end(), [&](std::string_view key) { return origins.failed.contains(key); });
}

void Findings::report(std::initializer_list<std::string_view> keys, const std::string& what) const {
  for (const std::string_view key : keys) {
    const auto found = origins.where.find(key);
    if (found == origins.where.end()) continue;
    mistakes.push_back(found->second + ": " + what);
    return;
  }
  mistakes.push_back(std::string(*keys.begin()) + ": " + what);
}

void cross_check(const Settings& settings, const Origins& origins, std::vector<std::string>& mistakes) {
  const Findings findings{origins, mistakes};
  check_keys(settings, findings);
  check_retention(settings, findings);
  check_connection(settings, findings);
}

}  // namespace orderd::settings
