// What a lane does beside its orders, on the settling connection: writes down how far it is, takes over what dead
// consumers left, keeps its own waiting entries from being taken over, trims what is old.
#pragma once

#include <functional>
#include <string>

#include "lane/entry_id.h"
#include "lane/options.h"
#include "lane/settler.h"
#include "loop/loop.h"
#include "valkey/session.h"

namespace orderd::lane {

class Upkeep {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // This consumer has got entries of others: read the own pending ones.
    virtual void on_claimed() = 0;
    // For the first time since on_up(): knows_position() is true.
    virtual void on_position_known() = 0;
    virtual void on_upkeep_group_missing() = 0;
    // A chore was refused for a reason that the orders themselves do not meet; it is tried again at its next turn.
    virtual void on_upkeep_refused(const char* chore, const valkey::Error& error) = 0;
  };

  Upkeep(Loop& loop, const Options& options, valkey::Session& session, Settler& settler, Counters& counters,
         Listener& listener);
  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;

  // Runs while the lane serves; from the first tick on.
  void start();
  void stop();
  // The session's state has changed. Asks for the position.
  void on_up();

  // Has the server said what the position is, since it was reached?
  [[nodiscard]] bool knows_position() const { return knows_position_; }
  // Every request up to it has its result: as the position says, asked for once a second at least.
  [[nodiscard]] EntryId settled() const { return settled_; }
  // What the position says now is of a stream that is gone: 0-0 until it says something else.
  void disregard_position();

 private:
  // One kind of work, at most one call of it under way.
  struct Chore : valkey::Call {
    Upkeep* owner = nullptr;
    const char* name = "";
    void (Upkeep::*on_good)(const valkey::Reply& reply) = nullptr;
    bool busy = false;
    uint64_t due_ms = 0;
  };

  void prepare(Chore& chore, const char* name, void (Upkeep::*on_good)(const valkey::Reply&));
  void tick();
  [[nodiscard]] Milliseconds tick_length() const;
  [[nodiscard]] bool due(Chore& chore, Milliseconds every);
  void send(Chore& chore, const valkey::Command& command);
  void on_reply(Chore& chore, const valkey::Reply& reply);

  void write_position();
  void look();
  void claim(std::string_view from);
  void refresh();
  void trim_orders();
  void trim_results();

  void on_position(const valkey::Reply& reply);
  void on_looked(const valkey::Reply& reply);
  void set_settled(std::string_view text);
  void on_claim(const valkey::Reply& reply);
  void on_refreshed(const valkey::Reply& reply);
  void on_trimmed_orders(const valkey::Reply& reply);
  void on_trimmed_results(const valkey::Reply& reply);

  Loop& loop_;
  const Options& options_;
  valkey::Session& session_;
  Settler& settler_;
  Counters& counters_;
  Listener& listener_;
  Timer timer_;
  Chore position_;
  Chore look_;
  Chore claim_;
  Chore refresh_;
  Chore trim_orders_;
  Chore trim_results_;
  bool knows_position_ = false;
  EntryId settled_;
  EntryId disregarded_;
  uint64_t position_settled_ = 0;  // results written when the position was last asked for
  int position_more_ = 0;          // calls still to be made after the last result: a position is two calls behind
};

}  // namespace orderd::lane
