// Compares keys with the end of the ledger while orders are being settled: all stock keys, and the records of a few
// thousand orders spread over the whole ledger.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/findings.h"
#include "audit/link.h"
#include "audit/options.h"
#include "audit/stock_model.h"

namespace orderd::audit {

// `newest`: the last result applied to the model. Each key is read in one step with the newer results, which are
// applied before the comparison.
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
