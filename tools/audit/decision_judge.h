// The results of one order id, in their order: at most one decision within the window, and all else points to it.
#pragma once

#include "audit/findings.h"
#include "audit/horizon.h"
#include "audit/rows.h"

namespace orderd::audit {

class DecisionJudge {
 public:
  DecisionJudge(const Horizon& horizon, Findings& findings) : horizon_(horizon), findings_(findings) {}

  // Rows come sorted.
  void take(const DecisionRow& row);

 private:
  void decide(const DecisionRow& row);
  void judge_reuse(const DecisionRow& row);
  void judge_duplicate(const DecisionRow& row);
  void found(Check check, const DecisionRow& row, std::string detail);
  // May a decision that counted for `row` have been before the first result?
  [[nodiscard]] bool before_sight(const DecisionRow& row) const;

  const Horizon& horizon_;
  Findings& findings_;
  bool any_ = false;
  Name order_;
  bool decided_ = false;
  DecisionRow decision_;  // the newest one
  bool has_content_ = false;
  DecisionRow content_;  // of the request whose result comes next
};

}  // namespace orderd::audit
