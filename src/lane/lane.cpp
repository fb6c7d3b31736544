// advance() is called whenever something may go on, and does the next step of the phase; it is safe to call at any
// time.
#include "lane/lane.h"

#include <spdlog/spdlog.h>

#include "lane/settle_command.h"

namespace orderd::lane {
namespace {

// What the table may hold before no more is read: 1024 usual orders are 0.5 MiB, but a malformed request may be 64 KiB.
constexpr std::size_t kTableBytes = 8 * 1024 * 1024;

valkey::Handshake handshake(const Options& options, const char* role, bool scripts, Milliseconds blocking) {
  valkey::Handshake made;
  made.name = std::string("orderd-") + role;
  if (scripts) made.scripts = script_sources();
  made.connect_timeout = options.connect_timeout;
  made.reply_timeout = options.reply_timeout + blocking;
  return made;
}

// Behind the server's own words, the way out.
std::string with_advice(const std::string& refusal) {
  const bool rights = refusal.find("NOPERM") != std::string::npos;
  return refusal + (rights
                        ? "; grant this user what config/users.acl names for orderd"
                        : "; check valkey.username and valkey.password_file, or the user and password in valkey.url");
}

}  // namespace

Lane::Lane(Loop& loop, const Options& options, valkey::Topology& topology, uint32_t seed, Lane::Listener& listener)
    : options_(options),
      listener_(listener),
      reading_(loop, topology, handshake(options, "read", false, kReadBlock), seed, *this),
      settling_(loop, topology, handshake(options, "settle", true, Milliseconds(0)), seed + 1, *this),
      settler_(loop, options, settling_, counters_, seed + 2, *this),
      intake_(options, reading_, *this),
      restore_(
          options, settling_, settler_,
          [this](const order::Fields& fields) {
            (void)decoder_.decode(fields, request_, detail_);  // malformed or not: the id is what could be read
            return std::string_view(request_.id);
          },
          *this),
      upkeep_(loop, options, settling_, settler_, counters_, *this),
      decoder_(options.limits),
      backoff_(seed + 3),
      wait_(loop, [this] { advance(); }) {
}

Lane::~Lane() {
  phase_ = Phase::kEnded;
  reading_.stop();
  settling_.stop();
}

void Lane::start() {
  ORDERD_CHECK(phase_ == Phase::kIdle, "a lane is started once");
  phase_ = Phase::kConnecting;
  recovery_due_ = true;
  settling_.start();
  if (phase_ == Phase::kConnecting) reading_.start();
}

void Lane::finish() {
  if (finishing_ || phase_ == Phase::kEnded) return;
  finishing_ = true;
  advance();
}

void Lane::advance() {
  if (finishing_ && finished()) return end();
  switch (phase_) {
    case Phase::kIdle:
    case Phase::kEnded: return;
    case Phase::kConnecting:
      if (!reading_.up() || !settling_.up()) return;
      upkeep_.start();
      phase_ = Phase::kRecovering;
      return recover();
    case Phase::kRestoring:
      if (!restore_.running() && !wait_.active() && settling_.up()) restore_.start(set_back_ ? doubt_ : std::nullopt);
      return;
    case Phase::kRecovering: return recover();
    case Phase::kServing: return serve();
  }
}

// The next page of the own pending entries; the first one as soon as the table is empty.
void Lane::recover() {
  if ((finishing_ && !doubt_) || intake_.reading() || wait_.active() || !reading_.up() || !settler_.flowing()) return;
  if (recovery_due_) {
    if (settler_.occupied() > 0 || !upkeep_.knows_position()) return;
    if (doubt_ && doubtful()) return begin_set_back();
    if (finishing_) return advance();
    recovery_due_ = false;
    own_cursor_ = "0-0";
    ++counters_.recoveries;
  }
  if (settler_.room() == 0 || settler_.bytes() > kTableBytes) return;
  reading_own_ = true;
  intake_.read_own(own_cursor_, settler_.room());
}

void Lane::serve() {
  if (finishing_ || intake_.reading() || wait_.active() || !reading_.up() || !settler_.flowing()) return;
  // Half of the table has to be free, or reads become many and small.
  if (2 * settler_.room() < options_.max_in_flight || settler_.bytes() > kTableBytes) return;
  reading_own_ = false;
  intake_.read_new(settler_.room());
}

void Lane::begin_recovery() {
  recovery_due_ = true;
  if (phase_ == Phase::kServing) phase_ = Phase::kRecovering;
  advance();
}

void Lane::begin_restore() {
  if (phase_ == Phase::kRestoring || phase_ == Phase::kEnded) return;
  if (!options_.create_group) {
    return fatal("the group '" + options_.group + "' of the stream '" + options_.orders +
                 "' is missing and processing.missing_group is 'stop'; create it (XGROUP CREATE " + options_.orders +
                 " " + options_.group +
                 " <id> MKSTREAM, where <id> is the last request that was settled, 0 for none), or set "
                 "processing.missing_group = \"create\"");
  }
  phase_ = Phase::kRestoring;
  if (just_restored_) wait_.start(backoff_.next());
  advance();
}

// What came again stands among what is settled: the group is destroyed, and created anew where it belongs.
void Lane::begin_set_back() {
  set_back_ = true;
  phase_ = Phase::kRestoring;
  if (just_restored_) wait_.start(backoff_.next());
  advance();
}

// A request up to this one that a group delivers as new was settled before, unless its stream was begun anew. It is a
// settled one that counts, not a delivered one: a group that is created anew delivers again what was not settled.
EntryId Lane::settled() const {
  return std::max(settler_.highest(), upkeep_.settled());
}

// With the table empty all answers of the past are in. Were some of the entries in doubt settled before?
bool Lane::doubtful() {
  doubt_->settled = settled();
  if (EntryId::parse(doubt_->first) <= doubt_->settled) return true;
  doubt_.reset();
  set_back_ = false;
  newest_read_ = {};
  return false;
}

bool Lane::finished() const {
  if (phase_ == Phase::kEnded) return false;
  // Without its connection nothing is in flight: what was not settled is pending at the server.
  if (!settling_.up()) return true;
  return settler_.occupied() == 0 && !doubt_ && !(intake_.reading() && reading_.up());
}

void Lane::end() {
  phase_ = Phase::kEnded;
  wait_.stop();
  upkeep_.stop();
  reading_.stop();
  settling_.stop();
  listener_.on_finished();
}

void Lane::fatal(const std::string& what) {
  if (phase_ == Phase::kEnded) return;
  phase_ = Phase::kEnded;
  upkeep_.stop();
  reading_.stop();
  settling_.stop();
  listener_.on_fatal(what);
}

// Says so once, until it is another trouble or over.
void Lane::trouble(const std::string& what) {
  if (what == trouble_) return;
  trouble_ = what;
  spdlog::warn("{}", what);
}

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
