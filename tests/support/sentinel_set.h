// A real primary with a replica, and three real sentinels that monitor them as the service "shop".
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/valkey_server.h"

namespace orderd::test {

class SentinelSet {
 public:
  // Returns when every sentinel knows the replica and the other sentinels. `config`: more lines for each sentinel.
  explicit SentinelSet(const std::vector<std::string>& config = {});

  ValkeyServer& first() { return first_; }    // the initial primary
  ValkeyServer& second() { return second_; }  // its replica
  ValkeyServer& sentinel(std::size_t number) { return *sentinels_.at(number); }
  // For valkey.sentinels.
  [[nodiscard]] std::string addresses() const;

  // A manual failover: both servers are up.
  void fail_over();
  // Waits until the server reports that it is a primary.
  static void wait_for_primary(const ValkeyServer& server);

 private:
  ValkeyServer first_;
  ValkeyServer second_;
  std::vector<std::unique_ptr<ValkeyServer>> sentinels_;
};

}  // namespace orderd::test
