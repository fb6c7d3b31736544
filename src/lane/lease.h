// Which daemon is active: a lease on the server, renewed by the daemon that serves the lane. Only a hint: the position
// keeps two daemons from settling the same request. See lua/lease.lua.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lane/ask.h"
#include "lane/options.h"
#include "lane/server_clock.h"
#include "loop/loop.h"
#include "valkey/link.h"

namespace orderd::lane {

// The shortest time between two handovers of a lane by one daemon.
inline constexpr Milliseconds kHandOverAgain{10'000};
// How often a standby checks.
inline constexpr Milliseconds kLeaseLook{250};
// A process that was suspended for this long reconnects, even if the lease is longer.
inline constexpr Milliseconds kOversleep{10'000};

class Lease {
 public:
  enum class State { kUnknown, kActive, kStandby, kNamesake };
  class Listener {
   public:
    virtual ~Listener() = default;
    // After each answer of the server: state() and owner() are current.
    virtual void on_lease() = 0;
    virtual void on_lease_refused(const valkey::Error& error) = 0;
    // This process was suspended for longer than the lease or kOversleep: what it knows of the server may be outdated.
    virtual void on_overslept(Milliseconds span) = 0;
  };

  // `token`: hexadecimal, unique to this process. Each answer sets `clock`.
  Lease(Loop& loop, const Options& options, valkey::Link& link, ServerClock& clock, std::string token,
        Listener& listener);
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  // Asks now and then periodically. Only while the link is up.
  void ask();
  // The link is down: the state is unknown.
  void reset();
  // Releases the lease, in favor of the daemon that should serve next; `released` is called when the server has
  // answered, or immediately without a link. ask() competes for it again.
  void release(std::function<void()> released);

  [[nodiscard]] State state() const { return state_; }
  // The name of the active daemon, if it is another one.
  [[nodiscard]] const std::string& owner() const { return owner_; }
  // Active, but a standby should serve this lane: hand it over.
  [[nodiscard]] bool due_elsewhere() const;
  // The position when that daemon took over, as "<id> <count>"; empty: unknown.
  [[nodiscard]] const std::string& taken() const { return taken_; }
  // Since when this daemon is active, by the server's clock; 0: it is not active.
  [[nodiscard]] uint64_t active_since_ms() const { return state_ == State::kActive ? since_ms_ : 0; }

 private:
  void tick();
  void restart_timer();
  void on_answer(const valkey::Reply& reply);
  void send_release();
  void take_names(const valkey::Reply& reply);
  [[nodiscard]] std::string next_one() const;
  [[nodiscard]] Milliseconds period() const;

  Loop& loop_;
  const Options& options_;
  valkey::Link& link_;
  ServerClock& clock_;
  Listener& listener_;
  std::string token_;
  Timer timer_;
  Ask ask_;
  State state_ = State::kUnknown;
  bool ever_active_ = false;
  std::string owner_;
  std::string taken_;
  std::vector<std::string> standby_;  // while active, if lanes are shared: the standbys
  uint64_t handed_over_ms_ = 0;       // the last time
  uint64_t since_ms_ = 0;
  uint64_t tick_due_ms_ = 0;
  std::function<void()> released_;
  bool release_sent_ = false;
};

}  // namespace orderd::lane
