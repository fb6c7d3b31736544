// A sale under load: a real server, one to four real orderd daemons, each behind a fault proxy of its own, two
// producers, and somebody who reads the results. Faults act on it; the judge looks at it at the end. Everything but the
// producers and the reader runs on the thread that made it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chaos/fault_proxy.h"
#include "chaos/runner/producer.h"
#include "chaos/runner/record.h"
#include "chaos/runner/tailer.h"
#include "chaos/shims.h"
#include "support/process.h"
#include "support/seed.h"
#include "support/valkey_helpers.h"
#include "support/valkey_server.h"

namespace orderd::chaos {

// Where the programs under test are.
struct Programs {
  std::string orderd;
  std::string orderctl;
};

struct Plan {
  uint64_t seed = 1;
  std::size_t daemons = 2;  // 1 to 4
  // The server syncs once a second only, and some faults take a tail of what it had acknowledged. Else it syncs always.
  bool lossy = false;
  Workload workload = Workload::kUniform;
  unsigned per_second = 1500;  // requests, of all producers together
};

class World;

// One orderd behind a proxy. It is started again only by those who have ended it.
class Daemon {
 public:
  enum class Log { kFile, kFull };  // kFull: /dev/full, where every write fails

  // Not started yet.
  Daemon(const Programs& programs, valkey::Endpoint server, const std::string& directory, std::string consumer,
         uint64_t seed);

  void start(Log log = Log::kFile);
  // SIGKILL; it is gone when this returns.
  void kill();
  // Has it ended although nobody ended it? Answers how, once, and starts it again.
  [[nodiscard]] std::optional<std::string> surprise();
  // Until it is started again, its end is no surprise.
  void expect_end() { end_expected_ = true; }

  [[nodiscard]] test::Process& process() { return *process_; }
  [[nodiscard]] bool running() { return process_ && process_->running(); }
  [[nodiscard]] const std::string& consumer() const { return consumer_; }
  [[nodiscard]] const std::string& settings_file() const { return settings_file_; }
  // What stands in the settings file of a daemon that is well.
  [[nodiscard]] const std::string& settings() const { return settings_; }
  // Its log since it was started last.
  [[nodiscard]] std::string log() const { return process_ ? process_->errors() : ""; }

  test::FaultProxy proxy;

 private:
  const Programs& programs_;
  std::string consumer_;
  std::string settings_file_;
  std::string settings_;
  bool end_expected_ = false;
  std::unique_ptr<test::Process> process_;
};

class World {
 public:
  // Starts everything. Throws std::runtime_error.
  World(const Plan& plan, const Programs& programs);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // One command over a connection of the runner's own, which is made anew where it was lost. Throws std::runtime_error
  // where the server cannot be reached or answers an error.
  std::string ask(const std::vector<std::string>& words);
  // Commands that may not be forgotten at the next crash, because nobody would give them again: synced before they are
  // answered. (WAITAOF would not do: docs/guarantees.md.)
  void ask_and_keep(const std::vector<std::vector<std::string>>& commands);
  // Puts stock() on sale, to be kept.
  void set_stock();
  // The same as ask(), where an error is an answer too.
  [[nodiscard]] valkey::OwnedReply call(const std::vector<std::string>& words);
  // Pushes an order as one more producer, into the record.
  Pushed push(const Order& order);
  std::vector<Pushed> push(const std::vector<Order>& orders);
  // A time drawn from the seed, from `first` to `last` milliseconds.
  [[nodiscard]] std::chrono::milliseconds between(std::size_t first, std::size_t last) {
    return std::chrono::milliseconds(random.number(first, last));
  }
  // A request of one line for the SKU that never sells out, under an id of its own.
  [[nodiscard]] Order probe();
  // The server has forgotten something just now (Record::Disaster).
  void disaster(const std::string& what, bool everything);
  // The SKUs on sale, with what is in stock at the start.
  [[nodiscard]] static std::vector<std::pair<std::string, uint64_t>> stock();

  // Daemons that ended by themselves are told in incidents() and started again.
  void supervise();
  void incident(const std::string& what);
  // A fault that could not be played, because the machine or another fault stood in its way: no promise is broken by
  // that.
  void hindrance(const std::string& what);
  [[nodiscard]] const std::vector<std::string>& hindrances() const { return hindrances_; }
  // A line with its time for whoever looks into a violation later.
  void note(const std::string& what);
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }
  [[nodiscard]] const std::vector<std::string>& incidents() const { return incidents_; }

  // No more orders.
  void stop_producing() { producers_.clear(); }
  [[nodiscard]] uint64_t unknown_pushes() const;
  // Is every request delivered and settled?
  [[nodiscard]] bool settled();

  const Plan plan;
  const Programs programs;
  test::TemporaryDirectory files;
  test::Shims shims;  // of the server's clock, disk and power
  test::ValkeyServer server;
  Record record;
  test::Random random;  // of the runner's thread
  std::vector<std::unique_ptr<Daemon>> daemons;
  std::unique_ptr<Tailer> tailer;

 private:
  std::optional<valkey::SyncClient> control_;
  std::vector<std::unique_ptr<Producer>> producers_;
  std::vector<std::string> incidents_;
  std::vector<std::string> hindrances_;
  std::vector<std::string> notes_;
  uint64_t probes_ = 0;
};

}  // namespace orderd::chaos
