// Compares two settings row by row of the table.
#include "settings/load.h"
#include "settings/table.h"
#include "settings/value.h"

namespace orderd::settings {

Changes compare(const Settings& before, const Settings& after) {
  Changes changes;
  for (const Setting& row : table()) {
    if (plain(row, before) == plain(row, after)) continue;
    (row.applies == Applies::kLive ? changes.live : changes.restart).emplace_back(row.key);
  }
  return changes;
}

}  // namespace orderd::settings
