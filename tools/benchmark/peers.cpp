// All peers use loopback TCP (GLIDE has no Unix sockets), and so does orderd here. Each is first tried with several
// numbers of concurrent orders, then measured with the best.
#include <algorithm>
#include <csignal>

#include "benchmark/parts.h"
#include "benchmark/run.h"
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

const std::vector<Peer>& peers() {
  static const std::vector<Peer> kPeers = {
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
  return kPeers;
}

const Words kCompleted = {"ZCARD", "bull:orders:completed"};

Words node(const Plan& plan, const std::string& program, const Lab& lab, uint64_t number) {
  const std::string url = lab.url();
  return {"node", plan.peers + "/" + program, url.substr(url.rfind(':') + 1), std::to_string(number)};
}

void fill_jobs(const Plan& plan, Lab& lab, uint64_t orders) {
  test::Process filler(node(plan, "bullmq_fill.mjs", lab, orders));
  if (const int status = filler.wait(std::chrono::minutes(5)); status != 0) {
    throw std::runtime_error("bullmq_fill.mjs exited with " + std::to_string(status) + ": " + filler.errors());
  }
}

Cost work(const Plan& plan, Lab& lab, const Peer& peer, unsigned concurrency, uint64_t orders) {
  const Shape shape;
  if (peer.jobs) {
    lab.clear();
    put_on_sale(lab.admin(), shape);
    fill_jobs(plan, lab, orders);
  } else {
    fill_for_group(lab, shape, orders);
  }
  const Words command = peer.program == nullptr ? consumer_command(plan.consumer, lab, concurrency)
                                                : node(plan, peer.program, lab, concurrency);
  return consume(lab, shape, orders, command, peer.jobs ? kCompleted : kResults);
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

void add(Table::Row& row, const Cost& cost) {
  const double values[] = {cost.rate, cost.busy, cost.server_us, cost.client_us, cost.server_us + cost.client_us};
  row.cells.resize(std::size(values));
  for (std::size_t c = 0; c < row.cells.size(); ++c) row.cells[c].push_back(values[c]);
}

}  // namespace

void measure_peers(const Plan& plan, Report& report) {
  if (plan.peers.empty()) throw std::runtime_error("--peers is missing: tools/bench peers installs them and names it");
  // They are slower: as many orders as for orderd would take minutes.
  const uint64_t orders = std::max<uint64_t>(plan.orders / 5, 1000);
  Setup setup;
  setup.transport = Transport::kTcp;
  Lab lab(setup.transport, setup.append_only);
  const Orderd orderd = orderd_at(plan.orderd);
  std::vector<unsigned> concurrencies;
  std::vector<Table::Row> rows{{"orderd", {}}, {"orderd, no records", {}}};
  Setup forgetful = setup;
  forgetful.dedup = false;
  const std::size_t first_peer = rows.size();
  for (const Peer& peer : peers()) {
    concurrencies.push_back(best_concurrency(plan, lab, peer, orders));
    rows.push_back({std::string(peer.name) + ", " + std::to_string(concurrencies.back()) + " at a time", {}});
  }
  Samples times_npm;
  Samples times_consumer;
  for (unsigned i = 0; i < plan.repeat; ++i) {
    say("peers: run " + std::to_string(i + 1) + " of " + std::to_string(plan.repeat));
    const Cost ours = drain(lab, setup, plan.orders, orderd);
    add(rows[0], ours);
    add(rows[1], drain(lab, forgetful, plan.orders, orderd));
    double best = 0;
    for (std::size_t p = 0; p < peers().size(); ++p) {
      const Cost cost = work(plan, lab, peers()[p], concurrencies[p], orders);
      add(rows[first_peer + p], cost);
      if (peers()[p].program == nullptr) {
        times_consumer.push_back(ours.rate / cost.rate);
      } else {
        best = std::max(best, cost.rate);
      }
    }
    times_npm.push_back(ours.rate / best);
  }
  report.target({"orders a second / the best npm peer's, TCP", times_npm, true, 2.2});
  report.target({"orders a second / a hand-written consumer's, TCP", times_consumer, true, 1.0});
  Table table{
      "The same orders, the same server, loopback TCP: other clients",
      {{"orders/s", 0}, {"server busy", 2}, {"server us", 2}, {"client us", 2}, {"both us", 2}},
      std::move(rows),
      {"orderd is exactly once: its script writes the result, the order's record and the position in one step with the "
       "stock. The peers' script is the bare decision; they write results and acknowledge separately. us: CPU for one "
       "order, of the server's main thread and of the client, all threads."}};
  for (const Peer& peer : peers()) table.notes.emplace_back(peer.guarantee);
  report.table(std::move(table));
}

}  // namespace orderd::bench
