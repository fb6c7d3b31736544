// Names for lanes that spread evenly over the slots of a cluster.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "valkey/slot.h"

namespace orderd::tools {

// `count` names, 1 to order::kLanesMax: `prefix`, of characters that the name of a lane may have, and a number. The
// slots are cut into `count` equal parts, and the slot of `{name}` is in the first part for the first name, in the
// second for the second, and so on; each has the smallest number for which that holds. So equal nodes with a run of
// slots each have the same number of lanes, wherever `count` is a multiple of the number of nodes.
// The numbers are tried in turn: a part of the slots is found after about as many tries as there are parts.
[[nodiscard]] inline std::vector<std::string> even_lane_names(std::string_view prefix, std::size_t count) {
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
