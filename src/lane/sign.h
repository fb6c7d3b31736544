// The consumer group that shows the position to monitoring: XINFO GROUPS, exporters and autoscalers see how many
// requests wait. Nothing is read through it, and nothing that is done to it matters to an order.
//
// What it shows is also a cheap look at the stream: where the group vanished, or does not agree with what was settled,
// the stream was deleted, recreated, or lost entries; on_odd() then. XINFO STREAM would say more, but copies the first
// and the last entry at each call, however large.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "lane/ask.h"
#include "lane/options.h"
#include "loop/loop.h"
#include "valkey/link.h"

namespace orderd::lane {

class Sign {
 public:
  // What the lane knows when the sign is moved.
  struct Facts {
    std::string position;
    int64_t entries_read = -1;  // entries-added of the stream at the position; -1: not known
    uint64_t read = 0;          // entries read by this lane; unchanged since the last look: nothing came
    bool idle = false;          // all that was read is settled
  };
  class Listener {
   public:
    virtual ~Listener() = default;
    [[nodiscard]] virtual Facts sign_facts() const = 0;
    // The stream is not what it was: worth a look (lua/join.lua).
    virtual void on_odd() = 0;
    // kNone: the group was moved.
    virtual void on_sign(const valkey::Error& error) = 0;
  };

  Sign(Loop& loop, const Options& options, valkey::Link& link, Listener& listener);
  Sign(const Sign&) = delete;
  Sign& operator=(const Sign&) = delete;

  // While the lane serves; shows the position at once.
  void start();
  void stop();

 private:
  void tick();
  void create();
  void look();
  void on_moved(const valkey::Reply& reply);
  void on_created(const valkey::Reply& reply);
  void on_looked(const valkey::Reply& reply);
  void observe(const std::string& seen, bool odd);

  const Options& options_;
  valkey::Link& link_;
  Listener& listener_;
  Timer timer_;
  Ask move_;
  Ask create_;
  Ask look_;
  bool running_ = false;
  bool there_ = false;  // the group was there at the last look
  Facts shown_;
  uint64_t read_before_ = 0;
  std::string odd_;       // what was seen at the last look, if it was odd
  std::string answered_;  // what on_odd() was called for: not again for the same
};

}  // namespace orderd::lane
