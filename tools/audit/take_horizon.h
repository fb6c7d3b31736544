// Asks the server for the horizon.
#pragma once

#include <string>

#include "audit/horizon.h"
#include "audit/link.h"

namespace orderd::audit {

struct StreamNames {
  std::string orders;
  std::string results;
  std::string dead;
  std::string group;
};

// All but `from`, `ranged` and `window_ms`, in one step of the server.
[[nodiscard]] Result<Horizon> take_horizon(Link& link, const StreamNames& names);
// What was trimmed or deleted while the streams were read: moves the beginnings on.
[[nodiscard]] Result<bool> refresh(Link& link, const StreamNames& names, Horizon& horizon);

}  // namespace orderd::audit
