// Dead letters are in the order of their malformed results, so walking both matches them one to one. A letter that was
// requeued or discarded is gone, and a later entry of the results stream records that: a malformed result without its
// letter waits for that entry.
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
  // Refreshes `horizon` if a finding depends on what was trimmed meanwhile. All arguments must outlive this.
  LetterJudge(Link& link, const Options& options, Horizon& horizon, Findings& findings)
      : link_(link),
        options_(options),
        horizon_(horizon),
        findings_(findings),
        letters_(link, options.names.dead, {}, horizon.dead.last) {}

  // The next malformed result.
  [[nodiscard]] Result<bool> take(const ResultEntry& result, Id id);
  // The next entry that records a requeued or discarded letter.
  void take_record(const ResultEntry& record, Id id);
  // After the last result.
  [[nodiscard]] Result<bool> end();
  [[nodiscard]] uint64_t letters() const { return letters_.popped(); }

 private:
  [[nodiscard]] Result<bool> skip(std::optional<Id> until);
  [[nodiscard]] Result<bool> read_later_records();
  [[nodiscard]] Result<std::optional<Id>> first_letter();

  Link& link_;
  const Options& options_;
  Horizon& horizon_;
  Findings& findings_;
  Cursor letters_;
  struct Without {
    Id request;
    std::string order;
  };
  std::map<Id, Without> without_;  // malformed results without their letter, no entry about it so far
  uint64_t records_ = 0;
};

}  // namespace orderd::audit
