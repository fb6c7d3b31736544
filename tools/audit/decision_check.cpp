// Decisions: open addressing with linear probing. The table has its final size from the start: the number of results is
// known. The time between two results is derived from their IDs, which is only a hint. An ID later than the server's
// clock is not a time, and neither are those after it, because IDs never decrease.
//
// Their records are read a few hundred at a time.
#include <algorithm>

#include "audit/checks.h"

namespace orderd::audit {
namespace {

constexpr const char* kGone = "the request is not known";

uint64_t digest_of(const Content& content, bool accepted) {
  return content.digest() << 1U | (accepted ? 1U : 0U);
}

// The newest decision of an order ID.
struct Slot {
  Id result;          // 0-0: the slot is free
  uint64_t name = 0;  // a hash of the order ID; another one selects the slot
  uint64_t content = 0;
  static constexpr uint64_t kAccepted = 1;  // the lowest bit of `content`
  [[nodiscard]] bool used() const { return result != Id{}; }
};

uint64_t slots_for(uint64_t results) {
  return results + results / 4 + 16;
}

class DecisionChecker : public Checker {
 public:
  DecisionChecker(const Task& task, Part part)
      : Checker(task), part_(part), slots_(slots_for(task.horizon.results.length / part.of)) {}

  void take(Step& step) override {
    const ResultEntry& result = step.entry;
    if (!step.good) return;
    const bool refers = result.kind == ResultKind::kIdReused || result.kind == ResultKind::kDuplicate;
    const bool elsewhere = result.kind == ResultKind::kWrongLane;
    if (!result.decided() && !refers && !elsewhere) return;
    const uint64_t name = hash_of(result.order);
    if (name % part_.of != part_.number) return;
    Slot& slot = slot_of(result.order, name);
    if (elsewhere) {
      // If there is a record, an order of another lane is a duplicate or id_reused.
      if (result.id.ms <= horizon_.now_ms && in_window(slot, result.id)) {
        findings_.add(Check::kLaneDiffers, result.place(),
                      "result " + slot.result.text() + " decided this order ID in this lane");
      }
      return;
    }
    if (result.kind == ResultKind::kIdReused) return judge_reuse(slot, result.place(), step.asked);
    if (result.kind == ResultKind::kDuplicate) return judge_duplicate(slot, result, step.asked);
    if (!slot.used() && ++used_ == slots_.size()) {
      --used_;
      return findings_.not_checked("order IDs", "there were more results than the server had announced");
    }
    judge_decision(slot, result.place());
    slot = {result.id, name, digest_of(result.content(), result.kind == ResultKind::kAccepted)};
  }

 private:
  // The slot of an order ID, or a free one. Two hashes have 128 bits, so that collisions do not matter.
  Slot& slot_of(std::string_view order, uint64_t name) {
    __extension__ using Wide = unsigned __int128;
    auto at = static_cast<uint64_t>(static_cast<Wide>(hash_of(order, 1)) * slots_.size() >> 64U);
    while (slots_[at].used() && slots_[at].name != name) at = at + 1 == slots_.size() ? 0 : at + 1;
    return slots_[at];
  }

  // Whether the slot's decision was within the window before this result.
  [[nodiscard]] bool in_window(const Slot& slot, Id result) const {
    return slot.used() && result.ms - slot.result.ms < horizon_.window_ms;
  }

  void judge_decision(const Slot& slot, const Place& place) {
    if (horizon_.window_ms == 0) return;
    if (slot.used() && place.result.ms > horizon_.now_ms) {
      return findings_.not_checked("order IDs decided twice",
                                   "the results have IDs of the future, which say nothing about time");
    }
    findings_.looked(Check::kDecidedTwice);
    if (in_window(slot, place.result)) {
      findings_.add(Check::kDecidedTwice, place, "result " + slot.result.text() + " already decided this order ID");
    }
  }

  void judge_reuse(const Slot& slot, const Place& place, const Content* asked) {
    // Whether the decision may be older than the first result that was read.
    const uint64_t ms = place.result.ms;
    const bool early =
        ms > horizon_.now_ms || ms < horizon_.window_ms || ms - horizon_.window_ms <= horizon_.first_result().ms;
    if (!slot.used() && early && horizon_.results_cut()) {
      return findings_.not_checked("id_reused", "the first decision may have been trimmed, or is before --from");
    }
    findings_.looked(Check::kReuseUnjustified);
    const auto found = [&](const std::string& detail) { findings_.add(Check::kReuseUnjustified, place, detail); };
    if (!slot.used()) return found("this order ID was not decided before");
    if (asked == nullptr) return findings_.not_checked("contents of id_reused", kGone);
    if (digest_of(*asked, false) >> 1U == slot.content >> 1U) {
      found("result " + slot.result.text() + " decided the same content");
    }
  }

