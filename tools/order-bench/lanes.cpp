// The cost of lanes: the same orders over one lane and over many, on one server and on a cluster of three primaries, in
// plain and over TLS; a backlog, a low rate, and idle. Orders are pushed over one connection per server, so that
// producers cost the same in all layouts. CPU is that of orderd and of the main threads of the servers with lanes.
// At a low rate two layouts are compared in turns of half a second: the speed of the machine changes more within a
// minute than the layouts differ.
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <thread>

#include "order-bench/bench.h"
#include "order-bench/lab.h"
#include "order/lanes.h"
#include "support/cluster_set.h"
#include "support/valkey_helpers.h"
#include "valkey/slot.h"

namespace orderd::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kSkus = 2000;
constexpr uint64_t kMostOrders = 300'000;  // of one backlog
constexpr std::chrono::seconds kPatience{120};

struct Layout {
  const char* name;
  std::size_t lanes;
  Transport transport;
  bool cluster = false;
};
constexpr Layout kOneLane = {"1 lane", 1, Transport::kTcp};
constexpr Layout kManyLanes = {"64 lanes", 64, Transport::kTcp};
constexpr Layout kTls = {"1 lane, TLS", 1, Transport::kTls};
constexpr Layout kCluster = {"64 lanes, three primaries", 64, Transport::kTcp, true};

// CPU seconds; of an order: microseconds; of idle: milliseconds a second.
struct Spent {
  double server = 0;
  double orderd = 0;
  [[nodiscard]] double both() const { return server + orderd; }
};

// Servers, their lanes, and an orderd that serves them.
class Deployment {
 public:
  Deployment(const Layout& layout, const Plan& plan) : orderd_(orderd_at(plan.orderd)) {
    if (layout.cluster) {
      cluster_ = std::make_unique<test::ClusterSet>(Words{kServerConfig[0], kServerConfig[1], "repl-backlog-ttl 1"});
      // No replica either, as on one server: feeding one costs a third more.
      for (std::size_t i = test::ClusterSet::kPrimaries; i < test::ClusterSet::kNodes; ++i) cluster_->node(i).stop();
      for (std::size_t i = 0; i < test::ClusterSet::kPrimaries; ++i) nodes_.push_back({cluster_->node(i).client()});
      environment_ = {"ORDERD_VALKEY_URL=" + cluster_->url(), "ORDERD_VALKEY_CLUSTER=true"};
    } else {
      lab_ = std::make_unique<Lab>(layout.transport);
      nodes_.push_back({lab_->server().client()});
      environment_ = lab_->environment();
    }
    std::string names = "l0";
    for (std::size_t i = 1; i < layout.lanes; ++i) names += ",l" + std::to_string(i);
    lanes_ = need(order::Lanes::parse(names));
    for (const std::string& setting :
         {"STREAMS_LANES=" + names, std::string("STREAMS_ORDERS={<lane>}:orders"),
          std::string("STREAMS_RESULTS={<lane>}:results"), std::string("KEYS_STOCK={<lane>}:stock:<sku>")}) {
      environment_.push_back("ORDERD_" + setting);
    }
    for (std::size_t i = 0; i < lanes_.count(); ++i) {
      node_of_.push_back(cluster_ ? cluster_->primary_of(valkey::slot_of(key(i, "orders"))) : 0);
    }
    for (uint64_t i = 0; i < kSkus; ++i) {
      const std::size_t lane = lanes_.of(sku_name(i));
      test::set(nodes_[node_of_[lane]].client, key(lane, "stock:" + sku_name(i)), std::to_string(kStock));
    }
  }

  void start() { daemon_ = start_orderd(orderd_, environment_); }
  // Returns its peak MiB.
  double stop() {
    const double mib = peak_mib(daemon_->pid());
    bench::stop(*daemon_);
    return mib;
  }

