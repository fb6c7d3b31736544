// One lane's life: joins its group, settles what it left pending, then serves new entries until it is told to finish.
//
//                        +----------------------------------+
//                        v                                  |
//   kIdle --> kConnecting --> kRecovering --> kServing -----+  a connection was lost
//                  ^              |    ^         |
//                  |              v    |         |
//                  +---------- kRestoring <------+             the group is missing, or was set back
//
// finish() is an aim, not a phase: whatever the phase, no more is read, and once the table is empty the lane is kEnded.
// Recovery means reading the own pending entries from the first on. It begins only when no entry is in the table, so
// that none is settled twice at once. A read that waits at the server is left to run out (kReadBlock); nothing wakes
// it.
#pragma once

#include <optional>
#include <string>

#include "lane/intake.h"
#include "lane/options.h"
#include "lane/restore.h"
#include "lane/settler.h"
#include "lane/upkeep.h"
#include "order/decode.h"
#include "valkey/topology.h"

namespace orderd::lane {

class Lane : private valkey::Session::Listener,
             private Settler::Listener,
             private Intake::Listener,
             private Restore::Listener,
             private Upkeep::Listener {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // After finish(): nothing is in flight any more. The lane may not be destroyed in here.
    virtual void on_finished() = 0;
    // The lane cannot go on, and an operator has to act; `what` says how. It takes no further part. Not to be destroyed
    // in here.
    virtual void on_fatal(const std::string& what) = 0;
  };

  // `options` and `topology` outlive the lane. The live ones among the settings may be changed in `options` at any
  // time.
  Lane(Loop& loop, const Options& options, valkey::Topology& topology, uint32_t seed, Lane::Listener& listener);
  ~Lane() override;
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  void start();
  // Reads no more, settles what is in flight, then on_finished().
  void finish();

  [[nodiscard]] const Counters& counters() const { return counters_; }
  // Entries read and not settled yet.
  [[nodiscard]] std::size_t in_flight() const { return settler_.occupied(); }

 private:
  enum class Phase { kIdle, kConnecting, kRecovering, kRestoring, kServing, kEnded };

  void advance();
  void recover();
  void serve();
  void begin_recovery();
  void begin_restore();
  void begin_set_back();
  [[nodiscard]] EntryId settled() const;
  [[nodiscard]] bool doubtful();
  [[nodiscard]] bool finished() const;
  void end();
  void fatal(const std::string& what);
  void refused(const std::string& what, const valkey::Error& error);
  void trouble(const std::string& what);

  void on_up(valkey::Session& session) override;
  void on_down(valkey::Session& session, const valkey::Error& error) override;
  void on_room() override;
  void on_parked() override;
  void on_hold(const valkey::Error& error) override;
  void on_wrong_server(const valkey::Error& error) override;
  [[nodiscard]] bool on_batch(std::string_view first, std::string_view last, bool own) override;
  void on_entry(std::string_view id, const order::Fields& fields, bool deleted) override;
  void on_read(std::size_t count) override;
  void on_read_refused(const valkey::Error& error) override;
  void on_restored(const Restore::Outcome& outcome) override;
  void on_restore_refused(const valkey::Error& error) override;
  void on_claimed() override;
  void on_position_known() override;
  void on_upkeep_group_missing() override;
  void on_upkeep_refused(const char* chore, const valkey::Error& error) override;

  const Options& options_;
  Lane::Listener& listener_;
  Counters counters_;
  valkey::Session reading_;
  valkey::Session settling_;
  Settler settler_;
  Intake intake_;
  Restore restore_;
  Upkeep upkeep_;
  order::Decoder decoder_;
  valkey::Backoff backoff_;
  Timer wait_;  // after a refused read or restore
  Phase phase_ = Phase::kIdle;
  bool finishing_ = false;
  bool recovery_due_ = false;  // own pending entries have to be read, as soon as the table is empty
  bool ever_served_ = false;
  bool just_restored_ =
      false;  // nothing was read since: should the group be missing again, restoring alone does not help
  bool reading_own_ = false;  // the read under way asks for own pending entries
  std::string own_cursor_;
  EntryId newest_read_;           // the last entry that was read as a new one from this group
  std::optional<SetBack> doubt_;  // entries left pending because they may have been settled before
  bool set_back_ = false;         // they were: the restore under way, or to come, mends that
  std::string trouble_;           // logged already; empty: all is well
  std::string upkeep_trouble_;    // the same of a chore
  order::Request request_;        // kept for their memory
  std::string detail_;
  std::string scratch_;
};

}  // namespace orderd::lane
