// All faults, sorted by ID: P, V, N, T, D, L, then by number.
#include <algorithm>

#include "order-chaos/fault.h"

namespace orderd::chaos {

std::vector<Fault> all_faults() {
  std::vector<Fault> faults;
  for (const auto* topic :
       {&kDaemonFaults, &kServerFaults, &kCrashFaults, &kStreamFaults, &kKeyFaults, &kNetworkFaults, &kLoadFaults})
    faults.insert(faults.end(), topic->begin(), topic->end());
  const auto rank = [](const Fault& fault) {
    return std::pair(std::string("PVNTDL").find(fault.id[0]), std::stoi(fault.id.substr(1)));
  };
  std::stable_sort(faults.begin(), faults.end(), [&](const Fault& a, const Fault& b) { return rank(a) < rank(b); });
  return faults;
}

}  // namespace orderd::chaos
