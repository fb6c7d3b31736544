// Compares the stock keys with what the ledger ends with, while orders are being settled.
#pragma once

#include "audit/link.h"
#include "audit/options.h"
#include "audit/stock_model.h"

namespace orderd::audit {

// `newest`: the last result that was applied to the model. Each key is read in one step with the results after it,
// which are applied before the two are compared.
[[nodiscard]] Result<bool> check_stock(Link& link, const Options& options, Id newest, StockModel& model,
                                       Findings& findings);

}  // namespace orderd::audit
