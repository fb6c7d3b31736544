// Creates the group of a lane where it is missing: at its first start, and after somebody has destroyed it or deleted
// the stream. One that was set back is destroyed first, and is missing then. Nothing that has a result is delivered
// again, and nothing that has none is passed over:
//
//   1. read the position: up to where everything is settled, and from where on the results of the rest stand;
//   2. ask for the stream's last id: one that ends before the position was deleted and begun anew, and the position
//   says
//      nothing about it;
//   3. read the results from the position on, up to the newest: which requests have one. While the group is missing
//   none
//      can be added, and if another daemon was faster the script of step 5 notices;
//   4. read the requests from the position on, up to the last settled one: those without a result are the holes;
//   5. create the group behind the last settled one, the holes pending at this consumer (lua/restore.lua, one step);
//   6. tell what became of each entry that this lane was holding.
//
// A request and its result are matched by the entry's id and the order's id: streams that share a results stream may
// have entries of the same id.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lane/entry_id.h"
#include "lane/options.h"
#include "lane/settler.h"
#include "valkey/session.h"

namespace orderd::lane {

// What this consumer was given again after somebody had set the group back: these entries and those between them are
// pending at it, and what is settled among them must not be settled again.
struct SetBack {
  std::string first;
  std::string last;
  EntryId settled;  // at least one request up to it was settled before it was given again
};

class Restore {
 public:
  struct Outcome {
    bool created = false;     // false: another daemon was faster
    bool destroyed = false;   // the group had been set back, and was destroyed before
    bool begun_anew = false;  // the stream ends before what was settled: it was deleted, and counts from lower ids
    bool served_before = false;
    std::string position;   // where the group starts now
    std::size_t holes = 0;  // entries before it that are pending again
  };
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void on_restored(const Outcome& outcome) = 0;
    // Refused by the server; start() again later. Not called where the connection is lost.
    virtual void on_restore_refused(const valkey::Error& error) = 0;
  };

  // The order's id in the fields of a request, as the results stream has it.
  using OrderOf = std::function<std::string_view(const order::Fields& fields)>;

  Restore(const Options& options, valkey::Session& session, Settler& settler, OrderOf order_of, Listener& listener);
  Restore(const Restore&) = delete;
  Restore& operator=(const Restore&) = delete;

  // Starts; a run that was cut off by a lost connection is forgotten. With a set-back the group is destroyed first,
  // unless the stream was begun anew or the group, too: then what was given again is not pending any more.
  void start(const std::optional<SetBack>& set_back);
  [[nodiscard]] bool running() const { return phase_ != Phase::kIdle; }
  void on_down() { phase_ = Phase::kIdle; }

 private:
  enum class Phase {
    kIdle,
    kStream,        // with a set-back only: was the stream begun anew?
    kStillPending,  // is what was given again pending still?
    kDestroy,
    kPosition,  // from here on as listed above
    kNewestRequest,
    kNewestResult,
    kResults,
    kRequests,
    kCreate,
    kParked
  };
  struct Step : valkey::Call {
    Restore* owner = nullptr;
  };

  void advance(Phase phase);
  void on_step(const valkey::Reply& reply);
  void on_stream(const valkey::Reply& reply);
  void on_results(const valkey::Reply& reply);
  void on_requests(const valkey::Reply& reply);
  void on_created(const valkey::Reply& reply);
  void next_parked();
  void on_parked(const valkey::Reply& reply);
  [[nodiscard]] bool settled(const Slot& slot) const;

  // A request that has a result.
  static constexpr std::size_t kAnyOrder = 0;
  struct Settled {
    EntryId request;
    std::size_t order = 0;  // hash of the order's id, or kAnyOrder
    auto operator<=>(const Settled&) const = default;
  };
  [[nodiscard]] bool has_result(EntryId request, std::string_view order) const;

  const Options& options_;
  valkey::Session& session_;
  Settler& settler_;
  OrderOf order_of_;
  Listener& listener_;
  Step step_;
  Phase phase_ = Phase::kIdle;
  Outcome outcome_;
  std::optional<SetBack> set_back_;
  EntryId position_;              // everything up to it is settled
  bool begun_anew_ = false;       // the stream ends before the position: it is another one
  std::string cursor_;            // the last id that was read, of results or requests; empty: none
  std::string newest_;            // the newest entry of the results stream; "0-0": none
  std::vector<Settled> settled_;  // requests beyond the position that have a result; sorted before phase kRequests
  EntryId start_;                 // the last request that has a result
  std::vector<EntryId> holes_;    // requests before it that have none
  std::vector<EntryId> later_;    // requests behind it, as far as they were read
  order::Fields fields_;
  std::vector<Slot*> parked_;
};

}  // namespace orderd::lane
