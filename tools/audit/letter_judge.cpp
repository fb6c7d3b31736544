// A dead letter of a result that is not malformed is skipped and reported.
#include "audit/letter_judge.h"

namespace orderd::audit {
namespace {

constexpr const char* kLetters = "dead letters";
constexpr const char* kOfMalformed = "dead letters of malformed results";
// About 150 MB.
constexpr std::size_t kWithoutMax = 1'000'000;

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

// Reports the letters of results before `until`: no malformed result is waiting for them.
Result<bool> LetterJudge::skip(std::optional<Id> until) {
  for (;; letters_.pop()) {
    const auto next = letters_.peek();
    if (!next) return next.failure();
    if (*next == nullptr) return true;
    const Letter letter((*next)->fields);
    // A letter that names a result with a future ID is not waited for.
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
  } else if (without_.size() < kWithoutMax) {
    without_.emplace(id, Without{result.request, std::string(result.order)});
  } else {
    findings_.not_checked(kOfMalformed, "too many are missing to keep track of");
  }
  return true;
}

void LetterJudge::take_record(const ResultEntry& record, Id id) {
  ++records_;
  if (record.lettered < horizon_.first_result()) {
    return findings_.not_checked("entries about dead letters",
                                 "the results they name were trimmed, or are before --from");
  }
  findings_.looked(Check::kDeadLetterForged);
  if (without_.erase(record.lettered) > 0 || without_.size() == kWithoutMax) return;
  findings_.add(Check::kDeadLetterForged, {id},
                "it is about the dead letter of result " + record.lettered.text() +
                    ", which is not malformed, still has its letter, or was already requeued or discarded");
}

// Letters may have been requeued or discarded after the horizon was taken.
Result<bool> LetterJudge::read_later_records() {
  Cursor later(link_, options_.names.results, after(horizon_.to), kLastId);
  ResultDecoder decoder;
  ResultEntry entry;
  return later.each([&](const RawEntry& raw) -> Result<bool> {
    if (decoder.decode(raw.fields, entry) == nullptr && entry.kind == ResultKind::kLetter) {
      without_.erase(entry.lettered);
    }
    return true;
  });
}

// The result of the oldest letter that exists now.
Result<std::optional<Id>> LetterJudge::first_letter() {
  const auto page = link_.ask(valkey::Command::of("XRANGE", options_.names.dead, "-", "+", "COUNT", 1));
  if (!page) return page.failure();
  RawEntry entry;
  if ((*page)->size() == 0 || !read_entry((*page)->at(0), entry)) return std::optional<Id>();
  return Letter(entry.fields).result;
}

Result<bool> LetterJudge::end() {
  auto good = skip(std::nullopt);
  if (!good || without_.empty()) return good;
  // More letters are gone than were requeued or discarded: the oldest ones may have been trimmed.
  const bool cut = horizon_.dead.exists && horizon_.dead.added - horizon_.dead.length > records_;
  good = read_later_records();
  if (good) good = refresh(link_, options_.names, horizon_);
  if (!good) return good;
  const auto first = first_letter();
  if (!first) return first.failure();
  for (const auto& [id, without] : without_) {
    // Trimming removes the oldest; a letter missing after the first one was removed otherwise.
    if ((cut || horizon_.dead.cut) && (!*first || id < **first)) {
      findings_.not_checked(kOfMalformed, "the oldest dead letters were trimmed");
    } else {
      findings_.add(Check::kDeadLetterMissing, {id, without.request, without.order},
                    "there is no dead letter of this result, and no entry that it was requeued or discarded");
    }
  }
  without_.clear();
  return true;
}

}  // namespace orderd::audit
