// Sets the initial stock of a recording, each with its entry in the ledger, like orderctl stock set.
#pragma once

#include <cstdint>

#include "order-replay/source.h"
#include "shared/program.h"

namespace orderd::replay {

// Consumes the stock lines of the source, up to the first request, each in the lane of its SKU. Returns how many there
// were.
[[nodiscard]] Result<uint64_t> set_stock(const tools::Context& context, Source& source);

}  // namespace orderd::replay
