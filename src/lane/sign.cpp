// Once a second, if the position has moved: XGROUP SETID. Once a second, if nothing came: what the group says of the
// stream, or without a group how long the stream is. What is odd has to be so at two looks in a row, because between
// the two replies entries may come.
#include "lane/sign.h"

namespace orderd::lane {
namespace {

constexpr Milliseconds kSignEvery{1000};

}  // namespace

Sign::Sign(Loop& loop, const Options& options, valkey::Link& link, Listener& listener)
    : options_(options),
      link_(link),
      listener_(listener),
      timer_(loop, [this] { tick(); }),
      move_([this](const valkey::Reply& reply) { on_moved(reply); }),
      create_([this](const valkey::Reply& reply) { on_created(reply); }),
      look_([this](const valkey::Reply& reply) { on_looked(reply); }) {
}

void Sign::start() {
  running_ = true;
  shown_ = {};
  odd_.clear();
  tick();
}

void Sign::stop() {
  running_ = false;
  timer_.stop();
}

void Sign::tick() {
  timer_.start(kSignEvery);
  if (!link_.up()) return;
  const Facts facts = listener_.sign_facts();
  const bool moved = facts.position != shown_.position || facts.entries_read != shown_.entries_read;
  if (!options_.group.empty() && moved && !move_.busy() && !create_.busy()) {
    shown_ = facts;
    const std::string read = std::to_string(facts.entries_read);
    move_.send(link_, facts.entries_read < 0
                          ? valkey::Command::of("XGROUP", "SETID", options_.orders, options_.group, facts.position)
                          : valkey::Command::of("XGROUP", "SETID", options_.orders, options_.group, facts.position,
                                                "ENTRIESREAD", read));
  }
  if (facts.idle && facts.read == read_before_ && !look_.busy()) look();
  if (facts.read != read_before_) {
    odd_.clear();
    if (options_.group.empty()) answered_.clear();  // the length has changed for a good reason
  }
  read_before_ = facts.read;
}

// The group is not there, or the stream is not.
void Sign::create() {
  create_.send(link_, valkey::Command::of("XGROUP", "CREATE", options_.orders, options_.group, shown_.position));
}

void Sign::on_moved(const valkey::Reply& reply) {
  if (!running_ || reply.lost()) return;
  if (!reply.is_error()) {
    there_ = true;
    return listener_.on_sign({});
  }
  const std::string_view word = valkey::first_word(reply.text());
  const bool missing = word == "NOGROUP" || reply.text().find("requires the key to exist") != std::string_view::npos;
  if (!missing) return listener_.on_sign({reply.error(), std::string(reply.text())});
  create();
}

void Sign::on_created(const valkey::Reply& reply) {
  if (!running_ || reply.lost()) return;
  const bool was_there = there_;
  // Without a stream there is no group; the first request brings it, and the next move creates it.
  there_ = !reply.is_error();
  shown_.position.clear();
  if (was_there) listener_.on_odd();
}

void Sign::look() {
  if (options_.group.empty()) {
    look_.send(link_, valkey::Command::of("XLEN", options_.orders));
  } else {
    look_.send(link_, valkey::Command::of("XINFO", "GROUPS", options_.orders));
  }
}

void Sign::on_looked(const valkey::Reply& reply) {
  if (!running_ || reply.lost()) return;
  if (options_.group.empty()) {
    const std::string seen = "length " + std::to_string(reply.integer());
    if (answered_.empty()) answered_ = seen;
    return observe(seen, true);
  }
  for (std::size_t i = 0; i < reply.size(); ++i) {
    const valkey::Reply group = reply.at(i);
    std::string name, lag = "none", position;
    for (std::size_t f = 0; f + 1 < group.size(); f += 2) {
      const std::string_view field = group.at(f).text();
      if (field == "name") name = group.at(f + 1).text();
      if (field == "last-delivered-id") position = group.at(f + 1).text();
      if (field == "lag" && !group.at(f + 1).is_nil()) lag = std::to_string(group.at(f + 1).integer());
    }
    if (name != options_.group) continue;
    // Moved by somebody: shown again at the next tick.
    if (position != shown_.position) return shown_.position.clear();
    return observe("lag " + lag + " at " + position, lag != "0");
  }
  shown_.position.clear();
  if (there_) observe("no group", true);
}

void Sign::observe(const std::string& seen, bool odd) {
  if (!odd || seen == answered_) {
    odd_.clear();
    return;
  }
  if (seen == odd_) {
    answered_ = seen;
    odd_.clear();
    return listener_.on_odd();
  }
  odd_ = seen;
}

}  // namespace orderd::lane
