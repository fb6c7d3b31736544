// A letter of a result that is not malformed is skipped, and so found.
#include "audit/letter_judge.h"

namespace orderd::audit {
namespace {

constexpr const char* kLetters = "dead letters";

// orderd's three fields come first; a raw field of the request may have one of their names.
struct Letter {
  std::optional<Id> request;
  std::optional<Id> result;
  std::string_view detail;

  explicit Letter(const std::vector<std::string_view>& fields) {
    if (fields.size() < 6 || fields[0] != "request" || fields[2] != "result" || fields[4] != "detail") return;
    request = id_of(fields[1]);
    result = id_of(fields[3]);
    detail = fields[5];
  }
};

}  // namespace

// Skips the letters of results before `until`: they have none that is malformed and waits for its letter.
Result<bool> LetterJudge::skip(std::optional<Id> until) {
  for (;; letters_.pop()) {
    const auto next = letters_.peek();
    if (!next) return next.failure();
    if (*next == nullptr) return true;
    const Letter letter((*next)->fields);
    if (!first_) first_ = letter.result;
    // One that names a result of the future is not waited for.
    if (until && letter.result && *letter.result >= *until && *letter.result <= horizon_.results.last) return true;
    if (letter.result && *letter.result < horizon_.first_result()) {
      findings_.not_checked(kLetters, "their results were trimmed, or are before --from");
    } else if (letter.result && *letter.result > horizon_.to && horizon_.to_given) {
      findings_.not_checked(kLetters, "their results are after --to");
    } else {
      findings_.looked(Check::kDeadLetterForged);
      const bool names_both = letter.request && letter.result;
      findings_.add(Check::kDeadLetterForged, {letter.result.value_or(Id{}), letter.request.value_or(Id{})},
                    "dead letter " + (*next)->id.text() +
                        (names_both ? ": no malformed result has this ID, or it has its dead letter already"
                                    : ": it names no request or no result"));
    }
  }
}

Result<bool> LetterJudge::take(const ResultEntry& result, Id id) {
  const auto skipped = skip(id);
  if (!skipped) return skipped.failure();
  findings_.looked(Check::kDeadLetterMissing);
  const auto next = letters_.peek();
  if (!next) return next.failure();
  const Letter letter(*next == nullptr ? std::vector<std::string_view>() : (*next)->fields);
  if (letter.result == id) {
    findings_.looked(Check::kDeadLetterForged);
    if (letter.request != result.request || letter.detail != result.detail) {
      findings_.add(Check::kDeadLetterForged, {id, letter.request.value_or(Id{})},
                    "dead letter " + (*next)->id.text() + ": its " +
                        (letter.request != result.request ? "request" : "detail") + " is not that of the result");
    }
    letters_.pop();
  } else if (horizon_.dead.exists && !horizon_.dead.whole() && (!first_ || id < *first_)) {
    // Trimming takes the oldest; a letter missing after the first one was removed otherwise.
    findings_.not_checked("dead letters of malformed results", "the oldest dead letters were trimmed");
  } else {
    findings_.add(Check::kDeadLetterMissing, {id, result.request, result.order}, "no dead letter names this result");
  }
  return true;
}

}  // namespace orderd::audit
