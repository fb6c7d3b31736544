// What the scripts answer, and how often they did.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace orderd::lane {

enum class Verdict {
  // A result was written.
  kAccepted,
  kInsufficientStock,
  kUnknownSku,
  kBadStock,
  kIdReused,
  kDuplicate,
  kMalformed,
  kRequestLost,
  // None was.
  kStale,    // somebody else has settled it
  kGone,     // neither pending nor in the stream
  kNoGroup,  // the group is missing
  kUnknown,  // no answer of ours
};
inline constexpr std::array<std::string_view, 12> kVerdictNames = {
    "accepted",  "insufficient_stock", "unknown_sku", "bad_stock", "id_reused", "duplicate",
    "malformed", "request_lost",       "stale",       "gone",      "nogroup",   "unknown"};
inline constexpr std::size_t kVerdicts = kVerdictNames.size();

[[nodiscard]] constexpr Verdict parse_verdict(std::string_view text) {
  for (std::size_t i = 0; i + 1 < kVerdicts; ++i) {
    if (kVerdictNames[i] == text) return static_cast<Verdict>(i);
  }
  return Verdict::kUnknown;
}

struct Counters {
  std::array<uint64_t, kVerdicts> verdicts{};
  uint64_t entries_read = 0;
  uint64_t recoveries = 0;  // times the own pending entries were read
  uint64_t claimed = 0;     // entries taken over from other consumers
  uint64_t trimmed = 0;     // entries removed by retention

  void count(Verdict verdict) { ++verdicts[static_cast<std::size_t>(verdict)]; }
  [[nodiscard]] uint64_t of(Verdict verdict) const { return verdicts[static_cast<std::size_t>(verdict)]; }
  // Results written by this lane.
  [[nodiscard]] uint64_t settled() const {
    uint64_t sum = 0;
    for (std::size_t i = 0; i <= static_cast<std::size_t>(Verdict::kRequestLost); ++i) sum += verdicts[i];
    return sum;
  }
};

}  // namespace orderd::lane
