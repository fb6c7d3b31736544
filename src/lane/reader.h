// The reading half of a lane: asks for the entries after an ID with XREAD, one call at a time, on the link's reading
// channel, since a call that blocks holds its connection.
#pragma once

#include <string>
#include <string_view>

#include "lane/options.h"
#include "order/request.h"
#include "valkey/link.h"

namespace orderd::lane {

// How long one read waits at the server; 0.1 s longer where the server has nothing else to do, as it looks at its clock
// 10 times a second. So a read never has to be ended early. An idle daemon asks 3 to 4 times a second, which costs the
// server 10 to 20 us each time (measured).
inline constexpr Milliseconds kReadBlock{250};
// Entries asked for at once, at most: four usual calls of 64. A reply has to bring what the server settles until the
// next one comes, or it idles for a fifth of the time (measured with 128).
inline constexpr std::size_t kReadEntries = 256;

class Reader {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // One entry. Views live until the return.
    virtual void on_entry(std::string_view id, const order::Fields& fields) = 0;
    // The read has ended, its entries were handed over. 0: there were none.
    virtual void on_read(std::size_t count) = 0;
    // The read has ended, and what it brought was of no use any more: see seek().
    virtual void on_discarded() = 0;
    // The server refused the read; nothing was read. Also called where its answer makes no sense.
    virtual void on_read_refused(const valkey::Error& error) = 0;
  };

  Reader(const Options& options, valkey::Link& link, Listener& listener);
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // Where to read on: the first entry after `id`. What a read under way brings is discarded.
  void seek(std::string_view id);
  // Asks for at most `room` entries; waits kReadBlock for the first. Only while no read is under way.
  void read(std::size_t room);
  // The link is down.
  void reset();

  [[nodiscard]] bool reading() const { return reading_; }
  // The last entry that was handed over, or where seek() went.
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
  std::size_t asked_ = 0;  // entries, by the read under way
  std::string last_ = "0-0";
  std::size_t entry_bytes_ = order::kMaxEntryBytes;  // the largest entry seen lately; at first, of the worst good ones
  std::size_t entries_max_ = kReadEntries;           // halved by each read that was lost, doubled by each that was not
};

}  // namespace orderd::lane
