// Four lanes on a cluster of three primaries, a daemon that serves them, producers, and a check of the books at the
// end.
#pragma once

#include <doctest/doctest.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

#include "integration/orderctl_desk.h"
#include "order/lanes.h"
#include "support/certificates.h"
#include "support/cluster_set.h"
#include "valkey/cluster.h"
#include "valkey/slot.h"

namespace orderd::test {

inline constexpr std::chrono::seconds kClusterPatience{60};
inline constexpr const char* kClusterLanes = "a,b,c,d";  // on the nodes 2, 0, 1 and 2
inline constexpr int kClusterStock = 1'000'000;

inline std::string orders_of(const std::string& lane) {
  return "{" + lane + "}:orders";
}
inline std::string results_of(const std::string& lane) {
  return "{" + lane + "}:results";
}
inline uint16_t slot_of_lane(const std::string& lane) {
  return valkey::slot_of(orders_of(lane));
}

// Pushes an order per millisecond and follows the lane's primary, until it is stopped.
inline void produce(const std::stop_token& stop, const std::vector<valkey::Endpoint>& seeds, const std::string& lane,
                    const std::string& sku) {
  std::mutex mutex;
  std::condition_variable_any never;
  // False: stopped.
  const auto wait = [&](std::chrono::milliseconds span) {
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, span, [] { return false; });
    return !stop.stop_requested();
  };
  int number = 0;
  while (wait(std::chrono::milliseconds(20))) {
    const auto primary = valkey::ask_cluster(seeds, slot_of_lane(lane), "producer");
    if (!primary) continue;
    auto client = valkey::SyncClient::connect(
        *primary, {"producer", std::chrono::milliseconds(500), std::chrono::milliseconds(500)});
    for (bool good = client.ok(); good && wait(std::chrono::milliseconds(1));) {
      const std::string id = lane + "-" + std::to_string(++number);
      const auto reply =
          client->call(command_of({"XADD", orders_of(lane), "*", "id", id, "sku", sku, "quantity", "1"}));
      good = reply && !(*reply)->is_error();
    }
  }
}

// Producers, which end with it.
using Load = std::vector<std::jthread>;

class Market {
 public:
  // `authority`: signs the nodes' certificates; null: no TLS.
  explicit Market(const std::vector<std::string>& config = {}, const Authority* authority = nullptr)
      : set(config, authority != nullptr) {
    if (authority != nullptr) {
      tls = {"--valkey.tls_ca_file", authority->file()};
      url = set.tls_url();
    }
    for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
      int number = 0;
      while (lanes.of("sku-" + std::to_string(number)) != lane) ++number;
      skus.push_back("sku-" + std::to_string(number));
      succeeded(run({"--lane", lanes.names()[lane], "stock", "set", skus.back(), std::to_string(kClusterStock)}));
    }
  }

  [[nodiscard]] Words with_settings(const Words& words) const {
    // Short, because the tests freeze nodes. Words may set others.
    Words all = joined({"--valkey.connect_timeout", "1s", "--valkey.reply_timeout", "2s"}, words);
    all.insert(all.end(), {"--valkey.url", url.empty() ? set.url() : url, "--valkey.cluster", "true"});
    return joined(joined(all, lane_settings(kClusterLanes)), tls);
  }
  [[nodiscard]] Ran run(const Words& words) const { return orderctl(with_settings(words)); }

  // The settings for one node, as if there were no cluster.
  [[nodiscard]] Words alone(const Words& words, std::size_t node) {
    return joined(with_settings(words), {"--valkey.cluster", "false", "--valkey.url", url_of(node)});
  }
  [[nodiscard]] std::string url_of(std::size_t node) {
    return "valkey://127.0.0.1:" + std::to_string(set.node(node).tcp_endpoint().port);
  }

  void start_daemon() {
    daemon = std::make_unique<Process>(clean_command(
        ORDERD_PATH, with_settings({"--processing.name", "only", "--processing.lease", "1s", "--admin.listen", "",
                                    // It has to notice a new primary by itself, before this.
                                    "--valkey.reply_timeout", "10s"})));
  }
  [[nodiscard]] bool says(const std::string& part) const { return test::says(*daemon, part); }
  void wait_to_say(const std::string& part) const { test::wait_to_say(*daemon, part); }
  void wait_until_ready() const {
    for (const std::string& lane : lanes.names()) wait_to_say("ready: serving '" + orders_of(lane) + "'");
  }
  void stop_daemon() const {
    end(*daemon);
    CHECK_FALSE(says(" error "));
  }
  // A producer per lane.
  [[nodiscard]] Load load() const {
    Load producers;
    for (std::size_t i = 0; i < lanes.count(); ++i) {
      producers.emplace_back(produce, *valkey::parse_urls(set.url()), lanes.names()[i], skus[i]);
    }
    return producers;
  }

  [[nodiscard]] valkey::SyncClient client_of(const std::string& lane) const {
    return set.client_of(slot_of_lane(lane));
  }
  [[nodiscard]] std::size_t results(const std::string& lane) const {
    auto client = client_of(lane);
    return length(client, results_of(lane));
  }
  // Waits until each lane has this many more results than now.
  void wait_for_results(std::size_t count) const {
    std::map<std::string, std::size_t> wanted;
    for (const std::string& lane : lanes.names()) wanted[lane] = results(lane) + count;
    for (const std::string& lane : lanes.names()) {
      auto client = client_of(lane);
      wait_for([&] { return length(client, results_of(lane)) >= wanted[lane]; }, kClusterPatience,
               std::to_string(count) + " more results of lane " + lane + "; " + daemon->errors());
    }
  }

  // The end of a test: each order has one result, in order, and stock adds up.
  void close() const {
    check_books();
    stop_daemon();
  }
  void check_books() const {
    for (std::size_t i = 0; i < lanes.count(); ++i) {
      const std::string& lane = lanes.names()[i];
      CAPTURE(lane);
      INFO(daemon->errors());
      auto client = client_of(lane);
      check_settled(client, orders_of(lane), results_of(lane));
      int sold = 0;
      for (const Entry& result : entries(client, results_of(lane)))
        sold += result.field("status") == "accepted" ? 1 : 0;
      CHECK(get(client, "{" + lane + "}:stock:" + skus[i]) == std::to_string(kClusterStock - sold));
      succeeded(run({"audit", "--lane", lane}));
    }
  }

  ClusterSet set;
  const order::Lanes lanes = *order::Lanes::parse(kClusterLanes);
  std::vector<std::string> skus;  // one per lane
  std::string url;                // empty: the first three nodes
  Words tls;
  std::unique_ptr<Process> daemon;
};
}  // namespace orderd::test
