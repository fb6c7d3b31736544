// All peers use loopback TCP (GLIDE has no Unix sockets), and so does orderd here. Each is first tried with several
// numbers of concurrent orders, then measured with the best.
//
// What tutorials do without a script: WATCH the stock, read it, take from it in a transaction, and retry when another
// client was faster.
#include <poll.h>

#include <algorithm>
#include <cmath>

#include "order-bench/bench.h"
#include "order-bench/run.h"
#include "support/valkey_helpers.h"

namespace orderd::bench {
namespace {

struct Peer {
  const char* name;
  const char* program;  // for node; null: the hand-written consumer
  bool jobs;            // uses its own jobs instead of the stream
  std::vector<unsigned> concurrencies;
  const char* guarantee;
};

const Peer kPeers[] = {
    {"hand-written consumer on hiredis",
     nullptr,
     false,
     {16, 64, 128, 256},
     "The hand-written consumer: at least once. It reads with XREADGROUP, calls the bare script, writes results and "
     "acknowledges, all in bursts of three batches, two of them in flight."},
    {"GLIDE",
     "glide.mjs",
     false,
     {16, 64, 256, 1024},
     "GLIDE: at least once. Decision, result and acknowledgement are three steps: a crash between them decides "
     "again, and takes the stock twice."},
    {"iovalkey, automatic pipelining",
     "iovalkey.mjs",
     false,
     {16, 64, 256, 1024},
     "iovalkey: at least once, for the same reason."},
    {"BullMQ",
     "bullmq.mjs",
     true,
     {16, 64, 256, 1024},
     "BullMQ: at least once. A worker that loses its lock, or dies after its decision, leaves a job that runs again "
     "and takes the stock twice."},
};

const Words kCompleted = {"ZCARD", "bull:orders:completed"};

Words node(const Plan& plan, const std::string& program, const Lab& lab, uint64_t number) {
  return {"node", plan.peers + "/" + program, std::to_string(lab.endpoint().port), std::to_string(number)};
}

Cost work(const Plan& plan, Lab& lab, const Peer& peer, unsigned concurrency, uint64_t orders) {
  if (peer.jobs) {
    lab.clear();
    test::Process filler(node(plan, "bullmq_fill.mjs", lab, orders));
    (void)output_of(filler, "bullmq_fill.mjs", std::chrono::minutes(5));
  } else {
    fill_for_group(lab, {}, orders);
  }
  const Words command =
      peer.program == nullptr ? consumer_command(lab, concurrency) : node(plan, peer.program, lab, concurrency);
  return consume(lab, {}, orders, command, peer.jobs ? kCompleted : kResults);
}

unsigned best_concurrency(const Plan& plan, Lab& lab, const Peer& peer, uint64_t orders) {
  unsigned best = 0;
  double best_rate = 0;
  for (const unsigned concurrency : peer.concurrencies) {
    const double rate = work(plan, lab, peer, concurrency, orders).rate;
    say("peers: " + std::string(peer.name) + ", " + std::to_string(concurrency) +
        " at a time: " + std::to_string(std::lround(rate)) + " orders/s");
    if (rate > best_rate) {
      best = concurrency;
      best_rate = rate;
    }
  }
  return best;
}

constexpr int kPatienceMs = 60'000;

struct Progress {
  uint64_t left = 0;  // orders not started
  uint64_t open = 0;  // orders not done
  uint64_t tries = 0;
};

// One client: one order at a time, two round trips each.
class Buyer {
 public:
  Buyer(valkey::SyncClient client, Progress& progress) : client_(std::move(client)), progress_(progress) {}

  [[nodiscard]] pollfd wait_for() const { return {client_.descriptor(), POLLIN, 0}; }
  void next() {
    if (progress_.left == 0) return;
    --progress_.left;
    attempt();
  }
  // Its replies arrive: those to the first two commands, or those to the transaction.
  void proceed() {
    if (!deciding_) {
      const auto watched = take(), stock = take();
      if (stock->text() == "0") throw Violation("WATCH clients took the wrong quantity");
      deciding_ = true;
      return send({{"MULTI"}, {"DECRBY", key_, "1"}, {"EXEC"}});
    }
    const auto started = take(), queued = take(), outcome = take();
    if (outcome->is_nil()) return attempt();
    --progress_.open;
    next();
  }

 private:
  void attempt() {
    ++progress_.tries;
    deciding_ = false;
    send({{"WATCH", key_}, {"GET", key_}});
  }
  void send(std::initializer_list<Words> commands) {
    for (const Words& words : commands) client_.append(test::command_of(words));
    client_.flush();
  }
  valkey::OwnedReply take() { return need(client_.read()); }

