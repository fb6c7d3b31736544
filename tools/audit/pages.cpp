// The bytes of a page lie in the link's buffer, which the next reply will overwrite; so the command goes out first, and
// the reply is fetched only when the page was handed out.
#include "audit/pages.h"

#include <algorithm>

namespace orderd::audit {
namespace {

// Larger pages are no quicker; smaller ones cost a call each.
constexpr uint64_t kPageEntries = 1000;
// Entries may have any size: pages of large ones are shorter.
constexpr std::size_t kPageBytes = 4 * 1024 * 1024;

}  // namespace

bool read_entry(RespView view, RawEntry& entry) {
  if (view.size() != 2 || !view.first().is_string()) return false;
  entry.id = view.first().text();
  const RespView fields = view.first().next();
  entry.fields.clear();
  if (!fields.is_array() || fields.size() % 2 != 0) return false;
  RespView field = fields.first();
  for (uint32_t i = 0; i < fields.size(); ++i) {
    if (!field.is_string()) return false;
    entry.fields.push_back(field.text());
    field = field.next();
  }
  return true;
}

Result<uint64_t> read_stream(Link& link, const std::string& stream, Id first, Id last,
                             const std::function<Result<bool>(const RawEntry&)>& each) {
  if (first > last) return uint64_t{0};
  const std::string end = last.text();
  uint64_t count = kPageEntries;
  uint64_t read = 0;
  auto sent = link.send(valkey::Command::of("XRANGE", stream, first.text(), end, "COUNT", count));
  RawEntry entry;
  while (sent) {
    const auto page = link.receive();
    if (!page) return page.failure();
    const uint32_t entries = page->size();
    if (!page->is_array()) return Failure{"the server answered XRANGE with something else"};
    if (entries == 0) return read;
    const std::size_t bytes = link.reply_bytes() / entries + 1;
    // The last entry is found by walking; the walk is a fraction of what judging costs.
    RespView at = page->first();
    for (uint32_t i = 1; i < entries; ++i) at = at.next();
    const bool more = entries == count && at.size() == 2;
    const std::string from = "(" + std::string(at.size() == 2 ? at.first().text() : "");
    count = std::clamp<uint64_t>(kPageBytes / bytes, 1, kPageEntries);
    if (more) sent = link.send(valkey::Command::of("XRANGE", stream, from, end, "COUNT", count));
    at = page->first();
    for (uint32_t i = 0; i < entries; ++i) {
      if (!read_entry(at, entry)) return Failure{"the server answered XRANGE with something that is no entry"};
      const auto good = each(entry);
      if (!good) return good.failure();
      at = at.next();
    }
    read += entries;
    if (!more) return read;
  }
  return sent.failure();
}

}  // namespace orderd::audit
