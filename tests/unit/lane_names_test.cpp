// Lane names for a cluster.
#include "shared/lane_names.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>

#include "order/lanes.h"
#include "valkey/slot.h"

namespace orderd::tools {
namespace {

// The node of a slot, as valkey-cli --cluster create divides the slots among this many.
std::size_t node_of(uint16_t slot, std::size_t nodes) {
  const double each = double{valkey::kSlots} / static_cast<double>(nodes);
  std::size_t node = 0;
  while (node + 1 < nodes && slot > std::lround(static_cast<double>(node + 1) * each - 1)) ++node;
  return node;
}

TEST_CASE("the names of lanes spread evenly over equal nodes") {
  for (const std::size_t nodes : {1U, 2U, 3U, 5U, 6U, 7U, 12U, 48U}) {
    for (const std::size_t each : {1U, 2U, 7U}) {
      CAPTURE(nodes);
      const auto names = even_lane_names("l", nodes * each);
      std::map<std::size_t, std::size_t> lanes;
      for (const std::string& name : names) ++lanes[node_of(valkey::slot_of("{" + name + "}:orders"), nodes)];
      CHECK(lanes.size() == nodes);
      for (const auto& [node, count] : lanes) CHECK(count == each);
    }
  }
}

TEST_CASE("lane names consist of a prefix and a number and are valid together") {
  CHECK(even_lane_names("l", 1) == std::vector<std::string>{"l0"});
  for (const std::size_t count : {4U, 1000U, 1024U}) {
    const auto names = even_lane_names("eu-", count);
    CHECK(names.size() == count);
    std::string list;
    for (const std::string& name : names) {
      CHECK(name.starts_with("eu-"));
      list.append(list.empty() ? "" : ",").append(name);
    }
    CHECK(order::Lanes::parse(list).ok());  // all differ, too
    CHECK(even_lane_names("eu-", count) == names);
  }
}

}  // namespace
}  // namespace orderd::tools
