// The stock keys against what the ledger ends with, while orders go on being settled.
#pragma once

#include <functional>
#include <string>

#include "audit/link.h"
#include "audit/stock_model.h"

namespace orderd::audit {

// `newest`: the result the model has come to. Each key is read in one step with the results behind that, which are
// applied before the two are compared.
[[nodiscard]] Result<bool> check_stock(Link& link, const std::string& results, Id newest,
                                       const std::function<std::string(std::string_view)>& key, StockModel& model,
                                       Findings& findings);

}  // namespace orderd::audit
