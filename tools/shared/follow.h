// Following streams as they grow, across restarts and failovers of their servers.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/stream_id.h"
#include "settings/settings.h"
#include "shared/entry.h"

namespace orderd::tools {

// A reader's place in a stream, and the entries that it read last: a server may lose them, such as in a failover.
class Cursor {
 public:
  // What follows comes after `start`, which may be any ID.
  explicit Cursor(StreamId start = {}) : start_(start), after_(start) {}

  // The reader has this entry.
  void read(StreamId id);
  // The next page comes after this.
  [[nodiscard]] StreamId after() const { return after_; }
  // Is after() an entry that was read?
  [[nodiscard]] bool at_entry() const { return !read_.empty(); }

  // The server has no entries from after() down to this one: forgets what was read there, and goes back to what is left
  // of it. Returns how many were forgotten.
  std::size_t lose_after(StreamId left);
  // What was read was trimmed since.
  void forget() { read_.clear(); }

 private:
  // What a server can lack after a failover: the entries of some seconds.
  static constexpr std::size_t kMaxRead = 100'000;

  StreamId start_;  // all entries from there up to the first of read_ are new
  StreamId after_;
  std::deque<StreamId> read_;  // in their order; the last one is after_
};

struct Followed {
  const settings::Settings& settings;  // of its lane; outlives the following
  std::string stream;
  std::string where;  // "lane 'a': ", before what is said about it; may be empty
  Cursor cursor;
};

// Takes a page of the stream with this index. Returns the exit status of the process if a signal comes now, or a
// failure, which ends the following.
using TakePage = std::function<Result<int>(std::size_t index, const std::vector<Entry>& page)>;

// Reads what comes after the cursors until SIGINT or SIGTERM: then the process exits, with `status` or what the last
// page returned, at once unless a page is being taken. A second signal ends the process in any case. Entries of a
// stream come in their order, those of several streams as they arrive: a page of each in turn. A stream whose server is
// unavailable does not delay the others, except during a connection attempt. If entries that were read are no longer in
// the stream, says so, and continues after those that still are; it also says how many were trimmed before they were
// read. Returns only after a failure that a new connection does not fix.
[[nodiscard]] Failure follow(std::vector<Followed> streams, int status, const TakePage& take);

}  // namespace orderd::tools
