// The books of a shop: what the streams, the group and the keys hold, to be copied, spoilt and laid out on a server
// again.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "integration/orderctl_desk.h"
#include "support/seed.h"
#include "support/valkey_helpers.h"

namespace orderd::test {

struct Books {
  std::vector<Entry> orders;
  std::vector<Entry> results;
  std::vector<Entry> dead;
  std::map<std::string, std::string> keys;  // strings only
  std::string delivered;                    // the group's last-delivered-id
  std::vector<std::string> pending;

  // What stands in a server now.
  [[nodiscard]] static Books read(valkey::SyncClient& client);
  // Puts them into the place of all that is there. Ids stay as they are.
  void lay_out(valkey::SyncClient& client) const;

  // Of a result, by its place; -1: none.
  [[nodiscard]] std::size_t request_of(std::size_t result) const;
};

void put(Entry& entry, const std::string& name, const std::string& value);
void take_out(Entry& entry, const std::string& name);

// A desk where a mixed sale was held by real daemons: both forms, several lines, retries, ids used again, malformed
// requests, unknown SKUs, bad stock, changes of stock, lost requests; at the end some are pending, some not delivered.
void hold_sale(Desk& desk, Random& random, std::size_t requests);

}  // namespace orderd::test
