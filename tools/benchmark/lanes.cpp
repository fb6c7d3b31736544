// The cost of lanes: the same orders over one lane and over many, on one server and on a cluster of three primaries, in
// plain and over TLS; a backlog, a low rate, and idle. Orders are pushed over one connection per server, so that
// producers cost the same in all layouts. CPU is that of orderd and of the main threads of the servers with lanes.
// At a low rate two layouts are compared in turns of half a second: the speed of the machine changes more within a
// minute than the layouts differ.
#include <algorithm>
#include <chrono>
#include <thread>

#include "benchmark/lab.h"
#include "benchmark/parts.h"
#include "order/lanes.h"
#include "support/certificates.h"
#include "support/cluster_set.h"
#include "support/valkey_helpers.h"
#include "valkey/slot.h"

namespace orderd::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kSkus = 2000;
constexpr uint64_t kMostOrders = 300'000;  // of one backlog
constexpr std::chrono::seconds kPatience{120};

enum class Kind { kPlain, kTls, kCluster };

struct Layout {
  const char* name;
  Kind kind;
  std::size_t lanes;
};

// Servers, their lanes, and an orderd that serves them.
class Deployment {
 public:
  explicit Deployment(const Layout& layout) : layout_(layout) {
    std::string names = "l0";
    for (std::size_t i = 1; i < layout.lanes; ++i) names += ",l" + std::to_string(i);
    lanes_ = *order::Lanes::parse(names);
    settings_ = {"ORDERD_STREAMS_LANES=" + names,
                 "ORDERD_STREAMS_ORDERS={<lane>}:orders",
                 "ORDERD_STREAMS_RESULTS={<lane>}:results",
                 "ORDERD_KEYS_STOCK={<lane>}:stock:<sku>",
                 "ORDERD_LOG_LEVEL=warn",
                 "ORDERD_ADMIN_LISTEN="};
    const std::vector<std::string> config = {"auto-aof-rewrite-percentage 0", "maxmemory-policy noeviction"};
    if (layout.kind == Kind::kCluster) {
      cluster_ =
          std::make_unique<test::ClusterSet>(std::vector<std::string>{config[0], config[1], "repl-backlog-ttl 1"});
      // No replica either, as on one server: feeding one costs a third more.
      for (std::size_t i = test::ClusterSet::kPrimaries; i < test::ClusterSet::kNodes; ++i) cluster_->node(i).stop();
      settings_.push_back("ORDERD_VALKEY_URL=" + cluster_->url());
      settings_.emplace_back("ORDERD_VALKEY_CLUSTER=true");
    } else if (layout.kind == Kind::kTls) {
      authority_ = std::make_unique<test::Authority>("bench");
      const auto files = authority_->sign("server", {"IP:127.0.0.1"});
      const std::string port = std::to_string(test::free_port());
      server_ = std::make_unique<test::ValkeyServer>(test::ServerOptions{
          .config = {config[0], config[1], "tls-port " + port, "tls-cert-file " + files.cert,
                     "tls-key-file " + files.key, "tls-ca-cert-file " + authority_->file(), "tls-auth-clients no"}});
      settings_.push_back("ORDERD_VALKEY_URL=valkeys://127.0.0.1:" + port);
      settings_.push_back("ORDERD_VALKEY_TLS_CA_FILE=" + authority_->file());
    } else {
      server_ = std::make_unique<test::ValkeyServer>(test::ServerOptions{.tcp = true, .config = config});
      settings_.push_back("ORDERD_VALKEY_URL=valkey://127.0.0.1:" + std::to_string(server_->tcp_endpoint().port));
    }
    const std::size_t nodes = cluster_ ? test::ClusterSet::kPrimaries : 1;
    for (std::size_t i = 0; i < nodes; ++i) clients_.push_back((cluster_ ? cluster_->node(i) : *server_).client());
    for (std::size_t i = 0; i < lanes_.count(); ++i) {
      node_of_.push_back(cluster_ ? cluster_->primary_of(valkey::slot_of(key(i, "orders"))) : 0);
    }
    for (uint64_t i = 0; i < kSkus; ++i) {
      const std::string sku = "sku-" + std::to_string(i);
      const std::size_t lane = lanes_.of(sku);
      test::set(clients_[node_of_[lane]], key(lane, "stock:" + sku), "1000000000");
      skus_.push_back({sku, lane});
    }
  }

  void start(const std::string& orderd) {
    test::ProcessOptions options;
    options.environment = settings_;
    daemon_ = std::make_unique<test::Process>(std::vector<std::string>{orderd}, options);
  }
  void stop() { stop_orderd(*daemon_); }
  [[nodiscard]] pid_t pid() const { return daemon_->pid(); }

