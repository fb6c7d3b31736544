// Counting, and the words for each check.
#include "audit/findings.h"

#include <numeric>

namespace orderd::audit {
namespace {

// In the order of Check.
constexpr std::array<CheckText, kChecks> kTexts = {{
    {"bad_result", "each entry of the results stream is one"},
    {"missing_result", "each settled request has its result"},
    {"second_result", "no request has two"},
    {"pending_result", "no request with a result is pending"},
    {"early_result", "no result before its request was delivered"},
    {"invented_request", "each result has its request"},
    {"content_differs", "what was decided is what was asked for"},
    {"malformed_differs", "malformed are just those that are"},
    {"lost_differs", "no request that is there was called lost"},
    {"dead_letter_missing", "each malformed request is a dead letter"},
    {"dead_letter_forged", "each dead letter is a malformed request"},
    {"chain_broken", "each line follows from the one before it"},
    {"negative_stock", "no stock went below zero"},
    {"bad_quantity", "each quantity is 1 or more"},
    {"stock_entry_wrong", "each change of stock adds up"},
    {"stock_key_differs", "the ledger ends with what the keys hold"},
    {"refusal_unjustified", "no order was refused that could be met"},
    {"reason_differs", "the first line not met gives the reason"},
    {"decided_twice", "no order id was decided twice"},
    {"reuse_unjustified", "each id_reused had been decided otherwise"},
    {"duplicate_unjustified", "each duplicate points at its decision"},
    {"record_differs", "each record looked at is of its decision"},
}};
static_assert(static_cast<std::size_t>(Check::kRecordDiffers) + 1 == kChecks);

}  // namespace

const CheckText& text_of(Check check) {
  return kTexts.at(static_cast<std::size_t>(check));
}

void Findings::add(Finding finding) {
  if (violations_[index(finding.check)]++ < kept_max_) kept_.push_back(std::move(finding));
}

void Findings::not_checked(std::string_view what, std::string_view why, uint64_t count) {
  if (count > 0) not_checked_[{std::string(what), std::string(why)}] += count;
}

uint64_t Findings::violations() const {
  return std::accumulate(violations_.begin(), violations_.end(), uint64_t{0});
}

std::vector<NotChecked> Findings::not_checked() const {
  std::vector<NotChecked> all;
  for (const auto& [key, count] : not_checked_) all.push_back({key.first, key.second, count});
  return all;
}

}  // namespace orderd::audit
