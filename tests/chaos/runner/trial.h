// A sale under load: a real server, one to four real orderd daemons, one of them active and the others standing by,
// two producers, and somebody who reads the results. Faults act on it; the judge looks at it at the end. Everything but
// the producers and the reader runs on the thread that made it.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "chaos/runner/daemon.h"
#include "chaos/runner/producer.h"
#include "chaos/runner/record.h"
#include "chaos/runner/tailer.h"
#include "chaos/shims.h"
#include "support/seed.h"
#include "support/valkey_helpers.h"
#include "support/valkey_server.h"

namespace orderd::chaos {

struct Plan {
  uint64_t seed = 1;
  std::size_t daemons = 2;  // 1 to 4
  // The server syncs once a second only, and some faults take a tail of what it had acknowledged. Else it syncs always.
  bool lossy = false;
  bool clock_jumps = false;  // then no stream is replaced
  Workload workload = Workload::kUniform;
  unsigned per_second = 1500;  // requests, of all producers together
};

class Trial {
 public:
  // Starts everything. Throws std::runtime_error.
  Trial(const Plan& plan, const Programs& programs);
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  // One command over a connection of the runner's own, which is made again where it was lost. Throws std::runtime_error
  // where the server cannot be reached or answers an error.
  std::string ask(const std::vector<std::string>& words);
  // Commands that may not be forgotten at the next crash, because nobody would give them again: synced before they are
  // answered. (WAITAOF would not do: docs/guarantees.md.)
  void ask_and_keep(const std::vector<std::vector<std::string>>& commands);
  // Puts stock() on sale, to be kept.
  void set_stock();
  // The same as ask(), where an error is an answer too.
  [[nodiscard]] valkey::OwnedReply call(const std::vector<std::string>& words);
  // Runs a Lua text on the server that may use
  //   newest_request()    the ID of the request that the newest result answers, or nil
  //   unsettled(stream)   the IDs of the entries behind it
  // and answers an array of texts. Throws std::runtime_error where it fails.
  std::vector<std::string> run(const std::string& lua, const std::vector<std::string>& arguments = {});

  // Pushes an order as one more producer, into the record.
  Pushed push(const Order& order);
  std::vector<Pushed> push(const std::vector<Order>& orders);
  // No producer pushes while what this answers lives; what was pushed before has its answer, or will get none.
  using Hold = std::shared_ptr<std::vector<std::unique_lock<std::mutex>>>;
  [[nodiscard]] Hold hold_producers();
  void stop_producing() { producers_.clear(); }
  // A request of one line for the SKU that never sells out, under an ID of its own.
  [[nodiscard]] Order probe();
  // The SKUs on sale, with what is in stock at the start.
  [[nodiscard]] static std::vector<std::pair<std::string, uint64_t>> stock();
  // Does every request that is in the stream have its result?
  [[nodiscard]] bool settled();

  // The name in the owner's key, whoever that is; empty: nobody, or something else is there.
  [[nodiscard]] std::string owner();
  // The daemon that has called most scripts since this was asked last: most likely the active one. Asks no server.
  [[nodiscard]] std::size_t busiest();

  // A time drawn from the seed, from `first` to `last` milliseconds.
  [[nodiscard]] std::chrono::milliseconds between(std::size_t first, std::size_t last) {
    return std::chrono::milliseconds(random.number(first, last));
  }
  // The server has lost something just now (Record::DataLoss).
  void data_loss(const std::string& what, bool everything);

  // Daemons that ended by themselves are reported in incidents() and started again. Not where the server refuses them,
  // and they were started just then: that ends them, as the contract says.
  void supervise();
  // From here on the server refuses daemons for good, or it does not any more.
  void refuses_daemons(bool refuses);
  // Does it, or did it a moment ago? Then a daemon may end with 1.
  [[nodiscard]] bool refusing() const;
  void incident(const std::string& what);
  [[nodiscard]] const std::vector<std::string>& incidents() const { return incidents_; }
  // A fault that could not be injected, because the machine or another fault was in its way: no promise is broken by
  // that.
  void skip(const std::string& what);
  [[nodiscard]] const std::vector<std::string>& skipped() const { return skipped_; }
  // A line with its time for whoever looks into a violation later.
  void note(const std::string& what);
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

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
  std::vector<uint64_t> calls_;  // of each daemon, at the last busiest()
  int refusing_ = 0;             // faults under way that make the server refuse daemons
  std::chrono::steady_clock::time_point refused_until_;
  std::vector<std::string> incidents_;
  std::vector<std::string> skipped_;
  std::vector<std::string> notes_;
  uint64_t probes_ = 0;
};

}  // namespace orderd::chaos
