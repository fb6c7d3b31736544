// One connection for each lane, and what is read from all of them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "shared/client.h"
#include "shared/entry.h"
#include "shared/output.h"

namespace orderd::tools {

// "lane 'a': ", before a sentence about one of several lanes; empty: there is only one.
[[nodiscard]] std::string of_lane(const Context& context, const settings::Settings& lane);
// `json` with the lane's name as its first member, if there are several lanes.
[[nodiscard]] Json with_lane(const Context& context, std::size_t lane, Json json);
// " --lane a", for a command that is shown; empty: it has no name.
[[nodiscard]] std::string lane_flag(const settings::Settings& lane);

class LaneClients {
 public:
  // `context` outlives this.
  explicit LaneClients(const Context& context) : context_(context), clients_(context.lanes.size()) {}

  // The connection of Context::lanes[lane], which is made at the first call. A failure names the lane.
  [[nodiscard]] Result<Client*> of(std::size_t lane);

 private:
  const Context& context_;
  std::vector<std::optional<Client>> clients_;
};

// The name of one stream in a lane.
using StreamOf = std::function<std::string(const settings::Settings& lane)>;
// Calls `each` for the entries of `stream` of all lanes, in the order of their IDs, until it returns false. A page of
// each lane is in memory.
[[nodiscard]] Result<bool> read_merged(const Context& context, LaneClients& clients, const StreamOf& stream,
                                       const Range& range,
                                       const std::function<bool(std::size_t lane, const Entry& entry)>& each);

}  // namespace orderd::tools