  void judge_duplicate(const Slot& slot, const ResultEntry& result, const Content* asked) {
    if (!slot.used() && result.original < horizon_.first_result()) {
      return findings_.not_checked("duplicates", "their original was trimmed, or is before --from");
    }
    findings_.looked(Check::kDuplicateUnjustified);
    const auto found = [&](const char* detail) {
      findings_.add(Check::kDuplicateUnjustified, result.place(), "its original " + result.original.text() + detail);
    };
    if (result.original >= result.id) return found(" is not an earlier result");
    if (slot.result != result.original) return found(" is not the newest decision of this order ID before it");
    const bool accepted = (slot.content & Slot::kAccepted) != 0;
    if (result.was_accepted != accepted) return found(" has another outcome");
    if (asked == nullptr) return findings_.not_checked("contents of duplicates", kGone);
    if (digest_of(*asked, accepted) != slot.content) found(" has other content");
  }

  const Part part_;
  std::vector<Slot> slots_;
  uint64_t used_ = 0;
};

using valkey::Command;
using valkey::Reply;

constexpr uint64_t kRecordsMax = 4096;
constexpr std::size_t kRecordsAtOnce = 200;

// What is wrong with the record of an order that `decided` decided; nullptr: nothing. A record of a later decision is
// not compared.
const char* problem_of(std::string_view record, Id decided, ResultKind kind) {
  constexpr std::size_t kDigestBytes = 16;
  const std::string_view digest = record.substr(0, kDigestBytes);
  const std::string_view outcome = record.substr(digest.size(), 1);
  const auto result = id_of(record.substr(digest.size() + outcome.size()));
  if (!result || (outcome != "a" && outcome != "r") ||
      digest.find_first_not_of("0123456789abcdef") != std::string_view::npos) {
    return "it is not a record";
  }
  if (*result > decided) return nullptr;
  if (kind == ResultKind::kWrongLane) return "the order was called wrong_lane";
  if (*result < decided) return "it refers to an earlier result";
  return (outcome == "a") == (kind == ResultKind::kAccepted) ? nullptr : "it has another outcome";
}

class RecordChecker : public Checker {
 public:
  explicit RecordChecker(const Task& task) : Checker(task), every_(task.horizon.results.length / kRecordsMax + 1) {}

  void take(Step& step) override {
    const ResultEntry& result = step.entry;
    const bool answered = result.decided() || result.kind == ResultKind::kWrongLane;
    if (!step.good || !answered || ++taken_ % every_ != 0) return;
    chosen_.push_back({std::string(result.order), result.id, result.request, result.kind});
  }

  void end() override {
    if (task_.options.to || task_.options.window.count() == 0) return;
    for (std::size_t from = 0; from < chosen_.size(); from += kRecordsAtOnce) {
      const std::size_t count = std::min(kRecordsAtOnce, chosen_.size() - from);
      std::vector<Command> commands;
      for (std::size_t i = 0; i < count; ++i) {
        commands.push_back(Command::of("GET", task_.options.order_key(chosen_[from + i].order)));
      }
      const auto replies = task_.link.ask_at_once(commands);
      for (std::size_t i = 0; i < replies->size(); ++i) {
        const Decision& decision = chosen_[from + i];
        const Reply reply = replies->at(i);
        if (reply.is_nil()) continue;
        ++task_.counts.records;
        findings_.looked(Check::kRecordDiffers);
        const char* const problem = problem_of(reply.is_string() ? reply.text() : "", decision.result, decision.kind);
        if (problem == nullptr) continue;
        findings_.add(Check::kRecordDiffers, {decision.result, decision.request, decision.order},
                      "the record at " + task_.options.order_key(decision.order) + ": " + problem);
      }
    }
  }

 private:
  struct Decision {
    std::string order;
    Id result;
    Id request;
    ResultKind kind;  // accepted, refused, or wrong_lane, which leaves no record
  };
  const uint64_t every_;
  uint64_t taken_ = 0;
  std::vector<Decision> chosen_;
};

}  // namespace

// How many partitions the results need within the memory of the options.
uint64_t parts_of(const Task& task) {
  const uint64_t capacity = std::max<uint64_t>(task.options.memory_bytes / sizeof(Slot), slots_for(0) * 4);
  return (slots_for(task.horizon.results.length) + capacity - 1) / capacity;
}

CheckerPtr check_decisions(const Task& task, Part part) {
  return std::make_unique<DecisionChecker>(task, part);
}

CheckerPtr check_records(const Task& task) {
  return std::make_unique<RecordChecker>(task);
}

}  // namespace orderd::audit