  // Sends one order; its reply is read with settle_pushes().
  void push() {
    const auto& [sku, lane] = skus_[pushed_ % skus_.size()];
    const std::string order =
        R"({"id":"o-)" + std::to_string(++pushed_) + R"(","customer":"c-1","sku":")" + sku + R"(","quantity":1})";
    const std::size_t node = node_of_[lane];
    clients_[node].append(test::command_of({"XADD", key(lane, "orders"), "*", "order", order}));
    if (open_.size() < clients_.size()) open_.resize(clients_.size());
    ++open_[node];
  }
  void flush() {
    for (auto& client : clients_) client.flush();
  }
  void settle_pushes() {
    for (std::size_t i = 0; i < open_.size(); ++i) {
      for (; open_[i] > 0; --open_[i]) {
        const auto reply = clients_[i].read();
        if (!reply || (*reply)->is_error()) throw std::runtime_error("a request was not pushed");
      }
    }
  }
  [[nodiscard]] uint64_t pushed() const { return pushed_; }

  // From the positions of all lanes.
  [[nodiscard]] uint64_t settled() {
    for (std::size_t i = 0; i < lanes_.count(); ++i) {
      clients_[node_of_[i]].append(test::command_of({"HGET", key(i, "orders:position"), "count"}));
    }
    uint64_t sum = 0;
    for (std::size_t i = 0; i < lanes_.count(); ++i) {
      const auto reply = clients_[node_of_[i]].read();
      if (!reply) throw std::runtime_error(reply.error());
      if (!(*reply)->is_nil()) sum += std::stoull(std::string((*reply)->text()));
    }
    return sum;
  }
  void await_all() {
    const auto end = Clock::now() + kPatience;
    while (settled() < pushed_) {
      if (Clock::now() > end || !daemon_->running()) throw std::runtime_error("not all orders were settled");
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    if (settled() != pushed_) throw Violation("more was settled than pushed");
  }
  [[nodiscard]] double server_cpu() {
    double sum = 0;
    for (auto& client : clients_) {
      sum += info_number(client, "cpu", "used_cpu_sys_main_thread") +
             info_number(client, "cpu", "used_cpu_user_main_thread");
    }
    return sum;
  }

 private:
  [[nodiscard]] std::string key(std::size_t lane, const std::string& what) const {
    return "{" + lanes_.names()[lane] + "}:" + what;
  }

  Layout layout_;
  order::Lanes lanes_;
  std::vector<std::string> settings_;
  std::unique_ptr<test::Authority> authority_;
  std::unique_ptr<test::ClusterSet> cluster_;
  std::unique_ptr<test::ValkeyServer> server_;
  std::vector<valkey::SyncClient> clients_;  // one for each node with lanes
  std::vector<std::size_t> node_of_;         // each lane
  std::vector<std::pair<std::string, std::size_t>> skus_;
  std::vector<std::size_t> open_;  // pushes of each client without a reply
  uint64_t pushed_ = 0;
  std::unique_ptr<test::Process> daemon_;
};

// What an order costs, in microseconds; of idle: milliseconds a second.
struct Spent {
  double server = 0;
  double orderd = 0;
  [[nodiscard]] double both() const { return server + orderd; }
};

struct Measured {
  double rate = 0;
  Spent backlog, slow, quick, idle;
  double mib = 0;
};

template <class Work>
Spent spend(Deployment& deployment, double per, const Work& work) {
  const double server = deployment.server_cpu(), orderd = process_cpu(deployment.pid());
  work();
  return {(deployment.server_cpu() - server) / per, (process_cpu(deployment.pid()) - orderd) / per};
}

Spent trickle(Deployment& deployment, uint64_t per_second, uint64_t orders) {
  return spend(deployment, static_cast<double>(orders) * 1e-6, [&] {
    const auto begin = Clock::now();
    for (uint64_t i = 0; i < orders; ++i) {
      std::this_thread::sleep_until(begin + std::chrono::microseconds(i * 1'000'000 / per_second));
      deployment.push();
      deployment.flush();
      if (i % 64 == 63) deployment.settle_pushes();
    }
    deployment.settle_pushes();
    deployment.await_all();
  });
}

Measured measure(const Layout& layout, const Plan& plan) {
  Deployment deployment(layout);
  Measured measured;
  const uint64_t orders = std::min(plan.orders, kMostOrders);
  for (uint64_t i = 0; i < orders; ++i) {
    deployment.push();
    if (i % 1000 == 999) deployment.settle_pushes();
  }
  deployment.settle_pushes();
  const double before = deployment.server_cpu();
  const auto begin = Clock::now();
  deployment.start(plan.orderd);
  deployment.await_all();
  measured.rate = static_cast<double>(orders) / std::chrono::duration<double>(Clock::now() - begin).count();
  measured.backlog = {(deployment.server_cpu() - before) * 1e6 / static_cast<double>(orders),
                      process_cpu(deployment.pid()) * 1e6 / static_cast<double>(orders)};
  measured.slow = trickle(deployment, 2000, 2000 * plan.seconds);
  measured.quick = trickle(deployment, 8000, 8000 * plan.seconds);
  measured.idle = spend(deployment, static_cast<double>(plan.seconds) * 1e-3,
                        [&] { std::this_thread::sleep_for(std::chrono::seconds(plan.seconds)); });
  measured.mib = peak_mib(deployment.pid());
  deployment.stop();
  return measured;
}

// CPU of an order at 2,000/s in `other`, as a multiple of that in `base`.
double compare_slow(const Layout& base, const Layout& other, const Plan& plan) {
  constexpr uint64_t kTurn = 1000;  // orders: half a second
  Deployment first(base), second(other);
  for (Deployment* each : {&first, &second}) {
    each->start(plan.orderd);
    trickle(*each, 2000, 2 * kTurn);  // not counted: each order's key, stream and connection is there afterwards
  }
  double base_us = 0, other_us = 0;
  for (uint64_t turn = 0; turn < 4 * plan.seconds; ++turn) {
    base_us += trickle(first, 2000, kTurn).both();
    other_us += trickle(second, 2000, kTurn).both();
  }
  first.stop();
  second.stop();
  return other_us / base_us;
}

constexpr Layout kLayouts[] = {{"1 lane", Kind::kPlain, 1},
                               {"8 lanes", Kind::kPlain, 8},
                               {"64 lanes", Kind::kPlain, 64},
                               {"1 lane, TLS", Kind::kTls, 1},
                               {"64 lanes, three primaries", Kind::kCluster, 64}};

}  // namespace

