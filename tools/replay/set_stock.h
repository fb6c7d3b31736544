// Sets the stock that a recording takes to be there, each with its entry in the ledger, as orderctl stock set does.
#pragma once

#include <cstdint>

#include "replay/source.h"
#include "shared/client.h"

namespace orderd::replay {

// Takes the stock lines off the source, up to the first request. Answers how many there were.
[[nodiscard]] Result<uint64_t> set_stock(tools::Client& client, const settings::Settings& settings, Source& source);

}  // namespace orderd::replay
