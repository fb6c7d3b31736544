// Entries of a stream and their IDs.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/stream_id.h"
#include "shared/client.h"
#include "valkey/reply.h"

namespace orderd::tools {

struct StreamIdHash {
  std::size_t operator()(const StreamId& id) const { return id.ms * 0x9E3779B97F4A7C15U ^ id.sequence; }
};
// The ID just before; 0-0 stays.
[[nodiscard]] StreamId id_before(StreamId id);
// When an entry was added, by its ID, as UTC; empty if that is not plausible.
[[nodiscard]] std::string time_of_id(std::string_view id);

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

inline constexpr std::size_t kPageEntries = 1000;
// Which entries of a stream; all, if nothing is said.
struct Range {
  std::string first = "-";
  std::string last = "+";
  bool back = false;  // from the last one to the first
};
// Reads them page by page.
class EntryPages {
 public:
  EntryPages(Client& client, std::string stream, Range range);

  // The next page, views into reply(): of at most `most` entries, fewer if they are large, and empty if there are none
  // any more.
  [[nodiscard]] Result<std::vector<Entry>> next(std::size_t most = kPageEntries);
  // What the last page's entries are views of; until the next page, unless it is moved elsewhere.
  [[nodiscard]] valkey::OwnedReply& reply() { return reply_; }

 private:
  Client& client_;
  const std::string stream_;
  Range range_;          // of what is left
  std::size_t fitting_;  // entries in the next page, by the size of those before
  valkey::OwnedReply reply_{nullptr};
  bool ended_ = false;
};

// Calls `page` with all entries from `first` to `last` ("-" and "+": all), a page at a time, until it returns false.
[[nodiscard]] Result<bool> read_pages(Client& client, const std::string& stream, std::string first, std::string last,
                                      const std::function<bool(const std::vector<Entry>&)>& page);
// The ID of the newest entry; "0-0" if there is none.
[[nodiscard]] Result<std::string> newest_id(Client& client, const std::string& stream);

}  // namespace orderd::tools
