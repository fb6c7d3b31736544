// What a lane hears of its connections and of its parts, and what it makes of it. The steps that follow are
// advance()'s, in lane.cpp.
#include <spdlog/spdlog.h>

#include "lane/lane.h"
#include "lane/settle_command.h"

namespace orderd::lane {
namespace {

// Behind the server's own words, the way out.
std::string with_advice(const std::string& refusal) {
  const bool rights = refusal.find("NOPERM") != std::string::npos;
  return refusal + (rights
                        ? "; grant this user what config/users.acl names for orderd"
                        : "; check valkey.username and valkey.password_file, or the user and password in valkey.url");
}

}  // namespace

void Lane::refused(const std::string& what, const valkey::Error& error) {
  const std::string text = what + ": " + error.what;
  switch (error.kind) {
    case valkey::ErrorKind::kNoGroup:
      if (phase_ != Phase::kRestoring) return begin_restore();
      break;
    case valkey::ErrorKind::kRoleChanged:
    case valkey::ErrorKind::kMoved: return on_wrong_server(error);
    case valkey::ErrorKind::kNoScript: settler_.reload(); break;
    case valkey::ErrorKind::kRefused:
      if (!ever_served_) {
        return fatal(with_advice(text));
      }
      [[fallthrough]];
    default: trouble(text + "; trying again");
  }
  wait_.start(backoff_.next());
}

void Lane::on_up(valkey::Session& session) {
  if (&session == &settling_) {
    settler_.on_up();
    upkeep_.on_up();
  }
  advance();
}

void Lane::on_down(valkey::Session& session, const valkey::Error& error) {
  if (phase_ == Phase::kEnded) return;
  if (&session == &settling_) {
    settler_.on_down();
    restore_.on_down();
  }
  if (error.kind == valkey::ErrorKind::kRefused && !ever_served_) return fatal(with_advice(error.what));
  trouble(error.what + "; connecting again");
  recovery_due_ = true;
  if (phase_ == Phase::kRecovering || phase_ == Phase::kServing || !settling_.up()) phase_ = Phase::kConnecting;
  advance();
}

void Lane::on_room() {
  advance();
}

void Lane::on_parked() {
  begin_restore();
}

void Lane::on_hold(const valkey::Error& error) {
  if (error.kind == valkey::ErrorKind::kNone) {
    trouble_.clear();
    return spdlog::info("orders flow again");
  }
  if (error.kind == valkey::ErrorKind::kRefused) {
    return trouble("orders wait: " + with_advice(error.what));
  }
  if (error.kind == valkey::ErrorKind::kFault) {
    trouble_ = error.what;
    return spdlog::error(
        "an order cannot be settled and nothing behind it is: {}; mend that key, orderd goes on by itself", error.what);
  }
  trouble("orders wait: " + error.what);
}

void Lane::on_wrong_server(const valkey::Error& error) {
  trouble(error.what + "; connecting again");
  reading_.drop(error);
  settling_.drop(error);
}

// New entries have higher ids than all that the group has delivered before; so one that has not tells that somebody has
// set the group back. An own pending one up to the position tells the same.
bool Lane::on_batch(std::string_view first, std::string_view last, bool own) {
  const EntryId begin = EntryId::parse(first);
  // What is no id tells nothing.
  if (begin == EntryId{} || begin > (own ? upkeep_.settled() : std::max(newest_read_, settled()))) {
    if (!own) newest_read_ = EntryId::parse(last);
    return true;
  }
  doubt_ = SetBack{std::string(first), std::string(last), {}};
  recovery_due_ = true;
  if (phase_ == Phase::kServing) phase_ = Phase::kRecovering;
  return false;
}

void Lane::on_entry(std::string_view id, const order::Fields& fields, bool deleted) {
  ++counters_.entries_read;
  Slot* slot = settler_.take();
  if (slot == nullptr)
    return;  // the settling connection was lost meanwhile; the entry is pending and will be read again
  slot->request.assign(id);
  if (deleted) {
    request_ = {};
    slot->gate = write_refuse(options_, settling_.script_id(kRefuse), id, Refusal::kRequestLost, request_, {}, fields,
                              slot->command);
  } else if (decoder_.decode(fields, request_, detail_)) {
    slot->gate = write_settle(options_, settling_.script_id(kSettle), id, request_, scratch_, slot->command);
  } else {
    slot->gate = write_refuse(options_, settling_.script_id(kRefuse), id, Refusal::kMalformed, request_, detail_,
                              fields, slot->command);
  }
  slot->order.assign(request_.id);
  settler_.submit(*slot);
}

void Lane::on_read(std::size_t count) {
  backoff_.reset();
  ever_served_ = true;
  just_restored_ = false;
  if (!trouble_.empty() && settler_.flowing()) {
    trouble_.clear();
    spdlog::info("serving again");
  }
  if (reading_own_ && phase_ == Phase::kRecovering && !recovery_due_) {
    own_cursor_ = intake_.last();
    if (count == 0) phase_ = Phase::kServing;
  }
  reading_own_ = false;
  advance();
}

void Lane::on_read_refused(const valkey::Error& error) {
  reading_own_ = false;
  refused("reading the stream '" + options_.orders + "'", error);
}

void Lane::on_restored(const Restore::Outcome& outcome) {
  if (phase_ == Phase::kEnded) return;  // what the restore let go was the last that finish() waited for
  just_restored_ = true;
  newest_read_ = {};
  if (outcome.begun_anew) {
    settler_.set_highest({});
    upkeep_.disregard_position();
  } else if (outcome.created) {
    settler_.set_highest(EntryId::parse(outcome.position));
  }
  if (outcome.destroyed) {
    spdlog::warn("the group '{}' of '{}' was set back: it delivered {} again, and there are settled requests up to {}",
                 options_.group, options_.orders, doubt_->first, doubt_->settled.text());
  }
  if (set_back_ || outcome.created) doubt_.reset();
  set_back_ = false;
  if (outcome.created && !outcome.served_before && ever_served_) {
    spdlog::warn("the stream '{}', its group and its results are gone; starting anew with what is there",
                 options_.orders);
  } else if (outcome.created && !outcome.served_before) {
    spdlog::info("created the group '{}' at the first entry of '{}'", options_.group, options_.orders);
  } else if (outcome.created) {
    spdlog::warn("the group '{}' of '{}' was {}; created anew at {}, {} entries before it pending again",
                 options_.group, options_.orders, outcome.destroyed ? "destroyed" : "missing", outcome.position,
                 outcome.holes);
  }
  recovery_due_ = true;
  phase_ = Phase::kConnecting;
  for (const Slot& slot : settler_.slots()) {
    if (slot.state == Slot::State::kParked) phase_ = Phase::kRestoring;  // some more have come meanwhile
  }
  if (phase_ == Phase::kRestoring) wait_.start(backoff_.next());
  advance();
}

void Lane::on_restore_refused(const valkey::Error& error) {
  refused("creating the group '" + options_.group + "' of '" + options_.orders + "'", error);
}

void Lane::on_claimed() {
  begin_recovery();
}

void Lane::on_position_known() {
  advance();
}

void Lane::on_upkeep_group_missing() {
  begin_restore();
}

void Lane::on_upkeep_refused(const char* chore, const valkey::Error& error) {
  const std::string text = std::string("the ") + chore + " was refused: " + error.what;
  if (text == upkeep_trouble_) return;
  upkeep_trouble_ = text;
  spdlog::warn("{}; trying again", text);
}

}  // namespace orderd::lane