  // Pushes one order; its reply is read with take_replies().
  void push() {
    const std::string sku = sku_name(pushed_++ % kSkus);
    const std::size_t lane = lanes_.of(sku);
    const auto order = fmt::format(R"({{"id":"o-{}","customer":"c-1","sku":"{}","quantity":1}})", pushed_, sku);
    Node& node = nodes_[node_of_[lane]];
    node.client.append(valkey::Command::of("XADD", key(lane, "orders"), "*", "order", order));
    ++node.open;
  }
  void flush() {
    for (Node& node : nodes_) node.client.flush();
  }
  void take_replies() {
    for (Node& node : nodes_) {
      for (; node.open > 0; --node.open) {
        if (need(node.client.read())->is_error()) throw std::runtime_error("a request was not pushed");
      }
    }
  }
  void await_all() {
    const auto end = Clock::now() + kPatience;
    while (settled() < pushed_) {
      if (Clock::now() > end || !daemon_->running()) throw std::runtime_error("not all orders were settled");
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    if (settled() != pushed_) throw Violation("more was settled than pushed");
  }

  // What `work` costs, divided by `per`.
  template <class Work>
  Spent spend(double per, const Work& work) {
    const Spent before = cpu();
    work();
    const Spent after = cpu();
    return {(after.server - before.server) / per, (after.orderd - before.orderd) / per};
  }

 private:
  struct Node {
    valkey::SyncClient client;
    std::size_t open = 0;  // pushes without a reply
  };

  [[nodiscard]] std::string key(std::size_t lane, const std::string& what) const {
    return "{" + lanes_.names()[lane] + "}:" + what;
  }
  // From the positions of all lanes.
  uint64_t settled() {
    for (std::size_t i = 0; i < lanes_.count(); ++i) {
      nodes_[node_of_[i]].client.append(valkey::Command::of("HGET", key(i, "orders:position"), "count"));
    }
    uint64_t sum = 0;
    for (const std::size_t node : node_of_) {
      const valkey::OwnedReply count = need(nodes_[node].client.read());
      if (!count->is_nil()) sum += std::stoull(std::string(count->text()));
    }
    return sum;
  }
  Spent cpu() {
    Spent spent;
    for (Node& node : nodes_) spent.server += server_cpu(node.client);
    if (daemon_) spent.orderd = process_cpu(daemon_->pid());
    return spent;
  }

  Orderd orderd_;
  std::unique_ptr<test::ClusterSet> cluster_;  // it or lab_
  std::unique_ptr<Lab> lab_;
  std::vector<Node> nodes_;  // those with lanes
  Words environment_;
  order::Lanes lanes_;
  std::vector<std::size_t> node_of_;  // each lane
  uint64_t pushed_ = 0;
  std::unique_ptr<test::Process> daemon_;
};

struct Measured {
  double rate = 0;
  Spent backlog, slow, quick, idle;
  double mib = 0;
};

Spent trickle(Deployment& deployment, uint64_t per_second, uint64_t orders) {
  return deployment.spend(static_cast<double>(orders) * 1e-6, [&] {
    const auto begin = Clock::now();
    for (uint64_t i = 0; i < orders; ++i) {
      std::this_thread::sleep_until(begin + std::chrono::microseconds(i * 1'000'000 / per_second));
      deployment.push();
      deployment.flush();
      if (i % 64 == 63) deployment.take_replies();
    }
    deployment.take_replies();
    deployment.await_all();
  });
}

Measured measure(const Layout& layout, const Plan& plan, Table& table) {
  say("lanes: " + std::string(layout.name));
  Deployment deployment(layout, plan);
  Measured all;
  const uint64_t orders = std::min(plan.orders, kMostOrders);
  for (uint64_t i = 0; i < orders; ++i) {
    deployment.push();
    if (i % 1000 == 999) deployment.take_replies();
  }
  deployment.take_replies();
  const auto begin = Clock::now();
  all.backlog = deployment.spend(static_cast<double>(orders) * 1e-6, [&] {
    deployment.start();
    deployment.await_all();
  });
  all.rate = static_cast<double>(orders) / std::chrono::duration<double>(Clock::now() - begin).count();
  all.slow = trickle(deployment, 2000, 2000 * plan.seconds);
  all.quick = trickle(deployment, 8000, 8000 * plan.seconds);
  all.idle = deployment.spend(static_cast<double>(plan.seconds) * 1e-3,
                              [&] { std::this_thread::sleep_for(std::chrono::seconds(plan.seconds)); });
  all.mib = deployment.stop();
  table.add(layout.name, {all.rate, all.backlog.server, all.backlog.orderd, all.slow.server, all.slow.orderd,
                          all.quick.server, all.quick.orderd, all.idle.server, all.idle.orderd, all.mib});
  return all;
}

// CPU of an order at 2,000/s in `other`, as a multiple of that in one lane.
double compare_slow(const Layout& other, const Plan& plan) {
  constexpr uint64_t kTurn = 1000;  // orders: half a second
  say("lanes: at 2,000/s in turns, " + std::string(other.name));
  Deployment first(kOneLane, plan), second(other, plan);
  for (Deployment* each : {&first, &second}) {
    each->start();
    trickle(*each, 2000, 2 * kTurn);  // not counted: each order's key, stream and connection is there afterwards
  }
  double first_us = 0, second_us = 0;
  for (uint64_t turn = 0; turn < 4 * plan.seconds; ++turn) {
    first_us += trickle(first, 2000, kTurn).both();
    second_us += trickle(second, 2000, kTurn).both();
  }
  first.stop();
  second.stop();
  return second_us / first_us;
}

}  // namespace

