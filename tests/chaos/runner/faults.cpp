// All faults, sorted by ID: P, V, N, T, D, L, then by number.
#include <algorithm>

#include "chaos/runner/fault.h"

namespace orderd::chaos {

std::vector<Fault> all_faults() {
  std::vector<Fault> faults;
  add_process_faults(faults);
  add_standby_faults(faults);
  add_server_faults(faults);
  add_crash_faults(faults);
  add_group_faults(faults);
  add_stream_faults(faults);
  add_absent_stream_faults(faults);
  add_position_faults(faults);
  add_key_faults(faults);
  add_rights_faults(faults);
  add_network_faults(faults);
  add_load_faults(faults);
  const auto rank = [](const Fault& fault) {
    static const std::string kThemes = "PVNTDL";
    return std::pair(kThemes.find(fault.id[0]), std::stoi(fault.id.substr(1)));
  };
  std::stable_sort(faults.begin(), faults.end(), [&](const Fault& a, const Fault& b) { return rank(a) < rank(b); });
  return faults;
}

}  // namespace orderd::chaos
