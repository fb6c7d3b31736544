// The reading half of a lane: asks for the entries after an ID with XREAD, one call at a time, on the link's reading
// channel, since a call that blocks holds its connection.
#pragma once

#include <string>
#include <string_view>

#include "lane/options.h"
#include "order/request.h"
#include "valkey/link.h"

namespace orderd::lane {

// How long one read blocks at the server; up to 0.1 s longer on an idle server, which checks its clock 10 times a
// second. So short that no read has to be interrupted. An idle daemon reads 3 to 4 times a second, 10 to 20 us each
// (measured).
inline constexpr Milliseconds kReadBlock{250};
// The largest COUNT: four usual calls of 64. A reply must contain what the server settles until the next one arrives.
// With 128 the server is idle for a fifth of the time (measured).
inline constexpr std::size_t kReadEntries = 256;

class Reader {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // One entry. Views live until the return.
    virtual void on_entry(std::string_view id, const order::Fields& fields) = 0;
    // The read has ended, after on_entry() for each of its entries. 0: there were none.
    virtual void on_read(std::size_t count) = 0;
    // The read has ended, and its entries were discarded: see seek().
    virtual void on_discarded() = 0;
    // The server refused the read, or its answer was invalid; nothing was read.
    virtual void on_read_refused(const valkey::Error& error) = 0;
  };

  Reader(const Options& options, valkey::Link& link, Listener& listener);
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // The next read starts after `id`. Entries of a read in flight are discarded.
  void seek(std::string_view id);
  // Reads at most `room` entries; blocks for kReadBlock. Only while no read is in flight.
  void read(std::size_t room);
  // The link is down.
  void reset();

  [[nodiscard]] bool reading() const { return reading_; }
  // The last entry passed to on_entry(), or the ID of seek().
  [[nodiscard]] const std::string& last() const { return last_; }

 private:
  struct ReadCall : valkey::Call {
    Reader* owner = nullptr;
  };

  void on_reply(const valkey::Reply& reply);
  std::size_t hand_over(const valkey::Reply& entries);

  const Options& options_;
  valkey::Link& link_;
  Listener& listener_;
  ReadCall call_;
  valkey::Command command_;
  order::Fields fields_;  // kept between entries for its memory
  bool reading_ = false;
  bool discard_ = false;
  std::size_t asked_ = 0;  // COUNT of the read in flight
  std::string last_ = "0-0";
  std::size_t entry_bytes_ = order::kMaxEntryBytes;  // the largest recent entry; initially the largest valid one
  std::size_t entries_max_ = kReadEntries;           // halved by each lost read, doubled by each other one
};

}  // namespace orderd::lane
