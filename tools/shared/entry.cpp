// Streams are read page by page, so that memory does not grow with the stream. A page is limited in bytes, too: the
// server does nothing else while it copies one.
#include "shared/entry.h"

#include <algorithm>

#include "shared/output.h"

namespace orderd::tools {
namespace {

constexpr std::size_t kPageBytes = 1024 * 1024;
// The first page shows how large entries are. This many of 64 KiB, the limit of a request, fit.
constexpr std::size_t kFirstPage = 16;

std::size_t bytes_of(const std::vector<Entry>& entries) {
  std::size_t bytes = 0;
  for (const Entry& entry : entries) {
    for (const auto& [name, value] : entry.fields) bytes += name.size() + value.size();
  }
  return bytes;
}

}  // namespace

std::string time_of_id(std::string_view text) {
  const auto id = StreamId::parse(text);
  return id ? time_text(id->ms) : "";
}

StreamId id_before(StreamId id) {
  if (id.sequence > 0) return {id.ms, id.sequence - 1};
  return id.ms > 0 ? StreamId{id.ms - 1, UINT64_MAX} : id;
}

std::string_view Entry::field(std::string_view name) const {
  for (const auto& [field_name, value] : fields) {
    if (field_name == name) return value;
  }
  return {};
}

bool Entry::has(std::string_view name) const {
  return std::any_of(fields.begin(), fields.end(), [name](const auto& field) { return field.first == name; });
}

std::vector<Entry> entries_of(valkey::Reply reply) {
  std::vector<Entry> entries(reply.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i].id = reply.at(i).at(0).text();
    const valkey::Reply fields = reply.at(i).at(1);
    for (std::size_t f = 0; f + 1 < fields.size(); f += 2) {
      entries[i].fields.emplace_back(fields.at(f).text(), fields.at(f + 1).text());
    }
  }
  return entries;
}

valkey::Reply value_of(valkey::Reply reply, std::string_view name) {
  for (std::size_t i = 0; i + 1 < reply.size(); i += 2) {
    if (reply.at(i).text() == name) return reply.at(i + 1);
  }
  return valkey::Reply(nullptr);
}

EntryPages::EntryPages(Client& client, std::string stream, Range range)
    : client_(client), stream_(std::move(stream)), range_(std::move(range)), fitting_(kFirstPage) {
}

Result<std::vector<Entry>> EntryPages::next(std::size_t most) {
  if (ended_) return std::vector<Entry>{};
  const auto& [first, last, back] = range_;
  most = std::min(most, fitting_);
  auto reply = client_.ask(back ? valkey::Command::of("XREVRANGE", stream_, last, first, "COUNT", most)
                                : valkey::Command::of("XRANGE", stream_, first, last, "COUNT", most));
  if (!reply) return reply.failure();
  reply_ = std::move(*reply);
  std::vector<Entry> entries = entries_of(reply_.view());
  fitting_ = std::clamp<std::size_t>(kPageBytes * entries.size() / (bytes_of(entries) + 1), 1, kPageEntries);
  // No entry can come after the largest ID: the server refuses a range that begins there.
  ended_ = entries.size() < most || StreamId::parse(entries.back().id) == StreamId{UINT64_MAX, UINT64_MAX};
  if (!entries.empty()) (back ? range_.last : range_.first) = "(" + std::string(entries.back().id);
  return entries;
}

Result<bool> read_pages(Client& client, const std::string& stream, std::string first, std::string last,
                        const std::function<bool(const std::vector<Entry>&)>& page) {
  EntryPages pages(client, stream, {std::move(first), std::move(last)});
  for (;;) {
    const auto entries = pages.next();
    if (!entries) return entries.failure();
    if (entries->empty() || !page(*entries)) return true;
  }
}

Result<std::string> newest_id(Client& client, const std::string& stream) {
  const auto newest = client.ask(valkey::Command::of("XREVRANGE", stream, "+", "-", "COUNT", 1));
  if (!newest) return newest.failure();
  return (*newest)->size() > 0 ? std::string((*newest)->at(0).at(0).text()) : std::string("0-0");
}

}  // namespace orderd::tools
