// The topologies of the settings.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "loop/loop.h"
#include "settings/settings.h"
#include "valkey/cluster.h"
#include "valkey/topology.h"

namespace orderd::settings {

// Finds each lane's server. Lanes of one server share a topology; in a cluster each lane has its own, and they share
// the map of the cluster.
class Topologies {
 public:
  // Reads `settings` for all lanes before each connect: they may change, and so may the password files. Both arguments
  // must outlive this.
  Topologies(Loop& loop, const Settings& settings);

  [[nodiscard]] valkey::Topology& of(std::size_t lane) const { return *lanes_[lane % lanes_.size()]; }

 private:
  std::unique_ptr<valkey::Cluster> cluster_;
  std::vector<std::unique_ptr<valkey::Topology>> lanes_;
};

// The current primary of one lane, for a blocking client. `settings`: for_lane(). `client_name`: for the connections to
// the sentinels.
[[nodiscard]] Result<valkey::Endpoint> find_primary(const Settings& settings, const std::string& client_name);

}  // namespace orderd::settings
