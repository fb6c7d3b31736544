// The way to the server is slow, cut in pieces, half closed, refused, silent or flapping, while a daemon serves.
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

// A backlog, so that the daemon works at its own speed.
void push(ProxiedSale& world, int requests) {
  for (int i = 0; i < requests; ++i) {
    xadd(world.sale.client(), "orders", {{"id", "b-" + std::to_string(i)}, {"sku", "hat"}, {"quantity", "2"}});
  }
}

}  // namespace

TEST_CASE("single bytes in both directions are enough to serve") {
  ProxiedSale world;
  world.proxy.set_both({.slice_max = 1});
  push(world, 450);
  world.start({"ORDERD_VALKEY_REPLY_TIMEOUT=10s"});
  world.sale.settle();
  CHECK(world.proxy.stats().played["slow"] == 2);
  world.check();
}

TEST_CASE("a slow line with jitter and little bandwidth keeps the sequence") {
  ProxiedSale world;
  world.proxy.set_both({.latency = 10ms, .jitter = 30ms, .slice_max = 400, .bytes_per_second = 120'000});
  push(world, 500);
  world.start({"ORDERD_VALKEY_REPLY_TIMEOUT=10s"});
  world.sale.settle();
  const uint64_t accepted = world.proxy.stats().accepted;
  CHECK(accepted == 2);  // slow is not dead
  world.check();
}

TEST_CASE("half a connection is noticed as well as none") {
  ProxiedSale world;
  world.start();
  world.sale.produce();
  for (int times = 0; times < 8; ++times) {
    world.sale.wait_for_results(world.sale.random.number(1, 150));
    const uint64_t accepted = world.proxy.stats().accepted;
    // In turn the reading connection and the settling one.
    const auto which = world.proxy.connection_of(times % 2 == 0 ? "XREADGROUP" : "EVALSHA");
    if (!which) FAIL("the daemon has no such connection");
    world.proxy.half_close(times % 4 < 2 ? Direction::kToClient : Direction::kToServer, which);
    wait_for([&] { return world.proxy.stats().accepted > accepted; }, ProxiedSale::kPatience, "a new connection");
  }
  world.sale.wait_for_results(300);
  world.check();
}

TEST_CASE("a door that is refused or silent is knocked at until it opens") {
  ProxiedSale world;
  world.start();
  world.sale.produce();
  for (const Door door : {Door::kRefused, Door::kSilent, Door::kRefused}) {
    world.sale.wait_for_results(world.sale.random.number(1, 200));
    const std::size_t said = world.daemon->errors().size();
    world.proxy.set_door(door);
    world.proxy.reset();
    if (door == Door::kSilent) world.wait_accepted(3);
    wait_for([&] { return world.daemon->errors().size() > said; }, ProxiedSale::kPatience, "the daemon to say so");
    world.proxy.set_door(Door::kOpen);
  }
  world.sale.wait_for_results(400);
  world.check();
}

TEST_CASE("a flapping line leaks no descriptor and makes no storm of connections") {
  ProxiedSale world;
  world.start();
  world.sale.produce();
  world.sale.wait_for_results(300);
  const auto files = open_files(*world.daemon);
  const ProxyStats before = world.proxy.stats();
  world.proxy.flap(60ms, 30ms);
  wait_for([&] { return world.proxy.stats().played["flap"] >= 25; }, ProxiedSale::kPatience, "25 flaps");
  world.proxy.stop_flapping();
  const ProxyStats after = world.proxy.stats();
  const uint64_t flaps = world.proxy.stats().played["flap"];
  // Two sessions, each of which may try more than once while the line is up.
  CHECK(after.accepted - before.accepted <= 4 * flaps + 4);
  world.sale.wait_for_results(400);
  wait_for([&] { return open_files(*world.daemon) == files; }, ProxiedSale::kPatience, "as many descriptors as before");
  world.check();
}
