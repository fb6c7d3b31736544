// Who is active: a lease at the server, kept by whoever serves the lane. Only a hint: what keeps two daemons from
// settling the same request is the position. See lua/lease.lua.
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

// A lane that was handed over and came back is not handed over again before this.
inline constexpr Milliseconds kHandOverAgain{10'000};
// How often those who stand by look.
inline constexpr Milliseconds kLeaseLook{250};
// A process that did nothing for so long connects anew, even where the lease is longer.
inline constexpr Milliseconds kOversleep{10'000};

class Lease {
 public:
  enum class State { kUnknown, kActive, kStandby, kNamesake };
  class Listener {
   public:
    virtual ~Listener() = default;
    // The server has answered; state() and owner() are as of now. Called for each answer.
    virtual void on_lease() = 0;
    virtual void on_lease_refused(const valkey::Error& error) = 0;
    // This process did nothing for longer than the lease, or than kOversleep: what it believes of the server may be
    // old.
    virtual void on_overslept(Milliseconds span) = 0;
  };

  // `token`: hexadecimal, another one for each process. `clock` is set by each answer.
  Lease(Loop& loop, const Options& options, valkey::Link& link, ServerClock& clock, std::string token,
        Listener& listener);
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  // Asks now, and from then on by itself. Only while the link is up.
  void ask();
  // The link is down: nothing is known.
  void reset();
  // Gives it back, to who is to serve the lane next; `released` is called when the server has answered, or at once
  // where there is no link. ask() takes part again.
  void release(std::function<void()> released);

  [[nodiscard]] State state() const { return state_; }
  // The active daemon's name, where it is another one.
  [[nodiscard]] const std::string& owner() const { return owner_; }
  // Active, but another daemon that stands by is to serve this lane: hand it over.
  [[nodiscard]] bool due_elsewhere() const;
  // The position when that one took the lane, as "<id> <count>"; empty: not known.
  [[nodiscard]] const std::string& taken() const { return taken_; }
  // Since when this daemon is active, by the server's clock; 0: it is not.
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
  std::vector<std::string> standby_;  // while active, where lanes are shared: who stands by
  uint64_t handed_over_ms_ = 0;       // the last time
  uint64_t since_ms_ = 0;
  uint64_t tick_due_ms_ = 0;
  std::function<void()> released_;
  bool release_sent_ = false;
};

}  // namespace orderd::lane
