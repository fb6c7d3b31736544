// The server replies in the order of the commands, so a reply's number is its ticket. A cursor reads pages with XRANGE.
#include "audit/link.h"

#include <algorithm>

namespace orderd::audit {
namespace {

using valkey::Command;
using valkey::OwnedReply;
using valkey::Reply;

// Larger pages are no faster, smaller ones cost a call each.
constexpr std::size_t kPageEntries = 250;
// Pages of large entries have fewer: a malformed request may have any size. The first page shows the size.
constexpr std::size_t kPageBytes = 4 * 1024 * 1024;
constexpr std::size_t kFirstPage = 16;

std::size_t bytes_of(const Reply& page) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < page.size(); ++i) {
    const Reply fields = page.at(i).at(1);
    for (std::size_t f = 0; f < fields.size(); ++f) bytes += fields.at(f).text().size();
  }
  return bytes;
}

// Fills `entry` from one element of an XRANGE reply. False if it is not an entry.
bool read_entry(const Reply& reply, RawEntry& entry) {
  const auto id = id_of(reply.at(0).text());
  const Reply fields = reply.at(1);
  if (reply.size() != 2 || !id || !fields.is_array() || fields.size() % 2 != 0) return false;
  entry.id = *id;
  entry.fields.clear();
  for (std::size_t i = 0; i < fields.size(); ++i) entry.fields.push_back(fields.at(i).text());
  return true;
}

}  // namespace

Link::Ticket Link::send(const Command& command) {
  client_.append(command);
  client_.flush();
  return ++sent_;
}

OwnedReply Link::receive(Ticket ticket) {
  while (!failure_ && received_ < ticket) {
    auto reply = client_.read();
    if (!reply) {
      fail(reply.error());
    } else {
      early_.emplace(++received_, std::move(*reply));
    }
  }
  if (failure_) return OwnedReply(nullptr);
  auto found = early_.extract(ticket);
  ORDERD_CHECK(!found.empty(), "a ticket was received twice");
  return std::move(found.mapped());
}

Link::~Link() {
  while (received_ < sent_ && client_.read()) ++received_;
}

OwnedReply Link::ask_at_once(const std::vector<Command>& commands) {
  std::vector<Ticket> tickets = {send(Command::of("MULTI"))};
  for (const Command& command : commands) tickets.push_back(send(command));
  tickets.push_back(send(Command::of("EXEC")));
  // The first error, such as a missing right, is more specific than that of EXEC.
  OwnedReply reply(nullptr);
  for (const Ticket ticket : tickets) {
    reply = receive(ticket);
    if (fails(reply.view())) return OwnedReply(nullptr);
  }
  if (reply->size() != commands.size()) fail("the server did not execute what it had queued");
  return reply;
}

Cursor::Cursor(Link& link, std::string stream, Id first, Id last, bool whole)
    : link_(link), stream_(std::move(stream)), last_(last.text()), whole_(whole), count_(kFirstPage) {
  if (first <= last) request(first);
}

void Cursor::request(Id from) {
  next_page_ = link_.send(Command::of("XRANGE", stream_, from.text(), last_, "COUNT", count_));
}

const RawEntry* Cursor::peek() {
  if (ready_) return &entry_;
  if (link_.failure() || (at_ == page_->size() && !turn_page())) return nullptr;
  ready_ = read_entry(page_->at(at_++), entry_);
  if (!ready_) link_.fail("the server answered XRANGE with something else");
  return ready_ ? &entry_ : nullptr;
}

// False if there is none.
bool Cursor::turn_page() {
  if (!next_page_) return false;
  page_ = link_.receive(*std::exchange(next_page_, std::nullopt));
  at_ = repeated_ == Id{} ? 0 : 1;
  if (link_.failure() || link_.fails(page_.view())) return false;
  // Trimming removes the oldest entries: nothing is missing before the page if the one before it is still there.
  if (at_ == 1 && id_of(page_->at(0).at(0).text()) != repeated_) {
    link_.fail("the results are being trimmed faster than the audit reads them; run it again later", true);
  }
  const std::size_t size = page_->size();
  if (link_.failure() || size == at_) return false;
  const auto last = id_of(page_->at(size - 1).at(0).text());
  const bool full = size == count_;
  count_ = std::clamp<std::size_t>(kPageBytes * size / (bytes_of(page_.view()) + 1), 2, kPageEntries);
  if (whole_) repeated_ = last.value_or(Id{});
  if (full && last && *last < kLastId) request(whole_ ? *last : after(*last));
  return true;
}

}  // namespace orderd::audit
