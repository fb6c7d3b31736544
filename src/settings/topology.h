// The topologies that the settings ask for.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "loop/loop.h"
#include "settings/settings.h"
#include "valkey/cluster.h"
#include "valkey/topology.h"

namespace orderd::settings {

// Where each lane's server is. Lanes of one server share a topology; in a cluster each has its own, and they share what
// is known of the cluster.
class Topologies {
 public:
  // Reads `settings`, those of all lanes, before each connect: they may change, and so may the files of passwords.
  // Both must outlive it.
  Topologies(Loop& loop, const Settings& settings);

  [[nodiscard]] valkey::Topology& of(std::size_t lane) const { return *lanes_[lane % lanes_.size()]; }

 private:
  std::unique_ptr<valkey::Cluster> cluster_;
  std::vector<std::unique_ptr<valkey::Topology>> lanes_;
};

// Where the primary of one lane is just now, for a client that blocks. `settings`: for_lane(). `client_name`: of the
// connections to the sentinels.
[[nodiscard]] Result<valkey::Endpoint> find_primary(const Settings& settings, const std::string& client_name);

}  // namespace orderd::settings
