// Entries of a stream and their IDs.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "shared/client.h"
#include "valkey/reply.h"

namespace orderd::tools {

struct StreamId {
  uint64_t ms = 0;
  uint64_t sequence = 0;
  auto operator<=>(const StreamId&) const = default;  // NOLINT(modernize-use-nullptr): not in what is written here
  [[nodiscard]] std::string text() const { return std::to_string(ms) + "-" + std::to_string(sequence); }
};
struct StreamIdHash {
  std::size_t operator()(const StreamId& id) const { return id.ms * 0x9E3779B97F4A7C15U ^ id.sequence; }
};
// The ID just before; 0-0 stays.
[[nodiscard]] StreamId id_before(StreamId id);
// "1732386423123-0", or "1732386423123" for the first ID of that millisecond.
[[nodiscard]] std::optional<StreamId> parse_id(std::string_view text);
// No entry can come after it: the server refuses a range that begins there.
[[nodiscard]] bool is_largest_id(std::string_view text);

// Views into the reply.
struct Entry {
  std::string_view id;
  std::vector<std::pair<std::string_view, std::string_view>> fields;
  // The value of the first field of that name; empty if there is none.
  [[nodiscard]] std::string_view field(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const;
};

// The entries in a reply of XRANGE's shape.
[[nodiscard]] std::vector<Entry> entries_of(valkey::Reply reply);
// The value of `name` in a reply of alternating names and values; lost() if there is none.
[[nodiscard]] valkey::Reply value_of(valkey::Reply reply, std::string_view name);

// Calls `page` with all entries from `first` to `last` ("-" and "+": all), a page at a time, until it returns false.
[[nodiscard]] Result<bool> read_pages(Client& client, const std::string& stream, std::string first,
                                      const std::string& last,
                                      const std::function<bool(const std::vector<Entry>&)>& page);
// The same from `last` back to `first`, each page's entries in that order.
[[nodiscard]] Result<bool> read_pages_back(Client& client, const std::string& stream, std::string last,
                                           const std::string& first,
                                           const std::function<bool(const std::vector<Entry>&)>& page);
inline constexpr std::size_t kPageEntries = 1000;
// The ID of the newest entry; "0-0" if there is none.
[[nodiscard]] Result<std::string> newest_id(Client& client, const std::string& stream);

}  // namespace orderd::tools
