// Sets the initial stock of a recording, each with its entry in the ledger, like orderctl stock set.
#pragma once

#include <cstdint>

#include "replay/source.h"
#include "shared/client.h"

namespace orderd::replay {

// Consumes the stock lines of the source, up to the first request. Returns how many there were.
[[nodiscard]] Result<uint64_t> set_stock(tools::Client& client, const settings::Settings& settings, Source& source);

}  // namespace orderd::replay
