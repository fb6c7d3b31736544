// The numbers are tried in turn: a part of the slots is found after about as many tries as there are parts.
#include "shared/lane_names.h"

#include "valkey/slot.h"

namespace orderd::tools {

std::vector<std::string> even_lane_names(std::string_view prefix, std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t part = 0; part < count; ++part) {
    // Where a border is within a slot, that slot is left out: a cluster may round it either way.
    const std::size_t begin = (part * valkey::kSlots + count - 1) / count;
    const std::size_t end = (part + 1) * valkey::kSlots / count;
    for (std::size_t number = 0; names.size() == part; ++number) {
      std::string name = std::string(prefix) + std::to_string(number);
      const std::size_t slot = valkey::slot_of("{" + name + "}");
      if (slot >= begin && slot < end) names.push_back(std::move(name));
    }
  }
  return names;
}

}  // namespace orderd::tools
