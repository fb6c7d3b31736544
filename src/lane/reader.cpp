// COUNT is limited by the capacity of the pipeline, by kReadEntries, and by recent entry sizes: a stream of huge
// entries must not fill the memory. On a slow network a read may time out: the next one reads half as many, down to
// one, so that it does not fail forever.
#include "lane/reader.h"

#include <algorithm>

namespace orderd::lane {
namespace {

// The aimed-at size of a reply, by the size of recent entries.
constexpr std::size_t kReadBytes = 1024 * 1024;

// An ID, and names and values in turn.
bool is_entry(const valkey::Reply& reply) {
  const valkey::Reply fields = reply.at(1);
  return reply.size() == 2 && reply.at(0).is_string() && fields.is_array() && fields.size() % 2 == 0;
}

// XREAD's reply: nil after a timeout, else one stream with its name and at most `asked` entries.
bool is_read(const valkey::Reply& reply, std::size_t asked) {
  if (reply.is_nil()) return true;
  const valkey::Reply entries = reply.at(0).at(1);
  bool good = reply.size() == 1 && reply.at(0).size() == 2 && entries.is_array() && entries.size() <= asked;
  for (std::size_t i = 0; good && i < entries.size(); ++i) good = is_entry(entries.at(i));
  return good;
}

}  // namespace

Reader::Reader(const Options& options, valkey::Link& link, Listener& listener)
    : options_(options), link_(link), listener_(listener) {
  call_.owner = this;
  call_.done = [](valkey::Call& call, const valkey::Reply& reply) {
    static_cast<ReadCall&>(call).owner->on_reply(reply);
  };
}

void Reader::seek(std::string_view id) {
  last_.assign(id);
  discard_ = reading_;
}

void Reader::read(std::size_t room) {
  ORDERD_CHECK(!reading_ && room > 0, "a read without capacity, or during another one");
  const std::size_t by_size = kReadBytes / std::max<std::size_t>(entry_bytes_, 1);
  asked_ = std::clamp<std::size_t>(std::min({room, by_size, entries_max_}), 1, kReadEntries);
  command_.begin(8);
  command_.add("XREAD");
  command_.add("COUNT");
  command_.add(asked_);
  command_.add("BLOCK");
  command_.add(kReadBlock.count());
  command_.add("STREAMS");
  command_.add(std::string_view(options_.orders));
  command_.add(std::string_view(last_));
  discard_ = false;
  reading_ = link_.send(valkey::Channel::kReading, call_, command_);
}

void Reader::reset() {
  reading_ = false;
  discard_ = false;
}

void Reader::on_reply(const valkey::Reply& reply) {
  reading_ = false;
  if (reply.lost()) {
    entries_max_ = std::max<std::size_t>(entries_max_ / 2, 1);
    return;
  }
  if (reply.is_error()) return listener_.on_read_refused({reply.error(), std::string(reply.text())});
  if (!is_read(reply, asked_)) {
    return listener_.on_read_refused({valkey::ErrorKind::kMoved, "the reply to XREAD does not match the request"});
  }
  entries_max_ = std::min(2 * entries_max_, kReadEntries);
  if (discard_) return listener_.on_discarded();
  listener_.on_read(hand_over(reply.at(0).at(1)));
}

std::size_t Reader::hand_over(const valkey::Reply& entries) {
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
    listener_.on_entry(last_, fields_);
  }
  entry_bytes_ = std::max(largest, entry_bytes_ - entry_bytes_ / 8);
  return entries.size();
}

}  // namespace orderd::lane