void measure_lanes(const Plan& plan, Report& report) {
  Table table{"Lanes: CPU of an order in us, server / orderd apart; idle in ms of CPU a second",
              {{"backlog, orders/s", 0},
               {"backlog: server", 1},
               {"backlog: orderd", 2},
               {"2,000/s: server", 0},
               {"2,000/s: orderd", 0},
               {"8,000/s: server", 0},
               {"8,000/s: orderd", 0},
               {"idle: server", 1},
               {"idle: orderd", 1},
               {"orderd peak MiB", 1}}};
  Samples quick;
  repeat(plan.repeat, "lanes", [&] {
    const Measured one = measure(kOneLane, plan, table);
    (void)measure({"8 lanes", 8, Transport::kTcp}, plan, table);
    const Measured many = measure(kManyLanes, plan, table);
    const Measured tls = measure(kTls, plan, table);
    const Measured cluster = measure(kCluster, plan, table);
    quick.push_back(many.quick.both() / one.quick.both());
    constexpr auto kMore = static_cast<double>(kManyLanes.lanes - kOneLane.lanes);
    const double many_slow = compare_slow(kManyLanes, plan), tls_slow = compare_slow(kTls, plan);
    report.at_most(1.10, "64 lanes / 1 lane, CPU of an order, backlog", many.backlog.both() / one.backlog.both());
    report.at_most(1.10, "64 lanes / 1 lane, CPU of an order, 2,000/s", many_slow);
    report.at_most(0.2, "a lane more, idle, ms of the server's CPU a second",
                   (many.idle.server - one.idle.server) / kMore, 3);
    report.at_most(0.2, "a lane more, idle, ms of orderd's CPU a second", (many.idle.orderd - one.idle.orderd) / kMore,
                   3);
    report.at_most(0.5, "a lane more, MiB of orderd", (many.mib - one.mib) / kMore);
    report.at_most(1.3, "TLS / plain, CPU of an order, backlog", tls.backlog.both() / one.backlog.both());
    report.at_most(1.6, "TLS / plain, CPU of an order, 2,000/s", tls_slow);
    report.at_most(1.10, "three primaries / one, CPU of an order, backlog",
                   cluster.backlog.both() / many.backlog.both());
  });
  table.notes.emplace_back(
      "The primaries of the cluster share the cores of this machine: the rate there is that of the machine. What "
      "scales is the CPU of an order, which stays the same.");
  table.notes.push_back(fmt::format(
      "At 8,000/s 64 lanes take {:.4} times the CPU of one: one lane reads in batches what 64 read one by one.",
      std::to_string(median(quick))));
  report.table(std::move(table));
}

}  // namespace orderd::bench
