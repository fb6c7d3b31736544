// Replies and commands of a daemon under load are lost, cut, late or garbage: nothing is sold twice, nothing is lost.
#include <doctest/doctest.h>

#include "chaos/proxied_sale.h"

using namespace orderd::test;
using namespace std::chrono_literals;
using Flow = LinkFaults::Flow;
using Then = Trigger::Then;

namespace {

constexpr Then kEnds[] = {Then::kReset, Then::kClose, Then::kSilence};

// Waits for the trigger, then a little longer.
void play(ProxiedSale& trial, const Trigger& trigger) {
  const auto id = trial.proxy.add(trigger);
  trial.wait_fired(id);
  trial.proxy.remove(id);
  trial.sale.wait_for_results(trial.sale.random.number(1, 200));
}

}  // namespace

TEST_CASE("a settlement whose reply is lost sells nothing twice") {
  ProxiedSale trial;
  trial.start();
  trial.sale.produce();
  for (int times = 0; times < 9; ++times) {
    play(trial, settlement().after(trial.sale.random.number(1, 60)).swallow_reply().then(kEnds[times % 3]));
  }
  trial.check();
  CHECK(trial.proxy.stats().played["swallow_reply"] == 9);
}

TEST_CASE("a settlement that never reaches the server is settled in order") {
  ProxiedSale trial;
  trial.start();
  trial.sale.produce();
  for (int times = 0; times < 9; ++times) {
    play(trial, settlement().after(trial.sale.random.number(1, 60)).lose_command().then(kEnds[times % 3]));
  }
  trial.check();
}

TEST_CASE("a reset in the middle of a read loses nothing") {
  ProxiedSale trial;
  trial.start();
  trial.sale.produce();
  for (int times = 0; times < 7; ++times) {
    // Only the watchdog of a blocking read notices silence, which takes a while: once is enough.
    const Then end = times == 0 ? Then::kSilence : kEnds[times % 2];
    play(trial, Trigger::on("XREAD").cut_reply_after_entries(trial.sale.random.number(1, 20)).then(end));
    play(trial, Trigger::on("XREAD").cut_reply_after_bytes(trial.sale.random.number(1, 1500)).then(kEnds[times % 2]));
  }
  trial.check();
  CHECK(trial.proxy.stats().played["cut_reply"] == 14);
}

TEST_CASE("resets at random bytes of either direction lose nothing") {
  ProxiedSale trial;
  trial.start();
  trial.sale.produce();
  for (int times = 0; times < 12; ++times) {
    const uint64_t before = trial.proxy.stats().played["reset"];
    trial.proxy.reset_somewhere(times % 2 == 0 ? Direction::kToServer : Direction::kToClient, 20'000);
    wait_for([&] { return trial.proxy.stats().played["reset"] > before; }, ProxiedSale::kPatience, "the reset");
    trial.sale.wait_for_results(trial.sale.random.number(1, 150));
  }
  trial.check();
}

TEST_CASE("a reply that arrives after its connection timed out settles nothing") {
  ProxiedSale trial;
  trial.start();
  trial.sale.produce();
  for (int times = 0; times < 3; ++times) {
    const auto held = trial.proxy.add(settlement().after(trial.sale.random.number(1, 40)).hold_reply());
    const uint64_t accepted = trial.proxy.stats().accepted;
    trial.wait_fired(held);
    wait_for([&] { return trial.proxy.stats().accepted > accepted; }, ProxiedSale::kPatience, "a new connection");
    trial.sale.wait_for_results(trial.sale.random.number(1, 100));
    trial.proxy.release(held);
  }
  trial.check();
}

TEST_CASE("commands that arrive after their connection timed out settle nothing twice") {
  ProxiedSale trial;
  trial.start();
  trial.sale.produce();
  for (int times = 0; times < 3; ++times) {
    trial.sale.wait_for_results(trial.sale.random.number(1, 300));
    trial.proxy.set(Direction::kToServer, {.flow = Flow::kHeld});
    trial.wait_accepted(2);
    trial.proxy.set(Direction::kToServer, {});
  }
  trial.sale.wait_for_results(300);
  trial.check();
}

TEST_CASE("the watchdog notices lost replies and nothing is settled twice") {
  for (const Direction direction : {Direction::kToClient, Direction::kToServer}) {
    ProxiedSale trial;
    trial.start();
    trial.sale.produce();
    for (int times = 0; times < 2; ++times) {
      trial.sale.wait_for_results(trial.sale.random.number(1, 300));
      trial.proxy.set(direction, {.flow = Flow::kBlackHole});
      trial.wait_accepted(2);
      CHECK(trial.proxy.stats().bytes_lost > 0);
      trial.proxy.heal();
    }
    trial.sale.wait_for_results(400);
    CHECK(trial.daemon->errors().find("no reply") != std::string::npos);
    trial.check();
  }
}

TEST_CASE("garbage in a reply closes the connection but not the daemon") {
  ProxiedSale trial;
  trial.start();
  trial.sale.produce();
  const std::string garbage[] = {"?",
                                 std::string("\0\0\0\0", 4),
                                 "$-7\r\n",
                                 "$99999999999999999999\r\n",
                                 "*99999999999999999999\r\n",
                                 ":12x\r\n",
                                 "HTTP/1.1 400 Bad Request\r\n\r\n"};
  for (const std::string& bytes : garbage) {
    CAPTURE(bytes);
    const uint64_t accepted = trial.proxy.stats().accepted;
    play(trial, settlement().after(trial.sale.random.number(0, 30)).replace_reply(bytes));
    wait_for([&] { return trial.proxy.stats().accepted > accepted; }, ProxiedSale::kPatience, "a new connection");
  }
  for (const std::string& bytes : garbage) {
    trial.proxy.inject(bytes);  // into all connections, even in the middle of a reply
    trial.wait_accepted(1);
    trial.sale.wait_for_results(trial.sale.random.number(1, 100));
  }
  trial.check();
}
