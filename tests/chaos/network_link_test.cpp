// The connection to the server is slow, fragmented, half closed, refused, silent or flapping while a daemon serves.
#include <doctest/doctest.h>

#include <filesystem>

#include "chaos/proxied_sale.h"

using namespace orderd::test;
using namespace std::chrono_literals;

namespace {

std::ptrdiff_t open_files(const Process& process) {
  const std::filesystem::directory_iterator all("/proc/" + std::to_string(process.pid()) + "/fd");
  return std::distance(begin(all), end(all));
}

// A backlog, so that the daemon works at its own pace.
void push(ProxiedSale& trial, int requests) {
  for (int i = 0; i < requests; ++i) {
    xadd(trial.sale.client(), "orders", {{"id", "b-" + std::to_string(i)}, {"sku", "hat"}, {"quantity", "2"}});
  }
}

}  // namespace

TEST_CASE("orders are settled when both directions deliver single bytes") {
  ProxiedSale trial;
  trial.proxy.set_both({.slice_max = 1});
  push(trial, 450);
  trial.start({"ORDERD_VALKEY_REPLY_TIMEOUT=10s", "ORDERD_VALKEY_CONNECT_TIMEOUT=10s"});
  trial.sale.settle();
  CHECK(trial.proxy.stats().played["slow"] == 2);
  trial.check();
}

TEST_CASE("a slow connection with jitter and little bandwidth keeps the order") {
  ProxiedSale trial;
  trial.proxy.set_both({.latency = 10ms, .jitter = 30ms, .slice_max = 400, .bytes_per_second = 120'000});
  push(trial, 500);
  trial.start({"ORDERD_VALKEY_REPLY_TIMEOUT=10s", "ORDERD_VALKEY_CONNECT_TIMEOUT=10s"});
  trial.sale.settle();
  const uint64_t accepted = trial.proxy.stats().accepted;
  CHECK(accepted == 2);  // it never reconnected
  trial.check();
}

TEST_CASE("a half-closed connection is noticed") {
  ProxiedSale trial;
  trial.start();
  trial.sale.produce();
  for (int times = 0; times < 8; ++times) {
    trial.sale.wait_for_results(trial.sale.random.number(1, 150));
    const uint64_t accepted = trial.proxy.stats().accepted;
    // Alternates between the reading and the settling connection.
    FaultProxy::Which which;
    wait_for([&] { return (which = trial.proxy.connection_of(times % 2 == 0 ? "XREAD" : "EVALSHA")).has_value(); },
             ProxiedSale::kPatience, "such a connection");
    trial.proxy.half_close(times % 4 < 2 ? Direction::kToClient : Direction::kToServer, which);
    wait_for([&] { return trial.proxy.stats().accepted > accepted; }, ProxiedSale::kPatience, "a new connection");
  }
  trial.sale.wait_for_results(300);
  trial.check();
}

TEST_CASE("refused and silent connections are retried until one succeeds") {
  ProxiedSale trial;
  trial.start();
  trial.sale.produce();
  for (const Door door : {Door::kRefused, Door::kSilent, Door::kRefused}) {
    trial.sale.wait_for_results(trial.sale.random.number(1, 200));
    const std::size_t said = trial.daemon->errors().size();
    trial.proxy.set_door(door);
    trial.proxy.reset();
    if (door == Door::kSilent) trial.wait_accepted(3);
    wait_for([&] { return trial.daemon->errors().size() > said; }, ProxiedSale::kPatience, "the daemon to say so");
    trial.proxy.set_door(Door::kOpen);
  }
  trial.sale.wait_for_results(400);
  trial.check();
}

TEST_CASE("a flapping connection leaks no descriptor and causes no reconnect storm") {
  ProxiedSale trial;
  trial.start();
  trial.sale.produce();
  trial.sale.wait_for_results(300);
  const auto files = open_files(*trial.daemon);
  const ProxyStats before = trial.proxy.stats();
  trial.proxy.flap(60ms, 30ms);
  wait_for([&] { return trial.proxy.stats().played["flap"] >= 25; }, ProxiedSale::kPatience, "25 flaps");
  trial.proxy.stop_flapping();
  const ProxyStats after = trial.proxy.stats();
  const uint64_t flaps = trial.proxy.stats().played["flap"];
  // Two sessions; each may connect more than once while the proxy is up.
  CHECK(after.accepted - before.accepted <= 4 * flaps + 4);
  trial.sale.wait_for_results(400);
  wait_for([&] { return open_files(*trial.daemon) == files; }, ProxiedSale::kPatience, "as many descriptors as before");
  trial.check();
}
