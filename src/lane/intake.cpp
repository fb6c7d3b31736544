// The number of entries asked for is bounded by the room in the lane's table, by kReadEntries, and by their size: after
// a large entry fewer are asked for, so that a stream of huge ones does not fill the memory.
#include "lane/intake.h"

#include <algorithm>

namespace orderd::lane {
namespace {

// A reply should stay below this, judged by the entries seen lately.
constexpr std::size_t kReadBytes = 1024 * 1024;

// An id, and names and values in turn, or nil where the entry was deleted.
bool is_entry(const valkey::Reply& reply) {
  const valkey::Reply fields = reply.at(1);
  return reply.size() == 2 && reply.at(0).is_string() &&
         (fields.is_nil() || (fields.is_array() && fields.size() % 2 == 0));
}

// XREADGROUP's: nil where the wait was for nothing, else one stream with its name and its entries.
bool is_read(const valkey::Reply& reply) {
  if (reply.is_nil()) return true;
  const valkey::Reply entries = reply.at(0).at(1);
  bool good = reply.size() == 1 && reply.at(0).size() == 2 && entries.is_array();
  for (std::size_t i = 0; good && i < entries.size(); ++i) good = is_entry(entries.at(i));
  return good;
}

}  // namespace

Intake::Intake(const Options& options, valkey::Session& session, Listener& listener)
    : options_(options), session_(session), listener_(listener) {
  call_.owner = this;
  call_.done = [](valkey::Call& call, const valkey::Reply& reply) {
    static_cast<ReadCall&>(call).owner->on_reply(reply);
  };
}

void Intake::read_new(std::size_t room) {
  read(room, true, ">");
}

void Intake::read_own(std::string_view after, std::size_t room) {
  read(room, false, after);
}

void Intake::read(std::size_t room, bool block, std::string_view from) {
  ORDERD_CHECK(!reading_ && room > 0, "a read without room, or beside another");
  const std::size_t by_size = kReadBytes / std::max<std::size_t>(entry_bytes_, 1);
  const std::size_t count = std::clamp<std::size_t>(std::min(room, by_size), 1, kReadEntries);
  own_ = !block;
  command_.begin(block ? 11 : 9);
  command_.add("XREADGROUP");
  command_.add("GROUP");
  command_.add(options_.group);
  command_.add(options_.consumer);
  command_.add("COUNT");
  command_.add(count);
  if (block) {
    command_.add("BLOCK");
    command_.add(kReadBlock.count());
  }
  command_.add("STREAMS");
  command_.add(options_.orders);
  command_.add(from);
  reading_ = session_.send(call_, command_);  // refused only on the way down: the lane hears of that from the session
}

void Intake::on_reply(const valkey::Reply& reply) {
  reading_ = false;
  if (reply.lost()) return;  // entries on their way are pending by now, and are read as our own after the reconnect
  if (reply.is_error()) return listener_.on_read_refused({reply.error(), std::string(reply.text())});
  // What such a server takes for delivered is found when the own pending entries are read after the reconnect.
  if (!is_read(reply))
    return session_.drop({valkey::ErrorKind::kFault, "the server answered XREADGROUP with no entries"});
  session_.proven();
  // Nil where the wait was for nothing; else one stream: its name and its entries.
  const valkey::Reply entries = reply.at(0).at(1);
  const std::size_t count = entries.size();
  if (count > 0 && !listener_.on_batch(entries.at(0).at(0).text(), entries.at(count - 1).at(0).text(), own_)) {
    return listener_.on_read(0);
  }
  listener_.on_read(hand_over(entries));
}

std::size_t Intake::hand_over(const valkey::Reply& entries) {
  std::size_t largest = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const valkey::Reply entry = entries.at(i);
    const valkey::Reply raw = entry.at(1);
    fields_.clear();
    std::size_t bytes = 0;
    for (std::size_t f = 0; f < raw.size(); ++f) {
      fields_.push_back(raw.at(f).text());
      bytes += fields_.back().size();
    }
    largest = std::max(largest, bytes);
    last_.assign(entry.at(0).text());
    listener_.on_entry(last_, fields_, !raw.is_array());
  }
  entry_bytes_ = std::max(largest, entry_bytes_ - entry_bytes_ / 8);
  return entries.size();
}

}  // namespace orderd::lane
