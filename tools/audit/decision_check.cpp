// Decisions: open addressing with linear probing. The table has its final size from the start: the number of results is
// known. The time between two results is derived from their IDs, which is only a hint. An ID later than the server's
// clock is not a time, and neither are those after it, because IDs never decrease.
//
// Records are requested while the results are read. The hash of the order ID selects them.
#include <algorithm>

#include "audit/checks.h"

namespace orderd::audit {
namespace {

constexpr const char* kGone = "the request is not known";
constexpr uint64_t kRecords = 4096;  // about as many are compared

// The newest decision of an order ID.
struct Slot {
  Id result;             // 0-0: the slot is free
  uint64_t name = 0;     // a hash of the order ID; another one selects the slot
  uint64_t content = 0;  // digest_of()
  [[nodiscard]] bool used() const { return result != Id{}; }
  [[nodiscard]] bool accepted() const { return (content & 1U) != 0; }
};

uint64_t slots_for(uint64_t results) {
  return results + results / 4 + 16;
}

// With the outcome in the lowest bit.
uint64_t digest_of(const Content& content, bool accepted) {
  return content.digest() << 1U | (accepted ? 1U : 0U);
}

// An order whose record is compared.
struct Recorded {
  std::string order;
  Id result;
  Id request;
  ResultKind kind;  // accepted, refused, or wrong_lane, which leaves no record
  Link::Ticket record;
};

// What is wrong with the record; nullptr: nothing. A record of a later decision is not compared.
const char* problem_of(std::string_view record, const Recorded& order) {
  constexpr std::size_t kDigestBytes = 16;
  const std::string_view digest = record.substr(0, kDigestBytes);
  const std::string_view outcome = record.substr(digest.size(), 1);
  const std::string_view rest = record.substr(digest.size() + outcome.size());
  const std::size_t space = rest.find(' ');  // the first edition appended the request
  const auto result = id_of(rest.substr(0, space));
  const bool whole = space == std::string_view::npos || id_of(rest.substr(space + 1));
  if (!result || !whole || (outcome != "a" && outcome != "r") ||
      digest.find_first_not_of("0123456789abcdef") != std::string_view::npos) {
    return "it is not a record";
  }
  if (*result > order.result) return nullptr;
  if (order.kind == ResultKind::kWrongLane) return "the order was called wrong_lane";
  if (*result < order.result) return "it refers to an earlier result";
  return (outcome == "a") == (order.kind == ResultKind::kAccepted) ? nullptr : "it has another outcome";
}

class DecisionChecker : public Checker {
 public:
  DecisionChecker(const Task& task, Part part)
      : Checker(task),
        part_(part),
        window_ms_(static_cast<uint64_t>(task.options.window.count())),
        record_every_(task.horizon.results.length / kRecords + 1),
        slots_(slots_for(task.horizon.results.length / part.of)) {}

  void take(ResultEntry& result) override {
    const bool refers = result.kind == ResultKind::kIdReused || result.kind == ResultKind::kDuplicate;
    const bool elsewhere = result.kind == ResultKind::kWrongLane;
    if (!result.good() || (!result.decided() && !refers && !elsewhere)) return;
    const uint64_t name = hash_of(result.order);
    if (name % part_.of != part_.number) return;
    const uint64_t other = hash_of(result.order, 1);
    if (!refers && window_ms_ > 0 && other % record_every_ == 0) request_record(result);
    Slot& slot = slot_of(name, other);
    if (elsewhere) return judge_wrong_lane(slot, result);
    if (result.kind == ResultKind::kIdReused) return judge_reuse(slot, result);
    if (result.kind == ResultKind::kDuplicate) return judge_duplicate(slot, result);
    if (!slot.used() && ++used_ == slots_.size()) {
      --used_;
      return findings_.not_checked("order IDs", "there were more results than the server had announced");
    }
    judge_decision(slot, result);
    slot = {result.id, name, digest_of(result.content(), result.kind == ResultKind::kAccepted)};
  }

