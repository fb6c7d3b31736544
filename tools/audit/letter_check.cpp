// A dead letter of a result that is not malformed is skipped and reported.
#include <map>

#include "audit/checks.h"

namespace orderd::audit {
namespace {

constexpr const char* kOfMalformed = "dead letters of malformed results";
// About 150 MB.
constexpr std::size_t kWithoutMax = 1'000'000;
// A request that has more is cut: docs/contract.md, "Dead letters".
constexpr std::size_t kRawBytes = 64 * 1024, kRawWords = 2 * 3500;
constexpr std::ptrdiff_t kOwnWords = 6;

// orderd's three fields come first; a raw field of the request may have one of their names.
struct Letter {
  Id request;  // 0-0: not readable
  Id result;   // the same
  std::string_view detail;

  // `entry`: may be null.
  explicit Letter(const RawEntry* entry) {
    if (entry == nullptr || entry->fields.size() < kOwnWords) return;
    const auto& fields = entry->fields;
    if (fields[0] != "request" || fields[2] != "result" || fields[4] != "detail") return;
    request = id_of(fields[1]).value_or(Id{});
    result = id_of(fields[3]).value_or(Id{});
    detail = fields[5];
  }
};

// Whether a letter with these fields has those of the request, as far as they fit.
bool copies(const std::vector<std::string_view>& letter, const std::vector<std::string_view>& request) {
  std::size_t bytes = 0;
  for (const std::string_view word : request) bytes += word.size();
  const bool cut = bytes > kRawBytes || request.size() > kRawWords;
  const auto [copy, word] = std::mismatch(letter.begin() + kOwnWords, letter.end(), request.begin(), request.end());
  if (copy == letter.end()) return cut || word == request.end();
  return cut && copy + 1 == letter.end() && word != request.end() && word->starts_with(*copy);
}

class LetterChecker : public Checker {
 public:
  explicit LetterChecker(const Task& task)
      : Checker(task), letters_(task.link, task.options.dead, {}, task.horizon.dead.last) {}

  void take(ResultEntry& result) override {
    if (!result.good()) return;
    if (result.kind == ResultKind::kLetter) take_record(result);
    if (result.kind == ResultKind::kMalformed) match(result);
  }

  void end() override {
    skip(kLastId);
    counts_.dead_letters = letters_.popped();
    if (without_.empty()) return;
    // More letters are gone than were requeued or discarded: the oldest ones may have been trimmed.
    const StreamFacts& dead = horizon_.dead;
    const bool gone = dead.added - dead.length > records_;
    // Letters may have been requeued or discarded after the horizon was taken.
    ResultCursor later(task_.link, task_.options.results, after(horizon_.to), kLastId);
    while (const ResultEntry* const result = later.next()) {
      if (result->good() && result->kind == ResultKind::kLetter) without_.erase(result->lettered);
    }
    refresh(task_);
    Cursor now(task_.link, task_.options.dead, {}, kLastId);
    const Letter oldest(now.peek());
    for (const auto& [id, without] : without_) {
      // Trimming removes the oldest; a letter missing after the first one was removed otherwise.
      if ((gone || dead.cut) && (oldest.result == Id{} || id < oldest.result)) {
        findings_.not_checked(kOfMalformed, "the oldest dead letters were trimmed");
      } else {
        findings_.add("dead_letter_missing", {id, without.request, without.order},
                      "there is no dead letter of this result, and no entry that it was requeued or discarded");
      }
    }
  }

 private:
  // Reports the letters of results before `until`: no malformed result is waiting for them.
  void skip(Id until) {
    for (const RawEntry* next = letters_.peek(); next != nullptr; next = letters_.peek()) {
      const Letter letter(next);
      // A letter that names a result with a future ID is not waited for.
      if (letter.result >= until && letter.result <= horizon_.results.last) return;
      if (letter.result != Id{} && letter.result < horizon_.first_result()) {
        findings_.not_checked("dead letters", "their results were trimmed, or are before --from");
      } else if (letter.result > horizon_.to && horizon_.ends_early()) {
        findings_.not_checked("dead letters", "their results are after --to");
      } else {
        findings_.looked("dead_letter_forged");
        const bool names_both = letter.request != Id{} && letter.result != Id{};
        findings_.add("dead_letter_forged", {letter.result, letter.request},
                      "dead letter " + next->id.text() +
                          (names_both ? ": no malformed result has this ID, or it has its dead letter already"
                                      : ": it names no request or no result"));
      }
      letters_.pop();
    }
  }

  void match(const ResultEntry& result) {
    skip(result.id);
    findings_.looked("dead_letter_missing");
    const RawEntry* const next = letters_.peek();
    const Letter letter(next);
    if (letter.result == result.id) {
      findings_.looked("dead_letter_forged");
      const bool copied = result.raw == nullptr || copies(next->fields, *result.raw);
      const char* const wrong = letter.request != result.request ? "its request is not that of the result"
                                : letter.detail != result.detail ? "its detail is not that of the result"
                                : !copied                        ? "its fields are not those of the request"
                                                                 : nullptr;
      if (wrong != nullptr) {
        findings_.add("dead_letter_forged", {result.id, letter.request},
                      "dead letter " + next->id.text() + ": " + wrong);
      }
      letters_.pop();
    } else if (without_.size() < kWithoutMax) {
      without_.emplace(result.id, Without{result.request, std::string(result.order)});
    } else {
      findings_.not_checked(kOfMalformed, "too many are missing to keep track of");
    }
  }

  void take_record(const ResultEntry& record) {
    ++records_;
    if (record.lettered < horizon_.first_result()) {
      return findings_.not_checked("entries about dead letters",
                                   "the results they name were trimmed, or are before --from");
    }
    findings_.looked("dead_letter_forged");
    if (without_.erase(record.lettered) > 0 || without_.size() == kWithoutMax) return;
    findings_.add("dead_letter_forged", {record.id},
                  "it is about the dead letter of result " + record.lettered.text() +
                      ", which is not malformed, still has its letter, or was already requeued or discarded");
  }

  struct Without {
    Id request;
    std::string order;
  };
  Cursor letters_;
  std::map<Id, Without> without_;  // malformed results without their letter, no entry about it so far
  uint64_t records_ = 0;
};

}  // namespace

CheckerPtr check_letters(const Task& task) {
  return std::make_unique<LetterChecker>(task);
}

}  // namespace orderd::audit
