// advance() is called whenever something may go on, and does the next step of the phase; it is safe to call at any
// time.
#include "lane/lane.h"

#include <spdlog/spdlog.h>

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

}  // namespace orderd::lane