  void end() override {
    for (const Recorded& order : recorded_) {
      const auto record = task_.link.receive(order.record);
      if (record->is_nil() || (!record->text().starts_with("WRONGTYPE") && task_.link.fails(record.view()))) continue;
      ++counts_.records;
      findings_.looked("record_differs");
      const char* const problem = problem_of(record->is_string() ? record->text() : "", order);
      if (problem == nullptr) continue;
      findings_.add("record_differs", {order.result, order.request, order.order},
                    "the record at " + task_.options.order_key(order.order) + ": " + problem);
    }
  }

 private:
  void request_record(const ResultEntry& result) {
    const auto ticket = task_.link.send(valkey::Command::of("GET", task_.options.order_key(result.order)));
    recorded_.push_back({std::string(result.order), result.id, result.request, result.kind, ticket});
  }

  // The slot of an order ID, or a free one. Two hashes have 128 bits, so that collisions do not matter.
  Slot& slot_of(uint64_t name, uint64_t other) {
    uint64_t at = other % slots_.size();
    while (slots_[at].used() && slots_[at].name != name) at = at + 1 == slots_.size() ? 0 : at + 1;
    return slots_[at];
  }

  // Whether the slot's decision was within the window before this result.
  [[nodiscard]] bool in_window(const Slot& slot, Id result) const {
    return slot.used() && result.ms - slot.result.ms < window_ms_;
  }

  void judge_decision(const Slot& slot, const ResultEntry& result) {
    if (window_ms_ == 0) return;
    if (slot.used() && result.id.ms > horizon_.now_ms) {
      return findings_.not_checked("order IDs decided twice",
                                   "the results have IDs of the future, which say nothing about time");
    }
    findings_.looked("decided_twice");
    if (!in_window(slot, result.id)) return;
    findings_.add("decided_twice", result.place(), "result " + slot.result.text() + " already decided this order ID");
  }

  // If there is a record, an order of another lane is a duplicate or id_reused.
  void judge_wrong_lane(const Slot& slot, const ResultEntry& result) {
    if (result.id.ms > horizon_.now_ms || !in_window(slot, result.id)) return;
    findings_.add("lane_differs", result.place(),
                  "result " + slot.result.text() + " decided this order ID in this lane");
  }

  void judge_reuse(const Slot& slot, const ResultEntry& result) {
    // Whether the decision may be older than the first result that was read.
    const uint64_t ms = result.id.ms;
    const bool early = ms > horizon_.now_ms || ms < window_ms_ || ms - window_ms_ <= horizon_.first_result().ms;
    if (!slot.used() && early && horizon_.results_cut()) {
      return findings_.not_checked("id_reused", "the first decision may have been trimmed, or is before --from");
    }
    findings_.looked("reuse_unjustified");
    const auto found = [&](const std::string& detail) { findings_.add("reuse_unjustified", result.place(), detail); };
    if (!slot.used()) return found("this order ID was not decided before");
    if (!result.asked) return findings_.not_checked("contents of id_reused", kGone);
    if (digest_of(*result.asked, slot.accepted()) == slot.content) {
      found("result " + slot.result.text() + " decided the same content");
    }
  }

  void judge_duplicate(const Slot& slot, const ResultEntry& result) {
    if (!slot.used() && result.original < horizon_.first_result()) {
      return findings_.not_checked("duplicates", "their original was trimmed, or is before --from");
    }
    findings_.looked("duplicate_unjustified");
    const auto found = [&](const char* detail) {
      findings_.add("duplicate_unjustified", result.place(), "its original " + result.original.text() + detail);
    };
    if (slot.result != result.original) return found(" is not the newest decision of this order ID before it");
    if (result.was_accepted != slot.accepted()) return found(" has another outcome");
    if (!result.asked) return findings_.not_checked("contents of duplicates", kGone);
    if (digest_of(*result.asked, slot.accepted()) != slot.content) found(" has other content");
  }

  const Part part_;
  const uint64_t window_ms_;
  const uint64_t record_every_;  // order ID
  std::vector<Slot> slots_;
  uint64_t used_ = 0;
  std::vector<Recorded> recorded_;
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

}  // namespace orderd::audit