  valkey::SyncClient client_;
  Progress& progress_;
  const std::string key_ = "product:" + sku_name(0) + ":stock";
  bool deciding_ = false;  // EXEC was sent
};

void sell(std::vector<Buyer>& buyers, const Progress& progress) {
  std::vector<pollfd> sockets;
  for (Buyer& buyer : buyers) {
    sockets.push_back(buyer.wait_for());
    buyer.next();
  }
  while (progress.open > 0) {
    if (poll(sockets.data(), sockets.size(), kPatienceMs) <= 0) throw std::runtime_error("no reply for a minute");
    for (std::size_t i = 0; i < buyers.size(); ++i) {
      if (sockets[i].revents != 0) buyers[i].proceed();
    }
  }
}

}  // namespace

void measure_watch(const Plan& plan, Report& report) {
  const uint64_t orders = std::max<uint64_t>(plan.orders / 25, 100);
  Table table{
      "The tutorials' WATCH, MULTI, EXEC on one hot SKU, unix socket",
      {{"orders/s", 0}, {"server us", 2}, {"tries an order", 2}},
      {"It only decides: no request is read, no result written, nothing acknowledged. A client that dies after EXEC "
       "does not know whether it sold: not exactly once."}};
  Lab lab;
  for (const unsigned clients : {1U, 16U, 64U}) {
    const std::string name = std::to_string(clients) + (clients == 1 ? " client" : " clients");
    repeat(plan.repeat, "watch: " + name, [&] {
      lab.clear();
      Progress progress{orders, orders, 0};
      std::vector<Buyer> buyers;
      for (unsigned i = 0; i < clients; ++i) buyers.emplace_back(lab.connect(), progress);
      const Reading before = lab.read();
      sell(buyers, progress);
      const Reading after = lab.read();
      if (units_sold(lab.admin(), {}) != orders) throw Violation("WATCH clients took the wrong quantity");
      const auto count = static_cast<double>(orders);
      table.add(name, {count / (after.at - before.at), (after.server_cpu - before.server_cpu) * 1e6 / count,
                       static_cast<double>(progress.tries) / count});
    });
  }
  report.table(std::move(table));
}

void measure_peers(const Plan& plan, Report& report) {
  measure_watch(plan, report);
  if (plan.peers.empty()) throw std::runtime_error("--peers is missing: tools/bench peers installs them and names it");
  // They are slower: as many orders as for orderd would take minutes.
  const uint64_t orders = std::max<uint64_t>(plan.orders / 5, 1000);
  const Setup setup{.transport = Transport::kTcp};
  const Setup forgetful{.transport = Transport::kTcp, .dedup = false};
  Lab lab(setup.transport);
  const Orderd orderd = orderd_at(plan.orderd);
  std::vector<unsigned> concurrencies;
  for (const Peer& peer : kPeers) concurrencies.push_back(best_concurrency(plan, lab, peer, orders));
  Table table{
      "The same orders, the same server, loopback TCP: other clients",
      kCostColumns,
      {"orderd is exactly once: its script writes the result, the order's record and the position in one step with the "
       "stock. The peers' script is the bare decision; they write results and acknowledge separately. us: CPU for one "
       "order, of the server's main thread and of the client, all threads."}};
  for (const Peer& peer : kPeers) table.notes.emplace_back(peer.guarantee);
  repeat(plan.repeat, "peers", [&] {
    const Cost ours = drain(lab, setup, plan.orders, orderd);
    table.add("orderd", cells_of(ours));
    table.add("orderd, no records", cells_of(drain(lab, forgetful, plan.orders, orderd)));
    double consumer = 0, best = 0;
    for (std::size_t p = 0; p < concurrencies.size(); ++p) {
      const Cost cost = work(plan, lab, kPeers[p], concurrencies[p], orders);
      table.add(std::string(kPeers[p].name) + ", " + std::to_string(concurrencies[p]) + " at a time", cells_of(cost));
      if (kPeers[p].program == nullptr) {
        consumer = cost.rate;
      } else {
        best = std::max(best, cost.rate);
      }
    }
    report.at_least(2.2, "orders a second / the best npm peer's, TCP", ours.rate / best);
    report.at_least(1.0, "orders a second / a hand-written consumer's, TCP", ours.rate / consumer);
  });
  report.table(std::move(table));
}

}  // namespace orderd::bench
