// A sale under load: a real server, one to four real daemons, one active and the others on standby, two producers, and
// a reader of the results. Faults act on it; the judge checks it at the end. Only the producers and the reader have
// their own threads.
#pragma once

#include "order-chaos/producer.h"
#include "order-chaos/shims.h"
#include "order-chaos/trial_base.h"

namespace orderd::chaos {

// Of the user kDaemonUser, while no fault changes it.
inline constexpr const char* kDaemonPassword = "chaos";

struct Plan {
  uint64_t seed = 1;
  std::size_t daemons = 2;  // 1 to 4
  // The server syncs once a second, and some faults lose a tail of what it acknowledged. Otherwise it syncs always.
  bool lossy = false;
  bool clock_jumps = false;  // excludes faults that replace the stream
  bool trims = false;        // settled requests are trimmed after a second
  Workload workload = Workload::kUniform;
  unsigned per_second = 1500;  // requests of all producers
};

class Trial : public TrialBase {
 public:
  // Starts everything. Throws std::runtime_error.
  Trial(const Plan& plan, const Programs& programs);

  // One command over the runner's own connection, which is reopened if lost. Throws std::runtime_error if the server
  // cannot be reached or returns an error.
  std::string ask(const Words& words);
  // For commands that a crash must not undo, because nothing repeats them: synced before this returns. (WAITAOF would
  // not do: docs/guarantees.md.)
  void ask_and_keep(const std::vector<Words>& commands);
  // Sets stock(), durably.
  void set_stock();
  // Like ask(), but returns errors as replies.
  [[nodiscard]] valkey::OwnedReply call(const Words& words);
  // Runs a Lua text on the server. It may use
  //   newest_request()    the ID of the request that the newest result answers, or nil
  //   unsettled(stream)   the IDs of the entries after it
  // and returns an array of strings. Throws std::runtime_error on failure.
  Words run(const std::string& lua, const Words& arguments = {});
  // For orderctl: names the server.
  [[nodiscard]] Words orderctl_environment() const { return {"ORDERD_VALKEY_URL=unix://" + server.endpoint().path}; }

  // Pushes orders as another producer, with entries in the record.
  std::vector<Pushed> push(const std::vector<Order>& orders);
  // Producers are paused while the returned lock lives; earlier pushes have been answered or lost.
  using Hold = std::shared_ptr<std::vector<std::unique_lock<std::mutex>>>;
  [[nodiscard]] Hold hold_producers() {
    auto hold = std::make_shared<std::vector<std::unique_lock<std::mutex>>>();
    for (const auto& producer : producers_) hold->push_back(producer->hold());
    return hold;
  }
  void stop_producing() { producers_.clear(); }
  // A request of one line for the SKU that never sells out, with its own ID; or for this one.
  [[nodiscard]] Order probe(const std::string& sku = "probe", uint64_t quantity = 1);
  // The SKUs on sale and their initial stock.
  [[nodiscard]] static Stock stock() {
    auto stock = OrderSource::stock();
    stock.emplace_back("probe", 1'000'000'000);
    return stock;
  }
  // Whether every request in the stream has its result.
  [[nodiscard]] bool settled() { return run("return unsettled('orders', 1)").empty(); }

  // The name in the owner's key; empty if there is none, or if the key holds something else.
  [[nodiscard]] std::string owner();
  // The daemon that called most scripts since the last call: most likely the active one. Does not ask the server.
  [[nodiscard]] Daemon& busiest();
  // One of the other daemons; the same if there is no other.
  [[nodiscard]] Daemon& another(const Daemon& daemon) {
    std::vector<Daemon*> others;
    for (const auto& each : daemons) {
      if (each.get() != &daemon || daemons.size() == 1) others.push_back(each.get());
    }
    return *others[random.number(others.size())];
  }
  // The daemon of this name; `other` if there is none.
  [[nodiscard]] Daemon& named(const std::string& name, Daemon& other) {
    for (const auto& daemon : daemons) {
      if (daemon->name() == name) return *daemon;
    }
    return other;
  }
  // Starts one.
  [[nodiscard]] std::unique_ptr<Daemon> make_daemon(const std::string& name);

  // Records that the server just lost data. Entry IDs use the server's clock, and the server runs on this machine.
  void data_loss(const std::string& what, bool everything) {
    record.data_losses.push_back({{wall_clock_ms(), UINT64_MAX}, everything, what});
  }

  // From now on the server refuses daemons permanently, or no longer does. A daemon started meanwhile exits. The runner
  // may notice that a while later, because injecting another fault can wait for takeovers meanwhile.
  void refuses_daemons(bool refuses) {
    refusing_ += refuses ? 1 : -1;
    if (!refuses) refused_until_ = std::chrono::steady_clock::now() + kRefusedFor;
  }
  // Whether it does now or did a moment ago: then a daemon may exit with 1.
  [[nodiscard]] bool refusing() const { return refusing_ > 0 || std::chrono::steady_clock::now() < refused_until_; }

  [[nodiscard]] std::vector<Account> accounts() override;
  [[nodiscard]] std::vector<std::string> server_directories() override { return {server.directory()}; }

  const Plan plan;
  test::Shims shims;  // of the server's clock, disk and power
  test::ValkeyServer server;
  Record record;
  std::unique_ptr<Tailer> tailer;

 private:
  [[nodiscard]] bool refused(const std::string& /*exit*/) const override { return refusing(); }

  static constexpr std::chrono::seconds kRefusedFor{15};

  std::optional<valkey::SyncClient> control_;
  std::vector<std::unique_ptr<Producer>> producers_;
  std::map<const Daemon*, uint64_t> calls_;  // at the last busiest()
  int refusing_ = 0;                         // current faults that make the server refuse daemons
  std::chrono::steady_clock::time_point refused_until_;
  uint64_t probes_ = 0;
};

}  // namespace orderd::chaos
