// The maintenance tasks of an active lane: moves the monitoring group to the position and counts waiting requests
// (lua/sign.lua), and removes old entries in bounded steps (lua/trim.lua).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lane/ask.h"
#include "lane/options.h"
#include "lane/status.h"
#include "loop/loop.h"
#include "valkey/link.h"

namespace orderd::lane {

class Upkeep {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // Everything read is settled, and the last read returned nothing.
    [[nodiscard]] virtual bool is_idle() const = 0;
    // The last request that is known to be settled; empty: not known.
    [[nodiscard]] virtual std::string_view settled_up_to() const = 0;
    // The stream was replaced, paused or changed: join again (lua/join.lua).
    virtual void on_stream_changed() = 0;
    // The outcome of a task; kNone: it succeeded.
    virtual void on_upkeep(const char* task, const valkey::Error& error) = 0;
    // A consumer group prevents trimming after `id`; `group` is empty: none does.
    virtual void on_group_behind(const char* task, std::string_view group, std::string_view id) = 0;
  };

  Upkeep(Loop& loop, const Options& options, valkey::Link& link, Counters& counters, Listener& listener);
  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;

  // Starts over: the stream may be another one.
  void start();
  // Continues after stop().
  void resume();
  void stop();
  // Requests that wait in the stream, as of the last answer; nullopt: unknown.
  [[nodiscard]] std::optional<uint64_t> waiting() const { return waiting_; }

 private:
  struct Task {
    Task(const char* its_name, Ask::Answered answered) : name(its_name), ask(std::move(answered)) {}
    const char* name;
    Ask ask;
    uint64_t due_ms = 0;
  };

  void tick();
  [[nodiscard]] bool due(Task& task, Milliseconds period);
  void show();
  void trim(Task& task, const std::string& stream, Milliseconds keep);
  [[nodiscard]] bool good(const Task& task, const valkey::Reply& reply);
  void on_shown(const valkey::Reply& reply);
  void on_trimmed(Task& task, const valkey::Reply& reply);

  Loop& loop_;
  const Options& options_;
  valkey::Link& link_;
  Counters& counters_;
  Listener& listener_;
  Timer timer_;
  uint64_t next_ms_ = 0;  // when the next task is due
  Task sign_;
  Task orders_;
  Task results_;
  Task dead_;
  std::optional<uint64_t> waiting_;
  bool there_ = false;          // the group existed before
  std::string lag_;             // while idle, at the last check
  uint64_t look_again_ms_ = 0;  // until then a lag does not call on_stream_changed()
};

}  // namespace orderd::lane
