// Names for lanes that spread evenly over the slots of a cluster.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace orderd::tools {

// `count` names, 1 to order::kLanesMax: `prefix`, of characters that the name of a lane may have, and a number. The
// slots are cut into `count` equal parts, and the slot of `{name}` is in the first part for the first name, in the
// second for the second, and so on; each has the smallest number for which that holds. So equal nodes with a run of
// slots each have the same number of lanes, wherever `count` is a multiple of the number of nodes.
[[nodiscard]] std::vector<std::string> even_lane_names(std::string_view prefix, std::size_t count);

}  // namespace orderd::tools
