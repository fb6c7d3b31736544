// Dead letters are in the order of their malformed results: a walk over both matches them one to one.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "audit/cursor.h"
#include "audit/findings.h"
#include "audit/horizon.h"
#include "audit/options.h"
#include "audit/result_entry.h"

namespace orderd::audit {

class LetterJudge {
 public:
  // All outlive this.
  LetterJudge(Link& link, const Options& options, const Horizon& horizon, Findings& findings);

  // The next malformed result.
  [[nodiscard]] Result<bool> take(const ResultEntry& result, Id id);
  // After the last result.
  [[nodiscard]] Result<bool> end();
  [[nodiscard]] uint64_t letters() const { return letters_; }

 private:
  struct Malformed {
    Id request;
    uint64_t detail = 0;
  };
  [[nodiscard]] Result<bool> read_letters(Id until);
  void judge(const RawEntry& raw);
  void report_missing(Id result, Id request);

  const Horizon& horizon_;
  Findings& findings_;
  Cursor cursor_;
  uint64_t letters_ = 0;
  std::optional<Id> first_;       // result named by the first letter
  std::map<Id, Malformed> open_;  // results without a letter so far
};

}  // namespace orderd::audit
