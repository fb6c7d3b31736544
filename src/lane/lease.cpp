// One timer: renews while active, checks while another daemon is. It also detects that the process was suspended: a
// tick that is late by more than the lease or kOversleep.
#include "lane/lease.h"

#include <algorithm>
#include <utility>

#include "lane/scripts.h"

namespace orderd::lane {

Lease::Lease(Loop& loop, const Options& options, valkey::Link& link, ServerClock& clock, std::string token,
             Listener& listener)
    : loop_(loop),
      options_(options),
      link_(link),
      clock_(clock),
      listener_(listener),
      token_(std::move(token)),
      timer_(loop, [this] { tick(); }),
      ask_([this](const valkey::Reply& reply) { on_answer(reply); }) {
}

Milliseconds Lease::period() const {
  return state_ == State::kActive ? options_.lease / 3 : std::min(kLeaseLook, options_.lease / 3);
}

void Lease::ask() {
  if (ask_.busy() || released_) return;
  const char* state = state_ == State::kActive ? "active" : ever_active_ ? "standby" : "fresh";
  ask_.send(link_, valkey::Command::of("EVALSHA", link_.script_id(kLease), 3, options_.owner_key(),
                                       options_.standby_key(), options_.position_key(), options_.name, token_,
                                       options_.lease.count(), state, options_.shares == nullptr ? "" : "share"));
  restart_timer();
}

void Lease::tick() {
  const Milliseconds late(loop_.now_ms() - std::min(loop_.now_ms(), tick_due_ms_));
  restart_timer();
  if (state_ == State::kActive && late > std::min(options_.lease, kOversleep)) return listener_.on_overslept(late);
  if (link_.up()) ask();
}

void Lease::restart_timer() {
  timer_.start(period());
  tick_due_ms_ = loop_.now_ms() + static_cast<uint64_t>(period().count());
}

void Lease::on_answer(const valkey::Reply& reply) {
  if (released_ && (release_sent_ || reply.lost())) {
    state_ = State::kUnknown;
    standby_.clear();
    return std::exchange(released_, nullptr)();
  }
  if (released_) return send_release();
  if (reply.lost()) return;
  if (reply.is_error()) return listener_.on_lease_refused({reply.error(), std::string(reply.text())});
  const std::string_view answer = reply.at(0).text();
  if (answer == "active") {
    state_ = State::kActive;
    ever_active_ = true;
    owner_.clear();
    since_ms_ = time_of(reply.at(1).text());
    clock_.set(time_of(reply.at(2).text()));
    take_names(reply);
  } else if (answer == "standby" || answer == "namesake") {
    state_ = answer == "namesake" ? State::kNamesake : State::kStandby;
    owner_.assign(reply.at(1).text());
    taken_.assign(reply.at(3).text());
  } else {
    return listener_.on_lease_refused(
        {valkey::ErrorKind::kFault, "lua/lease.lua returned an answer that this version does not know"});
  }
  listener_.on_lease();
}

void Lease::take_names(const valkey::Reply& reply) {
  standby_.clear();
  for (std::size_t i = 3; i < reply.size(); ++i) standby_.emplace_back(reply.at(i).text());
}

// Which standby should serve the lane; empty: none is known.
std::string Lease::next_one() const {
  return options_.shares == nullptr || standby_.empty() ? "" : options_.shares->daemon_for(options_.lane, standby_);
}

bool Lease::due_elsewhere() const {
  if (state_ != State::kActive || options_.shares == nullptr || standby_.empty()) return false;
  const auto again_ms = handed_over_ms_ + static_cast<uint64_t>(kHandOverAgain.count());
  if (handed_over_ms_ > 0 && loop_.now_ms() < again_ms) return false;
  std::vector<std::string> all = standby_;
  all.push_back(options_.name);
  return options_.shares->daemon_for(options_.lane, std::move(all)) != options_.name;
}

void Lease::reset() {
  timer_.stop();
  state_ = State::kUnknown;
  owner_.clear();
}

void Lease::release(std::function<void()> released) {
  timer_.stop();
  released_ = std::move(released);
  release_sent_ = false;
  handed_over_ms_ = loop_.now_ms();
  // A renewal in flight would take it again.
  if (!ask_.busy()) send_release();
}

void Lease::send_release() {
  release_sent_ = true;
  if (!ask_.send(link_, valkey::Command::of("EVALSHA", link_.script_id(kLease), 3, options_.owner_key(),
                                            options_.standby_key(), options_.position_key(), options_.name, token_,
                                            options_.lease.count(), "release", next_one()))) {
    std::exchange(released_, nullptr)();
  }
}

}  // namespace orderd::lane
