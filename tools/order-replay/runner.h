// A run: takes requests from a source when they are due, gives them to the producers in turn, and collects the results.
// order-replay run and orderctl submit both do this.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "order-replay/pace.h"
#include "order-replay/precise_timer.h"
#include "order-replay/progress.h"
#include "order-replay/run_summary.h"
#include "order-replay/source.h"
#include "order/decode.h"
#include "settings/topology.h"
#include "shared/entry.h"
#include "shared/program.h"

namespace orderd::replay {

struct RunOptions {
  Pace::Kind pace = Pace::Kind::kSpeed;
  uint64_t pace_amount = kMillion;
  uint64_t producers = 1;
  uint64_t window = 1024;  // requests in flight per producer
  bool retry = true;
  bool wait = false;
  std::chrono::milliseconds timeout{30'000};  // without any result
  // The run ends after so long without a connection that works, and where a server that stays cannot take requests
  // now. Nothing: it goes on until it can.
  std::optional<std::chrono::milliseconds> give_up;
  bool quiet = false;
};

// Callbacks of a run; each may be empty.
struct RunHooks {
  // A result was read, whoever pushed its request, in the order of the lane's results stream.
  std::function<void(std::size_t lane, const tools::Entry& result)> seen;
  // The lane's server has lost all results after this one, of which some were seen.
  std::function<void(std::size_t lane, StreamId result)> lost_after;
  // A result of one of our requests was read, nearly always in the order of the results stream: one that is read before
  // the reply to its own XADD is reported after that. A request whose result the server loses may get another one.
  std::function<void(const tools::Entry& result)> result;
  // The same, once for each request and in the order of the lane's results stream: at the end of the run, or when so
  // many more were read that a loss is not noticed any more.
  std::function<void(const tools::Entry& result)> kept;
  // What a server of the lane answered, as a sentence for a person. Empty: as it is.
  std::function<std::string(std::size_t lane, const std::string& answer)> explain;
  // Ten times a second.
  std::function<void(uint64_t now_ns, const RunSummary& summary)> sample;
};

class Runner {
 public:
  // `results_after`: of each of the context's lanes, the results of this run come after this entry. The source and the
  // context must outlive it.
  Runner(const tools::Context& context, const RunOptions& options, Source& source,
         const std::vector<std::string>& results_after, RunHooks hooks);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // Until everything is pushed and, if waited for, answered; or until a signal. A failure says what stopped it;
  // summary() is valid then, too.
  [[nodiscard]] Result<bool> run();
  [[nodiscard]] const RunSummary& summary() const { return summary_; }
  // The ID of the last result that was read in each lane.
  [[nodiscard]] std::vector<std::string> last_results() const;

  // A line on standard error, without disturbing the progress there.
  void say(const std::string& what);

 private:
  class Lane;
  void pump();
  [[nodiscard]] bool begin();
  [[nodiscard]] Lane& lane_of(const Recorded& line);
  void settle_down();
  void stop(const std::string& why);  // waits for what is in flight
  void end(const std::string& why);   // does not
  void finish();
  void signaled();
  void tick();
  void look_at_patience();
  [[nodiscard]] std::size_t open_requests() const;
  [[nodiscard]] std::size_t waiting() const;
  [[nodiscard]] std::string missing_text(const std::string& why) const;

  const tools::Context& context_;
  const RunOptions options_;
  Source& source_;
  const RunHooks hooks_;
  Progress progress_;
  RunSummary summary_;
  Pace pace_;
  order::Decoder decoder_;
  order::Request request_;  // lane_of()'s, kept for its memory
  std::string detail_;
  std::string failure_;
  const Lane* next_ = nullptr;  // which takes the next line; null: none has come
  bool started_ = false;
  bool ended_ = false;     // the source has no more lines
  bool stopping_ = false;  // no more requests are taken
  bool finished_ = false;
  bool pumping_ = false;
  uint64_t first_failed_line_ = UINT64_MAX;
  uint64_t patience_ns_ = 0;  // since when results are missed: the last one, or the first request without one
  uint64_t reported_ns_ = 0;  // the patience_ns_ at whose end missing results were reported
  uint64_t next_tick_ns_ = 0;
  uint64_t signaled_ns_ = 0;  // 0: not yet

  Loop loop_;
  settings::Topologies topologies_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  PreciseTimer due_;
  Timer input_;  // while standard input has nothing to read
  std::chrono::milliseconds input_poll_{};
  Timer ticker_;
  Timer drain_;
  std::vector<std::unique_ptr<Signal>> signals_;
};

}  // namespace orderd::replay
