// Replies and commands of a daemon under load that are lost, cut, late or garbage: nothing is sold twice, nothing lost.
#include <doctest/doctest.h>

#include "chaos/proxied_sale.h"

using namespace orderd::test;
using namespace std::chrono_literals;
using Flow = LinkFaults::Flow;
using Then = Trigger::Then;

namespace {

constexpr Then kEnds[] = {Then::kReset, Then::kClose, Then::kSilence};

// Waits for the trigger, mends the connection where it was left silent, and goes on for a while.
void play(ProxiedSale& world, const Trigger& trigger) {
  const auto id = world.proxy.add(trigger);
  world.wait_fired(id);
  world.proxy.remove(id);
  world.sale.wait_for_results(world.sale.random.number(1, 200));
}

}  // namespace

TEST_CASE("a settlement whose reply is swallowed sells nothing twice") {
  ProxiedSale world;
  world.start();
  world.sale.produce();
  for (int times = 0; times < 9; ++times) {
    play(world, Trigger::on("EVALSHA").after(world.sale.random.number(1, 300)).swallow_reply().then(kEnds[times % 3]));
  }
  world.check();
  CHECK(world.proxy.stats().played["swallow_reply"] == 9);
}

TEST_CASE("a settlement that never reaches the server is sent again in its turn") {
  ProxiedSale world;
  world.start();
  world.sale.produce();
  for (int times = 0; times < 9; ++times) {
    play(world, Trigger::on("EVALSHA").after(world.sale.random.number(1, 300)).lose_command().then(kEnds[times % 3]));
  }
  world.check();
}

TEST_CASE("a reset in the middle of a read loses nothing") {
  ProxiedSale world;
  world.start();
  world.sale.produce();
  for (int times = 0; times < 7; ++times) {
    // Silence takes the watchdog of a blocking read to find: once is enough.
    const Then end = times == 0 ? Then::kSilence : kEnds[times % 2];
    play(world, Trigger::on("XREADGROUP").cut_reply_after_entries(world.sale.random.number(1, 20)).then(end));
    play(world,
         Trigger::on("XREADGROUP").cut_reply_after_bytes(world.sale.random.number(1, 1500)).then(kEnds[times % 2]));
  }
  world.check();
  CHECK(world.proxy.stats().played["cut_reply"] == 14);
}

TEST_CASE("resets at random bytes of either direction lose nothing") {
  ProxiedSale world;
  world.start();
  world.sale.produce();
  for (int times = 0; times < 12; ++times) {
    const uint64_t before = world.proxy.stats().played["reset"];
    world.proxy.reset_somewhere(times % 2 == 0 ? Direction::kToServer : Direction::kToClient, 20'000);
    wait_for([&] { return world.proxy.stats().played["reset"] > before; }, ProxiedSale::kPatience, "the reset");
    world.sale.wait_for_results(world.sale.random.number(1, 150));
  }
  world.check();
}

TEST_CASE("a reply that comes after its connection was given up settles nothing") {
  ProxiedSale world;
  world.start();
  world.sale.produce();
  for (int times = 0; times < 3; ++times) {
    const auto held = world.proxy.add(Trigger::on("EVALSHA").after(world.sale.random.number(1, 200)).hold_reply());
    const uint64_t accepted = world.proxy.stats().accepted;
    world.wait_fired(held);
    wait_for([&] { return world.proxy.stats().accepted > accepted; }, ProxiedSale::kPatience, "a new connection");
    world.sale.wait_for_results(world.sale.random.number(1, 100));
    world.proxy.release(held);
  }
  world.check();
}

TEST_CASE("commands that arrive after their connection was given up settle nothing twice") {
  ProxiedSale world;
  world.start();
  world.sale.produce();
  for (int times = 0; times < 3; ++times) {
    world.sale.wait_for_results(world.sale.random.number(1, 300));
    world.proxy.set(Direction::kToServer, {.flow = Flow::kHeld});
    world.wait_accepted(2);
    world.proxy.set(Direction::kToServer, {});
  }
  world.sale.wait_for_results(300);
  world.check();
}

TEST_CASE("replies that vanish are found by the watchdog and settle nothing twice") {
  for (const Direction direction : {Direction::kToClient, Direction::kToServer}) {
    ProxiedSale world;
    world.start();
    world.sale.produce();
    for (int times = 0; times < 2; ++times) {
      world.sale.wait_for_results(world.sale.random.number(1, 300));
      world.proxy.set(direction, {.flow = Flow::kBlackHole});
      world.wait_accepted(2);
      CHECK(world.proxy.stats().bytes_lost > 0);
      world.proxy.heal();
    }
    world.sale.wait_for_results(400);
    CHECK(world.daemon->errors().find("no reply") != std::string::npos);
    world.check();
  }
}

TEST_CASE("garbage in a reply ends the connection and not the daemon") {
  ProxiedSale world;
  world.start();
  world.sale.produce();
  const std::string garbage[] = {"?",
                                 std::string("\0\0\0\0", 4),
                                 "$-7\r\n",
                                 "$99999999999999999999\r\n",
                                 "*99999999999999999999\r\n",
                                 ":12x\r\n",
                                 "HTTP/1.1 400 Bad Request\r\n\r\n"};
  for (const std::string& bytes : garbage) {
    CAPTURE(bytes);
    const uint64_t accepted = world.proxy.stats().accepted;
    play(world, Trigger::on("EVALSHA").after(world.sale.random.number(0, 100)).replace_reply(bytes));
    wait_for([&] { return world.proxy.stats().accepted > accepted; }, ProxiedSale::kPatience, "a new connection");
  }
  for (const std::string& bytes : garbage) {
    world.proxy.inject(bytes);  // into all connections, wherever their replies just are
    world.wait_accepted(1);
    world.sale.wait_for_results(world.sale.random.number(1, 100));
  }
  world.check();
}
