// Open addressing with linear probing. The table has its final size from the start: the number of results is known. The
// time between two results is derived from their IDs, which is only a hint. An ID later than the server's clock is not
// a time, and neither are those after it, because IDs never decrease.
#include "audit/decisions.h"

#include <algorithm>
#include <string>

namespace orderd::audit {
namespace {

constexpr const char* kGone = "the request is not known";

uint64_t digest_of(const Content& content, bool accepted) {
  return content.digest() << 1U | (accepted ? 1U : 0U);
}

}  // namespace

uint64_t Decisions::parts(uint64_t results, std::size_t bytes) {
  const uint64_t capacity = std::max<uint64_t>(bytes / sizeof(Slot), slots_for(0) * 4);
  return (slots_for(results) + capacity - 1) / capacity;
}

Decisions::Decisions(const Horizon& horizon, Findings& findings, uint64_t results, Part part)
    : horizon_(horizon), findings_(findings), part_(part), slots_(slots_for(results / part.of)) {
}

Decisions::Slot& Decisions::slot_of(const Name& order) {
  __extension__ using Wide = unsigned __int128;
  auto at = static_cast<uint64_t>(static_cast<Wide>(order.high) * slots_.size() >> 64U);
  while (slots_[at].used() && slots_[at].name != order.low) at = at + 1 == slots_.size() ? 0 : at + 1;
  return slots_[at];
}

void Decisions::take(const ResultEntry& result, Id id, const Content* asked) {
  const bool decision = result.kind == ResultKind::kAccepted || result.kind == ResultKind::kRefused;
  const bool refers = result.kind == ResultKind::kIdReused || result.kind == ResultKind::kDuplicate;
  const bool elsewhere = result.kind == ResultKind::kWrongLane;
  if (!decision && !refers && !elsewhere) return;
  const Name order = name_of(result.order);
  if (order.low % part_.of != part_.number) return;
  Slot& slot = slot_of(order);
  const Place place{id, result.request, result.order};
  if (elsewhere) return judge_wrong_lane(slot, place);
  if (result.kind == ResultKind::kIdReused) return judge_reuse(slot, place, asked);
  if (result.kind == ResultKind::kDuplicate) return judge_duplicate(slot, place, result, asked);
  if (!slot.used() && ++used_ == slots_.size()) {
    --used_;
    return findings_.not_checked("order IDs", "there were more results than the server had announced");
  }
  judge_decision(slot, place);
  slot = {id, order.low, digest_of(result.content(), result.kind == ResultKind::kAccepted)};
}

// Whether a decision that matters to the result `id` may be older than the first result that was read.
bool Decisions::may_be_before_first(Id id) const {
  if (!horizon_.results_cut()) return false;
  const Id first = horizon_.first_result();
  return id.ms > horizon_.now_ms || id.ms < horizon_.window_ms || id.ms - horizon_.window_ms <= first.ms;
}

void Decisions::judge_decision(const Slot& slot, const Place& place) {
  if (horizon_.window_ms == 0) return;
  if (slot.used() && place.result.ms > horizon_.now_ms) {
    return findings_.not_checked("order IDs decided twice",
                                 "the results have IDs of the future, which say nothing about time");
  }
  findings_.looked(Check::kDecidedTwice);
  if (slot.used() && place.result.ms - slot.result.ms < horizon_.window_ms) {
    findings_.add(Check::kDecidedTwice, place, "result " + slot.result.text() + " already decided this order ID");
  }
}

// If there is a record, an order of another lane is a duplicate or id_reused.
void Decisions::judge_wrong_lane(const Slot& slot, const Place& place) {
  if (horizon_.window_ms == 0 || !slot.used() || place.result.ms > horizon_.now_ms) return;
  if (place.result.ms - slot.result.ms >= horizon_.window_ms) return;
  findings_.add(Check::kLaneDiffers, place, "result " + slot.result.text() + " decided this order ID in this lane");
}

void Decisions::judge_reuse(const Slot& slot, const Place& place, const Content* asked) {
  if (!slot.used() && may_be_before_first(place.result)) {
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

void Decisions::judge_duplicate(const Slot& slot, const Place& place, const ResultEntry& result, const Content* asked) {
  if (!slot.used() && result.original < horizon_.first_result()) {
    return findings_.not_checked("duplicates", "their original was trimmed, or is before --from");
  }
  findings_.looked(Check::kDuplicateUnjustified);
  const auto found = [&](const char* detail) {
    findings_.add(Check::kDuplicateUnjustified, place, "its original " + result.original.text() + detail);
  };
  if (result.original >= place.result) return found(" is not an earlier result");
  if (slot.result != result.original) return found(" is not the newest decision of this order ID before it");
  const bool accepted = (slot.content & Slot::kAccepted) != 0;
  if (result.was_accepted != accepted) return found(" has another outcome");
  if (asked == nullptr) return findings_.not_checked("contents of duplicates", kGone);
  if (digest_of(*asked, accepted) != slot.content) found(" has other content");
}

}  // namespace orderd::audit
