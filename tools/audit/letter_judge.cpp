// A result waits for its letter among the open ones; in a good ledger for no longer than one step.
#include "audit/letter_judge.h"

namespace orderd::audit {
namespace {

constexpr std::size_t kOpenMax = 10'000;
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

LetterJudge::LetterJudge(Link& link, const Options& options, const Horizon& horizon, Findings& findings)
    : horizon_(horizon), findings_(findings), cursor_(link, options.names.dead, {}, horizon.dead.last) {
}

Result<bool> LetterJudge::take(const ResultEntry& result, Id id) {
  findings_.looked(Check::kDeadLetterMissing);
  open_.emplace(id, Malformed{result.request, hash_of(result.detail)});
  auto good = read_letters(id);
  if (open_.size() > kOpenMax) {
    report_missing(open_.begin()->first, open_.begin()->second.request);
    open_.erase(open_.begin());
  }
  return good;
}

Result<bool> LetterJudge::end() {
  auto good = read_letters(kLastId);
  for (const auto& [result, malformed] : open_) report_missing(result, malformed.request);
  open_.clear();
  return good;
}

// Up to the first letter of a later result.
Result<bool> LetterJudge::read_letters(Id until) {
  for (;;) {
    const auto next = cursor_.peek();
    if (!next) return next.failure();
    if (*next == nullptr) return true;
    const Letter letter((*next)->fields);
    if (!first_) first_ = letter.result;
    // One that names a result of the future is judged at once.
    if (letter.result && *letter.result > until && *letter.result <= horizon_.results.last) return true;
    judge(**next);
    ++letters_;
    cursor_.pop();
  }
}

void LetterJudge::judge(const RawEntry& raw) {
  const Letter letter(raw.fields);
  findings_.looked(Check::kDeadLetterForged);
  const auto forged = [&](const char* detail) {
    const auto text = [](std::optional<Id> id) { return id ? id->text() : ""; };
    findings_.add({Check::kDeadLetterForged, text(letter.result), text(letter.request), "", "",
                   "dead letter " + raw.id.text() + ": " + detail});
  };
  if (!letter.request || !letter.result) return forged("it names no request or no result");
  if (*letter.result < horizon_.first_result()) {
    return findings_.not_checked(kLetters, "their results were trimmed, or are before --from");
  }
  if (*letter.result > horizon_.to && horizon_.to_given) {
    return findings_.not_checked(kLetters, "their results are after --to");
  }
  const auto open = open_.find(*letter.result);
  if (open == open_.end()) return forged("no malformed result has this ID, or it has its dead letter already");
  if (open->second.request != *letter.request) return forged("its request is not that of the result");
  if (open->second.detail != hash_of(letter.detail)) forged("its detail is not that of the result");
  open_.erase(open);
}

void LetterJudge::report_missing(Id result, Id request) {
  // Trimming takes the oldest; a letter missing after the first one was removed otherwise.
  if (horizon_.dead.exists && !horizon_.dead.whole() && (!first_ || result < *first_)) {
    return findings_.not_checked("dead letters of malformed results", "the oldest dead letters were trimmed");
  }
  findings_.add({Check::kDeadLetterMissing, result.text(), request.text(), "", "", "no dead letter names this result"});
}

}  // namespace orderd::audit
