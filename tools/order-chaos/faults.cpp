// All faults, sorted by ID: P, V, N, T, D, L, then by number.
#include <algorithm>

#include "order-chaos/fault.h"

namespace orderd::chaos {

std::vector<Fault> all_faults() {
  std::vector<Fault> faults;
  for (const auto topic : {process_faults, limit_faults, server_faults, crash_faults, stream_faults, key_faults,
                           network_faults, load_faults}) {
    const std::vector<Fault> some = topic();
    faults.insert(faults.end(), some.begin(), some.end());
  }
  const auto rank = [](const Fault& fault) {
    static const std::string kThemes = "PVNTDL";
    return std::pair(kThemes.find(fault.id[0]), std::stoi(fault.id.substr(1)));
  };
  std::stable_sort(faults.begin(), faults.end(), [&](const Fault& a, const Fault& b) { return rank(a) < rank(b); });
  return faults;
}

}  // namespace orderd::chaos
