// Counts, and texts for each check.
#include "audit/findings.h"

#include <algorithm>
#include <numeric>

namespace orderd::audit {
namespace {

// In the order of Check.
constexpr std::array<CheckText, kChecks> kTexts = {{
    {"bad_result", "each entry of the results stream has the right form"},
    {"request_order", "results are in the order of their requests"},
    {"missing_result", "each request up to the position has its result"},
    {"second_result", "no request has two"},
    {"invented_request", "each result has its request"},
    {"position_differs", "the position agrees with the results"},
    {"content_differs", "what was decided is what was asked for"},
    {"malformed_differs", "exactly the malformed requests are called that"},
    {"lane_differs", "exactly the undecided orders of other lanes are called wrong_lane"},
    {"dead_letter_missing", "each malformed request is a dead letter, or was requeued or discarded"},
    {"dead_letter_forged", "each dead letter, requeued or discarded one is a malformed request, once"},
    {"chain_broken", "each line follows from the one before it"},
    {"negative_stock", "no stock went below zero"},
    {"bad_quantity", "each quantity is 1 or more"},
    {"stock_entry_wrong", "each stock change adds up"},
    {"stock_key_differs", "the stock keys hold what the ledger ends with"},
    {"refusal_unjustified", "no order was refused that could be met"},
    {"reason_differs", "the first line not met gives the reason"},
    {"decided_twice", "no order ID was decided twice"},
    {"reuse_unjustified", "each id_reused was decided before, with other content"},
    {"duplicate_unjustified", "each duplicate refers to its decision"},
    {"record_differs", "each record compared refers to its decision"},
}};
static_assert(static_cast<std::size_t>(Check::kRecordDiffers) + 1 == kChecks);

}  // namespace

const CheckText& text_of(Check check) {
  return kTexts.at(static_cast<std::size_t>(check));
}

void Findings::add(Check check, const Place& place, std::string_view detail) {
  newest_[index(check)] = std::max(newest_[index(check)], place.result);
  if (violations_[index(check)]++ >= kept_max_) return;
  const auto text = [](Id id) { return id == Id{} ? std::string() : id.text(); };
  kept_.push_back({check, text(place.result), text(place.request), std::string(place.order), std::string(place.sku),
                   std::string(detail)});
}

void Findings::not_checked(std::string_view what, std::string_view why, uint64_t count) {
  if (count > 0) not_checked_[{std::string(what), std::string(why)}] += count;
}

uint64_t Findings::violations() const {
  return std::accumulate(violations_.begin(), violations_.end(), uint64_t{0});
}

}  // namespace orderd::audit
