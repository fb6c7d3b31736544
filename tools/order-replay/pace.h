// When each request of a run is due.
#pragma once

#include <cstdint>
#include <optional>

#include "order-replay/numbers.h"

namespace orderd::replay {

class Pace {
 public:
  enum class Kind {
    kMax,    // as fast as possible: each is due when it can be sent
    kRate,   // a fixed rate, whatever the server does
    kSpeed,  // the recording's own times
  };
  // `amount`: of kRate, requests per second; of kSpeed, the speed-up in millionths, not 0.
  Pace(Kind kind, uint64_t amount) : kind_(kind), amount_(amount) {}

  // The first request is due then.
  void begin(uint64_t now_ns) { begin_ns_ = last_ns_ = now_ns; }
  // Of the next request. Unless kMax, the same until taken().
  [[nodiscard]] uint64_t due_ns(std::optional<uint64_t> at_us, uint64_t now_ns) {
    switch (kind_) {
      case Kind::kMax: return now_ns;
      // Seconds separately, so that a long run does not overflow.
      case Kind::kRate: return begin_ns_ + taken_ / amount_ * kSecondNs + taken_ % amount_ * kSecondNs / amount_;
      case Kind::kSpeed: break;
    }
    // Without a time it follows the previous one.
    if (!at_us) return last_ns_;
    if (!first_us_) first_us_ = *at_us;
    const uint64_t since_us = *at_us > *first_us_ ? *at_us - *first_us_ : 0;
    return last_ns_ = begin_ns_ + static_cast<uint64_t>(static_cast<Wide>(since_us) * 1000 * kMillion / amount_);
  }
  void taken() { ++taken_; }

 private:
  __extension__ using Wide = unsigned __int128;
  static constexpr uint64_t kSecondNs = 1'000'000'000;
  const Kind kind_;
  const uint64_t amount_;
  uint64_t begin_ns_ = 0;
  uint64_t last_ns_ = 0;
  uint64_t taken_ = 0;
  std::optional<uint64_t> first_us_;
};

}  // namespace orderd::replay
