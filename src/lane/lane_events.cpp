// The lane's callbacks: from its link and its parts. The steps that follow are in lane.cpp.
#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "base/number.h"
#include "base/stream_id.h"
#include "lane/lane.h"
#include "lane/scripts.h"

namespace orderd::lane {

void Lane::on_up() {
  if (std::exchange(ever_up_, true)) ++counters_.reconnects;
  resume();
}

void Lane::on_down(const valkey::Error& error) {
  if (phase_ == Phase::kEnded) return;
  constexpr std::string_view kHandshake = " was refused: ";  // the connector's text before the server's error
  const std::size_t refusal = error.what.find(kHandshake);
  if (refusal != std::string::npos) counters_.errors.add(error.what.substr(refusal + kHandshake.size()));
  pipeline_.reset();
  reader_.reset();
  if (phase_ == Phase::kFinishing) return end();
  const bool cannot_start = error.kind == valkey::ErrorKind::kRefused || error.kind == valkey::ErrorKind::kUnfit;
  if (cannot_start && !ever_served_ && gives_up(error.what)) return;
  if (troubles_.raise("connection", error.what)) log_.warn("{}; reconnecting", error.what);
  link_lost_ = true;
  scripts_left_ = 0;  // the handshake of the connection loaded them
  change_phase(Phase::kConnecting);
}

void Lane::on_lease() {
  (void)troubles_.clear("lease");
  // Only now: a server that is no longer primary accepts connections, too.
  if (troubles_.clear("connection")) log_.info("connected again");
  if (phase_ == Phase::kFinishing || phase_ == Phase::kEnded) return;
  if (lease_.state() == Lease::State::kActive) {
    standing_by_for_.clear();
    if (phase_ == Phase::kStandby) return join();
    if (phase_ == Phase::kServing && lease_.due_elsewhere()) drain({});  // drained() hands the lane over
    return;
  }
  if (lease_.state() == Lease::State::kNamesake && standing_by_for_ != lease_.owner()) {
    log_.error("another daemon has the same name '{}' and serves '{}'; give each its own processing.name",
               options_.name, options_.orders);
  } else if (standing_by_for_ != lease_.owner()) {
    log_.info("standing by: '{}' serves '{}'", lease_.owner(), options_.orders);
  }
  standing_by_for_ = lease_.owner();
  // Over the same link, nothing is lost: this daemon settled on when the other one had taken the lane.
  if (!lease_.taken().empty() && std::exchange(was_serving_, false) && link_lost_) {
    const std::string_view taken = lease_.taken();
    const std::size_t space = std::min(taken.find(' '), taken.size());
    report_lost_tail(taken.substr(0, space),
                     parse_number<int64_t>(taken.substr(std::min(space + 1, taken.size()))).value_or(INT64_MAX));
  }
  ever_served_ = true;  // from here on every problem is waited for
  may_be_new_ = false;
  (void)troubles_.clear("orders");  // does not concern a standby
  (void)troubles_.clear("scripts");
  if (phase_ == Phase::kServing) return drain({});
  const bool waits = phase_ == Phase::kJoining || phase_ == Phase::kBlocked || phase_ == Phase::kPaused;
  if (waits) change_phase(Phase::kStandby);
}

void Lane::on_lease_refused(const valkey::Error& error) {
  counters_.errors.add(error.what);
  if (phase_ == Phase::kFinishing || phase_ == Phase::kEnded) return;
  // While serving, only what ends the link matters: the lease is a hint, and settling meets every other error itself.
  const bool elsewhere = error.kind == valkey::ErrorKind::kRoleChanged || error.kind == valkey::ErrorKind::kMoved;
  const bool no_script = error.kind == valkey::ErrorKind::kNoScript;
  if (phase_ == Phase::kStandby) return refused(error);
  if (elsewhere || (no_script && phase_ == Phase::kServing)) return drain(error);
  if (no_script) return;  // loaded after the back-off; order matters: blocking again would prolong it
  if (troubles_.raise("lease", error.what)) log_.warn("the lease was not renewed: {}", error.what);
}

void Lane::on_overslept(Milliseconds span) {
  link_.drop({valkey::ErrorKind::kLost, fmt::format("this process did nothing for {} ms", span.count())});
}

void Lane::on_loaded(const valkey::Reply& reply) {
  if (reply.lost()) return;
  if (reply.is_error()) counters_.errors.add(reply.text());
  if (phase_ != Phase::kStandby) return;  // resume() follows
  if (reply.is_error()) return refused({reply.error(), std::string(reply.text())});
  if (scripts_left_ > 0) --scripts_left_;
  resume();
}

void Lane::on_joined(const valkey::Reply& reply) {
  if (reply.lost() || (phase_ != Phase::kJoining && phase_ != Phase::kPaused)) return;
  if (reply.is_error()) {
    counters_.errors.add(reply.text());
    // To an error that ends a script the server appends its place: 'script: <SHA1>, on @user_script:39.'
    std::string_view text = reply.text();
    const std::size_t place = text.rfind(" script: ");
    if (place != std::string_view::npos && text.find("@user_script", place) != std::string_view::npos) {
      text = text.substr(0, place);
    }
    return refused({reply.error(), std::string(text)});
  }
  if (reply.at(3).text() == "paused") {
    may_be_new_ = may_be_new_ && reply.at(0).text().empty();
    return pause(reply.at(4).text());
  }
  if (reply.at(0).text().empty()) {
    return refused({valkey::ErrorKind::kFault, "lua/join.lua returned an answer that this version does not know"});
  }
  ++counters_.joins;
  const bool as_left = reply.at(3).text().empty();
  if (as_left) report_lost_tail(reply.at(0).text(), parse_number<int64_t>(reply.at(1).text()).value_or(0));
  joined_count_ = parse_number<int64_t>(reply.at(1).text()).value_or(0);
  pipeline_.begin(reply.at(0).text());
  reader_.seek(reply.at(0).text());
  log_joined(reply);
  change_phase(Phase::kServing);
  read_on();
}

// The server returned with less than it had acknowledged, as after a failover. The newest requests are decided again,
// by this daemon or by the one that took over.
void Lane::report_lost_tail(std::string_view position, int64_t count) {
  if (StreamId::parse(position) >= StreamId::parse(pipeline_.position())) return;
  const int64_t lost = joined_count_ + static_cast<int64_t>(pipeline_.settled()) - count;
  if (lost <= 0) {
    return log_.warn("{} has another history of '{}' than the server before it: what was settled since then is lost",
                     link_.server_name(), options_.orders);
  }
  counters_.lost += static_cast<uint64_t>(lost);
  log_.warn(
      "{} has forgotten {} settled requests of '{}', all after {}; those that are still in the stream are decided "
      "again",
      link_.server_name(), lost, options_.orders, position);
}

// Logs what an operator should know of the result of join.lua.
void Lane::log_joined(const valkey::Reply& reply) {
  const std::string position(reply.at(0).text());
  const std::string done(reply.at(3).text());
  const std::string wrong(reply.at(4).text());
  const int64_t deleted = parse_number<int64_t>(reply.at(5).text()).value_or(0);
  if (done == "restored") {
    log_.warn("the position of '{}' had been moved to {} by hand; restored to {}, as the newest result says",
              options_.orders, wrong, position);
  } else if (done == "recovered") {
    log_.warn("the position of '{}' was missing; recovered from the newest result: {}", options_.orders, position);
  } else if (done == "restarted") {
    log_.warn("the stream '{}' was recreated with smaller IDs than {}; continuing after {}", options_.orders, wrong,
              position);
  } else if (done == "behind" && troubles_.raise("stream", position)) {
    log_.warn(
        "the stream '{}' ends before the position {}, and all its entries were settled before; only entries "
        "with larger IDs will be settled. If it holds new orders, push them again",
        options_.orders, position);
  } else if (done == "created" && !may_be_new_) {
    log_.warn("the position and the results of '{}' are missing; starting at its first entry", options_.orders);
  }
  if (deleted > 0) {
    counters_.deleted += static_cast<uint64_t>(deleted);
    log_.warn("{} entries of '{}' were deleted before they were settled; they get no result", deleted, options_.orders);
  }
  if (ready_) return;
  ready_ = true;
  const int64_t waiting = parse_number<int64_t>(reply.at(2).text()).value_or(-1);
  log_.info("ready: serving '{}' on {} from position {}, {} waiting", options_.orders, link_.server().text(), position,
            waiting < 0 ? "requests" : fmt::format("{} requests", waiting));
}

void Lane::on_settled() {
  progress_ms_ = loop_.now_ms();
  moves_ = 0;
  ever_served_ = true;
  may_be_new_ = false;
  if (pipeline_.careful()) return read_on();
  backoff_.reset();
  if (std::exchange(moving_since_ms_, 0) != 0) (void)troubles_.clear("moving slot");
  (void)troubles_.clear("scripts");
  if (troubles_.clear("orders")) log_.info("processing resumed");
  read_on();
}

// Settling continues: the result is in the results stream. Producers choose the lists, so each kind of refusal is
// logged once, with the first list.
void Lane::on_reply_refused(std::string_view why) {
  const std::string kind = "replies " + std::string(why.substr(0, why.find(' ')));
  if (troubles_.raise(kind, "")) {
    log_.warn("a reply could not be pushed: {}; its result is in '{}'. Further ones are not logged", why,
              options_.results);
  }
}

void Lane::on_broken(const Pipeline::Break& why) {
  if (phase_ == Phase::kServing) change_phase(Phase::kDraining);
  if (phase_ == Phase::kDraining && why.moved && ++moves_ > 1) {
    return block(
        {valkey::ErrorKind::kUnavailable, "another process keeps moving the position"});  // not in a tight loop
  }
  drained(why.error);
}

void Lane::on_entry(std::string_view id, const order::Fields& fields) {
  ++counters_.entries_read;
  if (!decoder_.decode(fields, request_, detail_)) return pipeline_.add_malformed(id, request_, detail_, fields);
  const std::string why_not = options_.lanes == nullptr ? "" : options_.lanes->why_not(request_, options_.lane);
  if (why_not.empty()) {
    pipeline_.add(id, request_);
  } else {
    pipeline_.add_wrong_lane(id, request_, why_not);
  }
}

void Lane::on_read(std::size_t count) {
  if (phase_ != Phase::kServing) return;
  nothing_new_ = count == 0;
  pipeline_.flush();
  if (count == 0 && pipeline_.idle()) {  // nothing waits
    pipeline_.forget_oldest();
    on_settled();
  }
  read_on();
}

void Lane::on_read_refused(const valkey::Error& error) {
  counters_.errors.add(error.what);
  if (phase_ != Phase::kServing) return;
  drain({error.kind, "reading '" + options_.orders + "': " + error.what});
}

bool Lane::is_idle() const {
  return nothing_new_ && pipeline_.idle();
}

void Lane::on_stream_changed() {
  if (phase_ != Phase::kServing) return;
  drain({});
}

// A refused maintenance task does not stop the orders.
void Lane::on_upkeep(const char* task, const valkey::Error& error) {
  const std::string subject = std::string("upkeep ") + task;
  if (error.kind == valkey::ErrorKind::kNone) return (void)troubles_.clear(subject);
  counters_.errors.add(error.what);
  if (phase_ != Phase::kServing) return;                      // the next attempt to settle meets it
  if (error.kind == valkey::ErrorKind::kUnavailable) return;  // settling meets it, too
  if (error.kind == valkey::ErrorKind::kNoScript) return drain(error);
  if (!troubles_.raise(subject, error.what)) return;
  if (task == std::string_view("sign")) {
    log_.warn("the group '{}', which shows the position to monitoring, could not be moved: {}", options_.group,
              error.what);
  } else {
    log_.warn("retention.{} was refused: {}; retrying", task, error.what);
  }
}

void Lane::on_group_behind(const char* task, std::string_view group, std::string_view id) {
  const std::string subject = std::string("kept ") + task;
  if (group.empty()) {
    if (troubles_.clear(subject)) log_.info("retention.{}: no consumer group is behind", task);
  } else if (troubles_.raise(subject, std::string(group))) {
    log_.warn(
        "retention.{}: the consumer group '{}' keeps old entries: it is behind, at {}. Nothing "
        "after that is trimmed until it has read and acknowledged it; if nobody uses the group, delete it with XGROUP "
        "DESTROY",
        task, group, id);
  }
}

}  // namespace orderd::lane
