// What a lane is doing, as a value: the log, metrics, health checks and reports read this and nothing else. Times of
// the server's clock are milliseconds since 1970, as in IDs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/histogram.h"
#include "lane/error_counts.h"

namespace orderd::lane {

// In the order of lua/settle.lua's letters.
enum class Outcome {
  kAccepted,
  kInsufficientStock,
  kUnknownSku,
  kBadStock,
  kBadRecord,
  kIdReused,
  kDuplicate,
  kMalformed,
  kWrongLane,
};
inline constexpr std::string_view kOutcomeLetters = "asukridmw";
inline constexpr std::size_t kOutcomes = kOutcomeLetters.size();
inline constexpr std::array<std::string_view, kOutcomes> kOutcomeNames = {
    "accepted",  "insufficient_stock", "unknown_sku", "bad_stock", "bad_record",
    "id_reused", "duplicate",          "malformed",   "wrong_lane"};

// Since the start of this process.
struct Counters {
  std::array<uint64_t, kOutcomes> outcomes{};
  uint64_t entries_read = 0;  // including entries that were read again
  uint64_t joins = 0;
  uint64_t reconnects = 0;       // links established after the first one
  uint64_t trimmed = 0;          // entries removed by retention
  uint64_t replies_refused = 0;  // calls in which a reply could not be pushed
  uint64_t lost = 0;             // settled requests that the server lost, as in a failover
  uint64_t deleted = 0;          // entries deleted before they were settled, as far as noticed
  ErrorCounts errors;
  Histogram<1, 8> requests_per_call;  // of settle.lua, those that settled something
  Histogram<100, 18> settle_us;       // from sending such a call to its reply
  Histogram<1, 23> end_to_end_ms;     // from the time in a request's ID to the reply that settled it

  [[nodiscard]] uint64_t settled() const {
    uint64_t sum = 0;
    for (const uint64_t each : outcomes) sum += each;
    return sum;
  }
};

enum class Phase {
  kIdle,        // not started
  kConnecting,  // no link to the server
  kStandby,     // linked; another daemon is active, or the lease is being asked for
  kJoining,     // active; finds the position
  kServing,     // reads and settles
  kDraining,    // a call was refused, or the lease was lost: waits for the replies in flight
  kBlocked,     // waits before it tries again
  kPaused,      // active; an operator has paused the lane
  kFinishing,   // stopping: waits for the replies in flight, then releases the lease
  kEnded,
};
inline constexpr std::array<std::string_view, 10> kPhaseNames = {
    "idle", "connecting", "standby", "joining", "serving", "draining", "blocked", "paused", "finishing", "ended"};

struct Status {
  Phase phase = Phase::kIdle;
  uint64_t phase_ms = 0;         // how long it has been in this phase
  std::string blocked_by;        // one sentence; empty: nothing
  std::string owner;             // in kStandby: the active daemon; empty: not known yet
  uint64_t active_since_ms = 0;  // by the server's clock; 0: not active
  std::string position;          // the last settled request; empty before the first join
  std::size_t in_flight = 0;     // requests read and not settled yet
  // While serving or draining: since when no request was settled and no read found the stream empty.
  uint64_t stalled_ms = 0;
  // nullopt: unknown. Only the active daemon asks.
  std::optional<uint64_t> waiting;            // requests in the stream that are not settled; needs streams.group
  std::optional<uint64_t> oldest_waiting_ms;  // age of the oldest of them; 0: none
  std::optional<uint64_t> position_ms;        // age of the last settled request
  Counters counters;
};

}  // namespace orderd::lane
