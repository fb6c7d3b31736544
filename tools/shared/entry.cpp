// Streams are read page by page, so that memory does not grow with the stream.
#include "shared/entry.h"

#include <charconv>
#include <limits>

namespace orderd::tools {
namespace {

std::optional<uint64_t> number_of(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<bool> read_range(Client& client, const char* command, const std::string& stream, std::string from,
                        const std::string& to, const std::function<bool(const std::vector<Entry>&)>& page) {
  for (;;) {
    const auto reply = client.ask(valkey::Command::of(command, stream, from, to, "COUNT", kPageEntries));
    if (!reply) return reply.failure();
    const std::vector<Entry> entries = entries_of(reply->view());
    if (entries.empty() || !page(entries) || is_largest_id(entries.back().id)) return true;
    from = "(" + std::string(entries.back().id);
  }
}

}  // namespace

std::optional<StreamId> parse_id(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto ms = number_of(text.substr(0, dash));
  const auto sequence = dash == std::string_view::npos ? 0 : number_of(text.substr(dash + 1));
  if (!ms || !sequence) return std::nullopt;
  return StreamId{*ms, *sequence};
}

bool is_largest_id(std::string_view text) {
  constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
  const auto id = parse_id(text);
  return id && id->ms == kMost && id->sequence == kMost;
}

StreamId id_before(StreamId id) {
  if (id.sequence > 0) return {id.ms, id.sequence - 1};
  return id.ms > 0 ? StreamId{id.ms - 1, std::numeric_limits<uint64_t>::max()} : id;
}

std::string_view Entry::field(std::string_view name) const {
  for (const auto& [field_name, value] : fields) {
    if (field_name == name) return value;
  }
  return {};
}

bool Entry::has(std::string_view name) const {
  for (const auto& [field_name, value] : fields) {
    if (field_name == name) return true;
  }
  return false;
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

Result<bool> read_pages(Client& client, const std::string& stream, std::string first, const std::string& last,
                        const std::function<bool(const std::vector<Entry>&)>& page) {
  return read_range(client, "XRANGE", stream, std::move(first), last, page);
}

Result<bool> read_pages_back(Client& client, const std::string& stream, std::string last, const std::string& first,
                             const std::function<bool(const std::vector<Entry>&)>& page) {
  return read_range(client, "XREVRANGE", stream, std::move(last), first, page);
}

Result<std::string> newest_id(Client& client, const std::string& stream) {
  const auto newest = client.ask(valkey::Command::of("XREVRANGE", stream, "+", "-", "COUNT", 1));
  if (!newest) return newest.failure();
  return (*newest)->size() > 0 ? std::string((*newest)->at(0).at(0).text()) : std::string("0-0");
}

}  // namespace orderd::tools
