// The reading half of a lane: asks for entries with XREADGROUP, one call at a time, on a connection of its own, since a
// call that blocks holds its connection.
#pragma once

#include <string>
#include <string_view>

#include "lane/options.h"
#include "loop/loop.h"
#include "order/request.h"
#include "valkey/session.h"

namespace orderd::lane {

// How long one read waits at the server; 0.1 s longer where the server has nothing else to do, as it looks at its clock
// 10 times a second. What has to wait for the end of a read waits this long: an end of the daemon, a recovery. So it is
// short, and nothing ever has to end a read early. An idle daemon asks 3 to 4 times a second, which costs the server
// 10 to 20 us each time (measured). The reply timeout of the reading connection has to be longer than this.
inline constexpr Milliseconds kReadBlock{250};
// At most so many entries are asked for at once: short replies keep hiredis' cost per entry low (measured: 512 cost 2
// to 4 times as much for each as 64), and the way of an order short.
inline constexpr std::size_t kReadEntries = 128;

class Intake {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // A read has brought entries, from `first` to `last`. False: none of them is handed over; they stay pending.
    [[nodiscard]] virtual bool on_batch(std::string_view first, std::string_view last, bool own) = 0;
    // One entry. `deleted`: it is pending but not in the stream any more, and `fields` is empty. Views live until the
    // return.
    virtual void on_entry(std::string_view id, const order::Fields& fields, bool deleted) = 0;
    // The read has ended, its entries were handed over. `count` 0: there were none, or on_batch() has said no.
    virtual void on_read(std::size_t count) = 0;
    // The server refused the read; nothing was read.
    virtual void on_read_refused(const valkey::Error& error) = 0;
  };

  Intake(const Options& options, valkey::Session& session, Listener& listener);
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  // Asks for at most `room` new entries; waits kReadBlock for the first. Only while no read is under way.
  void read_new(std::size_t room);
  // Asks for the consumer's own pending entries after `after` ("0-0": from the first), at once.
  void read_own(std::string_view after, std::size_t room);

  // A read is under way: its reply, or the end of the connection, will come.
  [[nodiscard]] bool reading() const { return reading_; }
  // Id of the last entry that was read; empty before the first.
  [[nodiscard]] const std::string& last() const { return last_; }

 private:
  struct ReadCall : valkey::Call {
    Intake* owner = nullptr;
  };

  void read(std::size_t room, bool block, std::string_view from);
  void on_reply(const valkey::Reply& reply);
  std::size_t hand_over(const valkey::Reply& entries);

  const Options& options_;
  valkey::Session& session_;
  Listener& listener_;
  ReadCall call_;
  valkey::Command command_;
  order::Fields fields_;  // kept between entries for its memory
  bool reading_ = false;
  bool own_ = false;  // what is read is pending already
  std::string last_;
  std::size_t entry_bytes_ = order::kMaxEntryBytes;  // the largest entry seen lately; at first, of the worst good ones
};

}  // namespace orderd::lane
