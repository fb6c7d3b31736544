// One lane's life: connects to its server, becomes active, finds the position, then reads and settles until finish().
//
//   kIdle -> kConnecting -> kStandby -> kJoining -> kServing
//                 ^            ^           ^           |        something was refused, the lease is lost, the
//                 |            |           |           v        position had moved
//                 |            +-------- kBlocked <- kDraining
//                 |                      kPaused <- kJoining, while an operator has paused the lane; then kServing
//                 +--- from anywhere: the link is down
//
//   finish(), from anywhere: kFinishing -> kEnded
//
// If several daemons share lanes, a lane that another one should serve is handed over: kServing -> kDraining ->
// kStandby.
//
// Recovery is always the same: wait until nothing is in flight, read the position, continue after it. Nothing is kept
// to be sent again.
#pragma once

#include <spdlog/logger.h>

#include <string>

#include "lane/ask.h"
#include "lane/lease.h"
#include "lane/options.h"
#include "lane/pipeline.h"
#include "lane/reader.h"
#include "lane/server_clock.h"
#include "lane/status.h"
#include "lane/troubles.h"
#include "lane/upkeep.h"
#include "order/decode.h"
#include "valkey/backoff.h"
#include "valkey/link.h"
#include "valkey/topology.h"

namespace orderd::lane {

class Lane : private valkey::Link::Listener,
             private Pipeline::Listener,
             private Reader::Listener,
             private Lease::Listener,
             private Upkeep::Listener {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // After finish(): nothing is in flight. Must not destroy the lane.
    virtual void on_finished() = 0;
    // The lane cannot start without an operator; `what` says why. True: the lane ends, without on_finished(). False: it
    // retries and logs that, as it always does once it has served. Must not destroy the lane.
    virtual bool on_cannot_start(const Lane& lane, const std::string& what) = 0;
  };

  // `options`, `topology` and `connections` outlive the lane. Settings that apply live may change in `options` at any
  // time.
  Lane(Loop& loop, const Options& options, valkey::Topology& topology, valkey::SharedConnections& connections,
       uint32_t seed, Lane::Listener& listener);
  ~Lane() override;
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  void start();
  // Stops reading, waits for what is in flight, releases the lease, then calls on_finished().
  void finish();

  [[nodiscard]] Status status() const;
  // on_cannot_start() was called, and the lane has not served since.
  [[nodiscard]] bool cannot_start() const { return cannot_start_ && !ever_served_; }
  // Empty: the only lane, without a name.
  [[nodiscard]] const std::string& name() const { return options_.lane_name; }

 private:
  void change_phase(Phase phase);
  void drain(const valkey::Error& why);
  void drained(const valkey::Error& why);
  void resume();
  void join();
  void on_loaded(const valkey::Reply& reply);
  void on_joined(const valkey::Reply& reply);
  void report_lost_tail(std::string_view position, int64_t count);
  void log_joined(const valkey::Reply& reply);
  void read_on();
  void refused(const valkey::Error& error);
  void block(const valkey::Error& error);
  void warn_of_moving_slot(std::string_view error);
  void pause(std::string_view since_and_why);
  void hand_over();
  void give_back();
  void end();
  [[nodiscard]] bool gives_up(const std::string& what);

  void on_up() override;
  void on_down(const valkey::Error& error) override;
  void on_settled() override;
  void on_reply_refused(std::string_view why) override;
  void on_broken(const Pipeline::Break& why) override;
  void on_entry(std::string_view id, const order::Fields& fields) override;
  void on_read(std::size_t count) override;
  void on_discarded() override { read_on(); }
  void on_read_refused(const valkey::Error& error) override;
  void on_lease() override;
  void on_lease_refused(const valkey::Error& error) override;
  void on_overslept(Milliseconds span) override;
  [[nodiscard]] bool is_idle() const override;
  [[nodiscard]] std::string_view settled_up_to() const override { return pipeline_.position(); }
  void on_stream_changed() override;
  void on_upkeep(const char* task, const valkey::Error& error) override;
  void on_group_behind(const char* task, std::string_view group, std::string_view id) override;

  Loop& loop_;
  const Options& options_;
  Lane::Listener& listener_;
  spdlog::logger log_;  // its lines carry the lane's name
  Counters counters_;
  ServerClock clock_;
  valkey::Link link_;
  Pipeline pipeline_;
  Reader reader_;
  Lease lease_;
  Upkeep upkeep_;
  order::Decoder decoder_;
  valkey::Backoff backoff_;
  Timer wait_;  // in kBlocked and kPaused
  Ask join_;
  Ask load_;
  Troubles troubles_;
  Phase phase_ = Phase::kIdle;
  uint64_t phase_since_ms_ = 0;
  uint64_t progress_ms_ = 0;  // see Status::stalled_ms
  bool ever_up_ = false;
  bool ever_served_ = false;
  bool may_be_new_ = true;  // nothing shows that the stream was served before
  bool cannot_start_ = false;
  bool was_serving_ = false;      // until it is known where another daemon continued
  bool link_lost_ = false;        // since it served
  bool ready_ = false;            // "ready" was logged
  bool nothing_new_ = false;      // the last read returned nothing
  std::size_t scripts_left_ = 0;  // to load before the next join
  int64_t joined_count_ = 0;      // requests settled in this stream when the chain began
  int moves_ = 0;                 // in a row: the position was not where this daemon left it
  uint64_t moving_since_ms_ = 0;  // since when the slot is being moved to another node; 0: it is not
  std::string standing_by_for_;
  order::Request request_;  // kept for their memory
  std::string detail_;
};

}  // namespace orderd::lane
