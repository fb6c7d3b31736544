// One row after another: constant memory, however often an order was sent.
#include "audit/decision_judge.h"

namespace orderd::audit {

void DecisionJudge::found(Check check, const DecisionRow& row, std::string detail) {
  findings_.add({check, row.result.text(), "", "", "", std::move(detail)});
}

void DecisionJudge::take(const DecisionRow& row) {
  if (!any_ || order_ != row.order) {
    any_ = true;
    order_ = row.order;
    decided_ = has_content_ = false;
  }
  switch (row.kind) {
    case DecisionKind::kContent:
      has_content_ = true;
      content_ = row;
      return;
    case DecisionKind::kAccepted:
    case DecisionKind::kRefused: decide(row); break;
    case DecisionKind::kIdReused: judge_reuse(row); break;
    case DecisionKind::kDuplicateOfAccepted:
    case DecisionKind::kDuplicateOfRefused: judge_duplicate(row); break;
  }
  has_content_ = false;
}

bool DecisionJudge::before_sight(const DecisionRow& row) const {
  if (!horizon_.results_cut()) return false;
  const Id first = horizon_.first_result();
  return row.result.ms < horizon_.window_ms || row.result.ms - horizon_.window_ms <= first.ms;
}

void DecisionJudge::decide(const DecisionRow& row) {
  if (horizon_.window_ms > 0) {
    findings_.looked(Check::kDecidedTwice);
    if (decided_ && row.result.ms - decision_.result.ms < horizon_.window_ms) {
      found(Check::kDecidedTwice, row, "this order id was decided by " + decision_.result.text() + " before");
    }
  }
  decided_ = true;
  decision_ = row;
}

void DecisionJudge::judge_reuse(const DecisionRow& row) {
  if (!decided_ && before_sight(row)) {
    return findings_.not_checked("id_reused", "the first decision may have been trimmed or lies before --from");
  }
  findings_.looked(Check::kReuseUnjustified);
  if (!decided_) return found(Check::kReuseUnjustified, row, "this order id was not decided before");
  if (!has_content_ || content_.result != row.result) {
    return findings_.not_checked("contents of id_reused",
                                 "the request was not read or is not in the orders stream any more");
  }
  if (content_.content == decision_.content) {
    found(Check::kReuseUnjustified, row, decision_.result.text() + " has decided the same content");
  }
}

void DecisionJudge::judge_duplicate(const DecisionRow& row) {
  if (row.original < horizon_.first_result() && !decided_) {
    return findings_.not_checked("duplicates", "their original was trimmed or lies before --from");
  }
  findings_.looked(Check::kDuplicateUnjustified);
  const std::string original = "its original " + row.original.text();
  if (!decided_ || decision_.result != row.original) {
    return found(Check::kDuplicateUnjustified, row,
                 original + (row.original >= row.result ? " is no earlier result"
                                                        : " is not the newest decision of this order id before it"));
  }
  const bool accepted = row.kind == DecisionKind::kDuplicateOfAccepted;
  if (accepted != (decision_.kind == DecisionKind::kAccepted)) {
    return found(Check::kDuplicateUnjustified, row, original + " has another outcome");
  }
  if (!has_content_ || content_.result != row.result) {
    return findings_.not_checked("contents of duplicates",
                                 "the request was not read or is not in the orders stream any more");
  }
  if (content_.content != decision_.content) {
    found(Check::kDuplicateUnjustified, row, original + " has other content");
  }
}

}  // namespace orderd::audit
