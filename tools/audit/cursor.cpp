// Reads pages with XRANGE.
#include "audit/cursor.h"

#include <algorithm>

namespace orderd::audit {
namespace {

// Larger pages are no faster; smaller ones cost a call each.
constexpr uint64_t kPageEntries = 1000;
// Entries may be large: pages of large entries have fewer.
constexpr std::size_t kPageBytes = 4 * 1024 * 1024;

std::size_t bytes_of(const valkey::Reply& page) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < page.size(); ++i) {
    const valkey::Reply fields = page.at(i).at(1);
    for (std::size_t f = 0; f < fields.size(); ++f) bytes += fields.at(f).text().size();
  }
  return bytes;
}

}  // namespace

bool read_entry(const valkey::Reply& reply, RawEntry& entry) {
  const auto id = id_of(reply.at(0).text());
  const valkey::Reply fields = reply.at(1);
  if (reply.size() != 2 || !id || !fields.is_array() || fields.size() % 2 != 0) return false;
  entry.id = *id;
  entry.fields.clear();
  for (std::size_t i = 0; i < fields.size(); ++i) entry.fields.push_back(fields.at(i).text());
  return true;
}

Cursor::Cursor(Link& link, std::string stream, Id first, Id last)
    : link_(link), stream_(std::move(stream)), last_(last.text()), count_(kPageEntries) {
  if (first <= last) request(first);
}

Cursor::~Cursor() {
  if (next_page_) link_.drop(*next_page_);
}

void Cursor::request(Id from) {
  next_page_ = link_.send(valkey::Command::of("XRANGE", stream_, from.text(), last_, "COUNT", count_));
}

Result<const RawEntry*> Cursor::peek() {
  if (ready_) return &entry_;
  while (!page_ || at_ == page_->view().size()) {
    if (!next_page_) return nullptr;
    const auto turned = turn_page();
    if (!turned) return turned.failure();
  }
  if (!read_entry(page_->view().at(at_++), entry_)) return Failure{"the server answered XRANGE with something else"};
  ready_ = true;
  return &entry_;
}

Result<bool> Cursor::turn_page() {
  auto page = link_.receive(*std::exchange(next_page_, std::nullopt));
  if (!page) return page.failure();
  page_.emplace(std::move(*page));
  at_ = 0;
  const valkey::Reply entries = page_->view();
  const std::size_t size = entries.size();
  if (size == 0) return true;
  const auto last = id_of(entries.at(size - 1).at(0).text());
  const bool full = size == count_;
  count_ = std::clamp<uint64_t>(kPageBytes * size / (bytes_of(entries) + 1), 1, kPageEntries);
  if (full && last) request(after(*last));
  return true;
}

}  // namespace orderd::audit