void measure_lanes(const Plan& plan, Report& report) {
  Table table{"Lanes: CPU of an order in us, server / orderd apart; idle in ms of CPU a second",
              {{"backlog, orders/s", 0},
               {"server", 1},
               {"orderd", 2},
               {"2,000/s: server", 0},
               {"orderd", 0},
               {"8,000/s: server", 0},
               {"orderd", 0},
               {"idle: server", 1},
               {"orderd", 1},
               {"orderd peak MiB", 1}},
              {},
              {}};
  for (const Layout& layout : kLayouts) table.rows.push_back({layout.name, std::vector<Samples>(10)});
  Samples backlog, slow, quick, idle_server, idle_orderd, memory, tls_backlog, tls_slow, spread;
  for (unsigned run = 0; run < plan.repeat; ++run) {
    std::vector<Measured> all;
    for (const Layout& layout : kLayouts) {
      say("lanes: " + std::string(layout.name) + ", run " + std::to_string(run + 1) + " of " +
          std::to_string(plan.repeat));
      all.push_back(measure(layout, plan));
      const Measured& one = all.back();
      const double values[] = {
          one.rate,         one.backlog.server, one.backlog.orderd, one.slow.server, one.slow.orderd,
          one.quick.server, one.quick.orderd,   one.idle.server,    one.idle.orderd, one.mib};
      for (std::size_t c = 0; c < std::size(values); ++c) {
        table.rows[all.size() - 1].cells[c].push_back(values[c]);
      }
    }
    const Measured &one = all[0], &many = all[2], &tls = all[3], &cluster = all[4];
    const double more = static_cast<double>(kLayouts[2].lanes - kLayouts[0].lanes);
    backlog.push_back(many.backlog.both() / one.backlog.both());
    say("lanes: at 2,000/s in turns, run " + std::to_string(run + 1) + " of " + std::to_string(plan.repeat));
    slow.push_back(compare_slow(kLayouts[0], kLayouts[2], plan));
    tls_slow.push_back(compare_slow(kLayouts[0], kLayouts[3], plan));
    quick.push_back(many.quick.both() / one.quick.both());
    idle_server.push_back((many.idle.server - one.idle.server) / more);
    idle_orderd.push_back((many.idle.orderd - one.idle.orderd) / more);
    memory.push_back((many.mib - one.mib) / more);
    tls_backlog.push_back(tls.backlog.both() / one.backlog.both());
    spread.push_back(cluster.backlog.both() / many.backlog.both());
  }
  report.target({"64 lanes / 1 lane, CPU of an order, backlog", backlog, false, 1.10});
  report.target({"64 lanes / 1 lane, CPU of an order, 2,000/s", slow, false, 1.10});
  report.target({"a lane more, idle, ms of the server's CPU a second", idle_server, false, 0.2, 3});
  report.target({"a lane more, idle, ms of orderd's CPU a second", idle_orderd, false, 0.2, 3});
  report.target({"a lane more, MiB of orderd", memory, false, 0.5});
  report.target({"TLS / plain, CPU of an order, backlog", tls_backlog, false, 1.3});
  report.target({"TLS / plain, CPU of an order, 2,000/s", tls_slow, false, 1.6});
  report.target({"three primaries / one, CPU of an order, backlog", spread, false, 1.10});
  table.notes.emplace_back(
      "The primaries of the cluster share the cores of this machine: the rate there is that of the machine. What "
      "scales "
      "is the CPU of an order, which stays the same.");
  table.notes.push_back("At 8,000/s 64 lanes take " + std::to_string(median(quick)).substr(0, 4) +
                        " times the CPU of one: one lane reads in batches what 64 read one by one.");
  report.table(std::move(table));
}

}  // namespace orderd::bench
