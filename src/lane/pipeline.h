// The chain of calls that settles requests: each call's `previous` is the last request of the call before it. If one is
// refused, all calls after it find another position and do nothing: no later request can overtake.
//
// With nothing in flight, a request is sent immediately. While calls are in flight, arriving requests form the next
// call. Nothing is kept to be sent again: after a refusal the chain is empty, and the lane continues at the position.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lane/batch.h"
#include "lane/options.h"
#include "lane/server_clock.h"
#include "lane/status.h"
#include "valkey/link.h"

namespace orderd::lane {

// Calls in flight: one at the server, one in each direction of the network, one in the kernel. More only add latency.
inline constexpr std::size_t kCallsInFlight = 4;

class Pipeline {
 public:
  // Why the chain ended.
  struct Break {
    valkey::Error error;       // kNone: nothing was refused
    bool moved = false;        // the position was changed by another process
    std::size_t requests = 0;  // in the call that was refused
  };
  class Listener {
   public:
    virtual ~Listener() = default;
    // Requests were settled: more can be added, and the position has moved.
    virtual void on_settled() = 0;
    // A requested reply could not be pushed; the request is settled. `why`: the first error.
    virtual void on_reply_refused(std::string_view why) = 0;
    // The chain is broken and nothing is in flight; unsettled requests are dropped. begin() starts another chain.
    virtual void on_broken(const Break& why) = 0;
  };

  Pipeline(Loop& loop, const Options& options, valkey::Link& link, const ServerClock& clock, Counters& counters,
           Listener& listener);
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // Starts a chain from the position. Only while idle().
  void begin(std::string_view position);
  // The next request of the stream; sent by flush() or when a call is full. Ignored while the chain is broken.
  void add(std::string_view id, const order::Request& request);
  void add_wrong_lane(std::string_view id, const order::Request& request, std::string_view detail);
  void add_malformed(std::string_view id, const order::Request& known, std::string_view detail,
                     const order::Fields& fields);
  // No more requests for now: sends what was added, as far as calls in flight allow.
  void flush();
  // Ends the chain as if a call had been refused for this reason: nothing more is sent, on_broken() follows when
  // nothing is in flight. May call back before it returns.
  void stop(const Break& why);
  // The link is down, and every call got its lost() reply. Drops everything without a callback.
  void reset();

  [[nodiscard]] bool flowing() const { return flowing_; }
  // Nothing is in flight, and nothing waits to be sent.
  [[nodiscard]] bool idle() const { return held_ == 0 && sent_.empty(); }
  [[nodiscard]] std::size_t requests() const { return held_; }
  // Requests that may still be added, by number and memory.
  [[nodiscard]] std::size_t room() const;
  // The last settled request of this chain, or its start.
  [[nodiscard]] const std::string& position() const { return position_; }
  // One of the next requests was refused: each gets its own call, to find which one.
  [[nodiscard]] bool careful() const { return one_by_one_ > 0; }
  // Requests settled in this chain.
  [[nodiscard]] uint64_t settled() const { return settled_; }
  // The time in the ID of the oldest unsettled request, also after the chain was broken; 0: none is known.
  [[nodiscard]] uint64_t oldest_ms() const;
  // Nothing waits in the stream.
  void forget_oldest() { left_ms_ = 0; }

 private:
  struct Call : valkey::Call {
    Call(Pipeline& its_owner, const Options& options) : owner(its_owner), batch(options) {}
    Pipeline& owner;
    Batch batch;
    // The times in the IDs of its requests, with counts: under load many share a millisecond, and parsing each ID would
    // be the largest cost of metrics.
    struct Times {
      uint64_t ms = 0;
      uint64_t requests = 0;
    };
    std::vector<Times> times;
    uint64_t sent_us = 0;
  };

  // Makes space for a request of this size; `put` adds it to the batch.
  template <class Put>
  void add(std::string_view id, std::size_t lines, std::size_t bytes, const Put& put);
  [[nodiscard]] Batch& batch_for(std::size_t lines, std::size_t bytes);
  [[nodiscard]] Call& open_call();
  void send_next();
  void on_reply(Call& call, const valkey::Reply& reply);
  [[nodiscard]] bool settle(const Call& call, std::string_view answer);
  static void note_time(Call& call, std::string_view id);
  void observe(const Call& call);
  void leave(const Call& call);
  [[nodiscard]] static bool refused_for_replies(const Call& call, const valkey::Error& error);
  void report_reply_refused(std::string_view why);
  void release(std::unique_ptr<Call> call);
  void drop_waiting();

  Loop& loop_;
  const Options& options_;
  valkey::Link& link_;
  const ServerClock& clock_;
  Counters& counters_;
  Listener& listener_;
  bool flowing_ = false;
  std::optional<Break> broken_;  // the first refusal, until on_broken()
  std::string position_;
  std::string chain_;                          // the last request that was sent: the next call's `previous`
  std::deque<std::unique_ptr<Call>> waiting_;  // the last one is still being filled
  std::deque<std::unique_ptr<Call>> sent_;
  std::vector<std::unique_ptr<Call>> free_;
  std::size_t held_ = 0;        // requests
  std::size_t held_bytes_ = 0;  // of their calls
  uint64_t settled_ = 0;
  uint64_t replies_again_ms_ = 0;
  uint64_t left_ms_ = 0;        // see oldest_ms(), after a chain was broken
  std::size_t one_by_one_ = 0;  // this many requests get a call each: one of them was refused
};

}  // namespace orderd::lane
