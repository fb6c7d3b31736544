// Compares keys with what the ledger ends with, while orders are being settled: the stock keys, and of some thousand
// orders, spread over the whole ledger, the records.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/findings.h"
#include "audit/link.h"
#include "audit/options.h"
#include "audit/stock_model.h"

namespace orderd::audit {

// `newest`: the last result that was applied to the model. Each key is read in one step with the results after it,
// which are applied before the two are compared.
[[nodiscard]] Result<bool> check_stock(Link& link, const Options& options, Id newest, StockModel& model,
                                       Findings& findings);

class RecordCheck {
 public:
  // Of `results` results.
  explicit RecordCheck(uint64_t results) : every_(results / kChosenMax + 1) {}

  // The next result.
  void take(const ResultEntry& result, Id id);
  // Returns how many records were compared; the others have expired.
  [[nodiscard]] Result<uint64_t> judge(Link& link, const Options& options, Findings& findings);

 private:
  static constexpr uint64_t kChosenMax = 4096;
  struct Decision {
    std::string order;
    Id result;
    Id request;
    bool accepted = false;
    bool decided = true;  // false: wrong_lane, which leaves no record
  };
  [[nodiscard]] static const char* problem_of(const Decision& decision, std::string_view record);

  const uint64_t every_;
  uint64_t taken_ = 0;
  std::vector<Decision> chosen_;
};

}  // namespace orderd::audit
