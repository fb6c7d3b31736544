// One lane's life: links to its server, becomes the active one, finds out where to go on, then reads and settles until
// it is told to stop.
//
//   kIdle -> kConnecting -> kStandby -> kJoining -> kServing
//                 ^            ^           ^           |        something was refused, the lease is gone, the
//                 |            |           |           v        position had moved
//                 |            +-------- kBlocked <- kDraining
//                 |                      kPaused <- kJoining, and back, while an operator has paused the lane
//                 +--- from anywhere: the link is down
//
//   finish(), from anywhere: kFinishing -> kEnded
//
// Where several daemons share lanes, one that is to be served by another is handed over: kServing -> kDraining ->
// kStandby.
//
// Recovery is the same from every trouble: wait until nothing is in flight, read the position, read on from there.
// Nothing is kept for a resend.
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
    // After finish(): nothing is in flight any more. The lane may not be destroyed in here.
    virtual void on_finished() = 0;
    // The lane cannot begin, and an operator has to act; `what` says how. True: it ends, without on_finished(). False:
    // it waits and tries again, and says so, as it does by itself once it has served. Not to be destroyed in here.
    virtual bool on_hopeless(const Lane& lane, const std::string& what) = 0;
  };

  // `options`, `topology` and `connections` outlive the lane. The live ones among the settings may be changed in
  // `options` at any time.
  Lane(Loop& loop, const Options& options, valkey::Topology& topology, valkey::SharedConnections& connections,
       uint32_t seed, Lane::Listener& listener);
  ~Lane() override;
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  void start();
  // Reads no more, waits for what is in flight, gives the lease back, then on_finished().
  void finish();

  [[nodiscard]] Status status() const;
  // It cannot begin, as on_hopeless() has heard, and has not begun since.
  [[nodiscard]] bool hopeless() const { return hopeless_ && !ever_served_; }
  // Of the lane; empty: it has none.
  [[nodiscard]] const std::string& name() const { return options_.lane_name; }

 private:
  void change_phase(Phase phase);
  void drain(const valkey::Error& why);
  void drained(const valkey::Error& why);
  void resume();
  void join();
  void on_loaded(const valkey::Reply& reply);
  void on_joined(const valkey::Reply& reply);
  void tell_lost_tail(std::string_view position, int64_t count);
  void tell_joined(const valkey::Reply& reply);
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
  void on_odd() override;
  void on_upkeep(const char* task, const valkey::Error& error) override;
  void on_kept(const char* task, std::string_view group, std::string_view id) override;

  Loop& loop_;
  const Options& options_;
  Lane::Listener& listener_;
  spdlog::logger log_;  // named as the lane is: its lines tell which lane they are of
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
  bool hopeless_ = false;
  bool was_serving_ = false;      // and has not heard yet from where another daemon goes on
  bool ready_ = false;            // it was said that this daemon is ready
  bool nothing_new_ = false;      // the last read brought nothing
  std::size_t scripts_left_ = 0;  // to be loaded again before the next join
  int64_t joined_count_ = 0;      // requests settled in this stream when the chain began
  int moves_ = 0;                 // times in a row that the position was found moved
  uint64_t moving_since_ms_ = 0;  // the slot is being moved to another node; 0: it is not
  std::string standing_by_for_;
  order::Request request_;  // kept for their memory
  std::string detail_;
};

}  // namespace orderd::lane
