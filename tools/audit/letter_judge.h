// Dead letters are in the order of their malformed results: a walk over both matches them one to one.
#pragma once

#include <optional>

#include "audit/cursor.h"
#include "audit/findings.h"
#include "audit/horizon.h"
#include "audit/options.h"
#include "audit/result_entry.h"

namespace orderd::audit {

class LetterJudge {
 public:
  // All outlive this.
  LetterJudge(Link& link, const Options& options, const Horizon& horizon, Findings& findings)
      : horizon_(horizon), findings_(findings), letters_(link, options.names.dead, {}, horizon.dead.last) {}

  // The next malformed result.
  [[nodiscard]] Result<bool> take(const ResultEntry& result, Id id);
  // After the last result.
  [[nodiscard]] Result<bool> end() { return skip(std::nullopt); }
  [[nodiscard]] uint64_t letters() const { return letters_.popped(); }

 private:
  [[nodiscard]] Result<bool> skip(std::optional<Id> until);

  const Horizon& horizon_;
  Findings& findings_;
  Cursor letters_;
  std::optional<Id> first_;  // the result of the first letter
};

}  // namespace orderd::audit
