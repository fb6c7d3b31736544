// The steps between the phases; callbacks of the parts are in lane_events.cpp. Every failure while serving ends in
// drained(): nothing is in flight, and resume() starts over with the lease.
#include "lane/lane.h"

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include <random>

#include "lane/scripts.h"
#include "valkey/slot.h"

namespace orderd::lane {
namespace {

valkey::Link::Options link_options(const Options& options) {
  valkey::Link::Options made;
  made.name = options.name;
  made.scripts = script_sources();
  made.connect_timeout = options.connect_timeout;
  made.reply_timeout = options.reply_timeout;
  made.read_block = kReadBlock;
  return made;
}

// A move of many keys takes seconds.
constexpr Milliseconds kMovingTooLong{10'000};
// How often a paused lane checks whether it was resumed.
constexpr Milliseconds kPausedLook{250};

std::string random_token(uint32_t seed) {
  std::mt19937 random(seed);
  return fmt::format("{:08x}{:08x}", random(), random());
}

// Uses the sinks of the default logger, which filter by level.
spdlog::logger logger_of(const std::string& lane) {
  const auto& sinks = spdlog::default_logger_raw()->sinks();
  spdlog::logger logger(lane, sinks.begin(), sinks.end());
  logger.set_level(spdlog::level::trace);
  return logger;
}

// The remedy for a refusal, to follow the server's words; empty: none is known.
std::string_view advice_for(std::string_view refusal) {
  const auto says = [&](std::string_view words) { return refusal.find(words) != std::string_view::npos; };
  if (says("NOPERM") || says("ACL failure")) return "; grant this user what config/users.acl gives to orderd";
  if (says("NOAUTH") || says("WRONGPASS"))
    return "; check valkey.username and valkey.password_file, or the user and password in valkey.url";
  if (says("nknown command") || says("nknown Redis command"))
    return "; orderd needs a command that this server does not have: was it removed or renamed (rename-command)?";
  return "";
}

}  // namespace

Lane::Lane(Loop& loop, const Options& options, valkey::Topology& topology, valkey::SharedConnections& connections,
           uint32_t seed, Lane::Listener& listener)
    : loop_(loop),
      options_(options),
      listener_(listener),
      log_(logger_of(options.lane_name)),
      clock_(loop),
      link_(loop, topology, connections, link_options(options), seed, *this),
      pipeline_(loop, options, link_, clock_, counters_, *this),
      reader_(options, link_, *this),
      lease_(loop, options, link_, clock_, random_token(seed + 1), *this),
      upkeep_(loop, options, link_, counters_, *this),
      decoder_(options.limits),
      backoff_(seed + 2),
      wait_(loop, [this] { phase_ == Phase::kPaused ? join() : resume(); }),
      join_([this](const valkey::Reply& reply) { on_joined(reply); }),
      load_([this](const valkey::Reply& reply) { on_loaded(reply); }) {
}

Lane::~Lane() {
  change_phase(Phase::kEnded);
  link_.stop();
}

void Lane::start() {
  ORDERD_CHECK(phase_ == Phase::kIdle, "a lane is started once");
  change_phase(Phase::kConnecting);
  link_.start();
}

void Lane::finish() {
  if (phase_ == Phase::kFinishing || phase_ == Phase::kEnded) return;
  change_phase(Phase::kFinishing);
  if (!link_.up()) return end();
  pipeline_.stop({});  // on_broken() follows
}

// The only function that changes the phase. It starts and stops what depends on it.
void Lane::change_phase(Phase phase) {
  if (phase_ == phase) return;
  phase_ = phase;
  phase_since_ms_ = loop_.now_ms();
  if (phase != Phase::kBlocked && phase != Phase::kPaused) wait_.stop();
  if (phase == Phase::kServing) {
    progress_ms_ = loop_.now_ms();
    was_serving_ = true;
    link_lost_ = false;
  }
  if (phase == Phase::kEnded || phase == Phase::kConnecting) lease_.reset();
  const bool waits = phase == Phase::kBlocked || phase == Phase::kPaused;
  if (phase == Phase::kServing) {
    upkeep_.start();
  } else if (waits && lease_.state() == Lease::State::kActive) {
    upkeep_.resume();  // the number of waiting requests matters now, and trimming frees memory
  } else {
    upkeep_.stop();
  }
}

// Stops sending; drained() follows when nothing is in flight.
void Lane::drain(const valkey::Error& why) {
  if (phase_ == Phase::kServing) change_phase(Phase::kDraining);
  pipeline_.stop({.error = why});
}

// Nothing is in flight. What next?
void Lane::drained(const valkey::Error& why) {
  if (phase_ == Phase::kFinishing) return give_back();
  if (why.kind != valkey::ErrorKind::kNone) return refused(why);
  if (lease_.due_elsewhere()) return hand_over();
  resume();
}

// Another daemon should serve this lane: this one becomes a standby.
void Lane::hand_over() {
  change_phase(Phase::kStandby);
  lease_.release([this] {
    if (phase_ == Phase::kStandby) resume();
  });
}

// Starts over with the lease. Loads the scripts first if the server has lost them.
void Lane::resume() {
  change_phase(Phase::kStandby);
  if (load_.busy()) return;
  if (scripts_left_ == 0) return lease_.ask();
  const auto sources = script_sources();
  load_.send(link_, valkey::Command::of("SCRIPT", "LOAD", sources[sources.size() - scripts_left_]));
}

void Lane::join() {
  if (phase_ != Phase::kPaused) change_phase(Phase::kJoining);
  if (join_.busy()) return;
  join_.send(link_, valkey::Command::of("EVALSHA", link_.script_id(kJoin), 3, options_.position_key(), options_.orders,
                                        options_.results));
}

void Lane::read_on() {
  if (phase_ != Phase::kServing || reader_.reading()) return;
  // Below half of the capacity, reads would become many and small.
  const std::size_t room = pipeline_.room();
  if (room == 0 || 2 * room < options_.max_in_flight) return;
  reader_.read(room);
}

// Something was refused, and nothing is in flight.
void Lane::refused(const valkey::Error& error) {
  switch (error.kind) {
    case valkey::ErrorKind::kNone: return resume();
    case valkey::ErrorKind::kLost: return;  // on_down() follows
    case valkey::ErrorKind::kRoleChanged:
    case valkey::ErrorKind::kMoved: return link_.drop(error);
    case valkey::ErrorKind::kNoScript: {
      // Load them once immediately; if that does not help, after a back-off.
      const bool again = scripts_left_ > 0 || !troubles_.of("scripts").empty();
      scripts_left_ = script_sources().size();
      if (again) return block(error);
      (void)troubles_.raise("scripts", error.what);
      return resume();
    }
    case valkey::ErrorKind::kRefused:
    case valkey::ErrorKind::kUnfit:
      if (!ever_served_ && gives_up(error.what)) return;
      return block(error);
    default: return block(error);
  }
}

// Waits, then starts over.
void Lane::block(const valkey::Error& error) {
  if (troubles_.raise("orders", error.what)) {
    const std::string_view advice = advice_for(error.what);
    if (error.kind == valkey::ErrorKind::kFault && advice.empty()) {
      log_.error("cannot process orders: {}. Fix or delete this key; orderd retries every {} s and resumes by itself",
                 error.what, valkey::Backoff::kLongest.count() / 1000);
    } else {
      log_.warn("waiting: {}{}; orderd retries and resumes by itself", error.what, advice);
    }
  }
  change_phase(Phase::kBlocked);
  const bool passes = error.kind == valkey::ErrorKind::kUnavailable;
  if (passes) link_.suspect();
  warn_of_moving_slot(error.what);
  wait_.start(backoff_.next(passes ? link_.longest_wait() : valkey::Backoff::kLongest));
}

// No lane of a slot can be served while the slot is moved key by key. A move may have been abandoned half-way.
void Lane::warn_of_moving_slot(std::string_view error) {
  if (!valkey::is_about_moving_slot(error)) {
    moving_since_ms_ = 0;
    return;
  }
  if (moving_since_ms_ == 0) moving_since_ms_ = loop_.now_ms();
  const Milliseconds span(loop_.now_ms() - moving_since_ms_);
  if (span < kMovingTooLong || !troubles_.raise("moving slot", "")) return;
  const int slot = valkey::slot_of(options_.orders);
  log_.warn(
      "slot {} of '{}' has been moving to another node for {} s, and its orders wait. If nobody is moving it any more, "
      "run CLUSTER SETSLOT {} STABLE on both nodes",
      slot, options_.orders, span.count() / 1000, slot);
}

// An operator has paused the lane (lua/pause.lua): checks until it is resumed.
void Lane::pause(std::string_view since_and_why) {
  const std::string_view why = since_and_why.substr(std::min(since_and_why.find(' ') + 1, since_and_why.size()));
  if (troubles_.raise("orders", fmt::format("paused: {}", why))) {
    log_.warn("'{}' is paused: {}; requests wait until orderctl resume", options_.orders, why);
  }
  ever_served_ = true;  // from here on every problem is waited for
  change_phase(Phase::kPaused);
  wait_.start(kPausedLook);
}

void Lane::give_back() {
  lease_.release([this] { end(); });
}

void Lane::end() {
  if (phase_ == Phase::kEnded) return;
  change_phase(Phase::kEnded);
  link_.stop();
  listener_.on_finished();
}

// True: it has ended.
bool Lane::gives_up(const std::string& what) {
  if (phase_ == Phase::kEnded) return true;
  cannot_start_ = true;
  if (!listener_.on_cannot_start(*this, what + std::string(advice_for(what)))) return false;
  change_phase(Phase::kEnded);
  link_.stop();
  return true;
}

Status Lane::status() const {
  Status status;
  status.phase = phase_;
  status.phase_ms = loop_.now_ms() - phase_since_ms_;
  status.blocked_by = troubles_.of("orders");
  if (status.blocked_by.empty()) status.blocked_by = troubles_.of("connection");
  status.owner = lease_.owner();
  status.active_since_ms = lease_.active_since_ms();
  status.position = pipeline_.position();
  status.in_flight = pipeline_.requests();
  if (phase_ == Phase::kServing || phase_ == Phase::kDraining) status.stalled_ms = loop_.now_ms() - progress_ms_;
  if (status.active_since_ms > 0) {
    status.waiting = upkeep_.waiting();
    status.position_ms = clock_.age_ms(time_of(status.position));
    const uint64_t oldest_ms = pipeline_.oldest_ms();
    if (oldest_ms > 0) {
      status.oldest_waiting_ms = clock_.age_ms(oldest_ms);
    } else if (phase_ == Phase::kServing) {
      status.oldest_waiting_ms = 0;
    }
  }
  status.counters = counters_;
  return status;
}

}  // namespace orderd::lane
