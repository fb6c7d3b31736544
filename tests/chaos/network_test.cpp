// The network between the server and a daemon under load: slow, cut, silent, refused, flapping; replies and commands
// are lost, late or garbage. Nothing is sold twice, nothing is lost.
#include "chaos/fixtures.h"

using namespace orderd::test;
using namespace std::chrono_literals;
using Flow = LinkFaults::Flow;
using Then = Trigger::Then;

namespace {

constexpr Then kEnds[] = {Then::kReset, Then::kClose, Then::kSilence};

// A backlog, so that the daemon works at its own pace.
void settle_backlog(ProxiedSale& trial, const LinkFaults& link, int requests) {
  trial.proxy.set_both(link);
  for (int i = 0; i < requests; ++i) push_order(trial.sale.client(), "b-" + std::to_string(i), "hat", "2");
  trial.start({"ORDERD_VALKEY_REPLY_TIMEOUT=10s", "ORDERD_VALKEY_CONNECT_TIMEOUT=10s"});
  trial.sale.settle();
  trial.proxy.heal();
  trial.sale.close_books();
  end(*trial.daemon);
}

}  // namespace

TEST_CASE("orders are settled when both directions deliver single bytes") {
  ProxiedSale trial;
  settle_backlog(trial, {.slice_max = 1}, 450);
}

TEST_CASE("a slow connection with jitter and little bandwidth keeps the order") {
  ProxiedSale trial;
  settle_backlog(trial, {.latency = 10ms, .jitter = 30ms, .slice_max = 400, .bytes_per_second = 120'000}, 500);
  CHECK(trial.proxy.stats().accepted == 2);  // it never reconnected
}

TEST_CASE("a half-closed connection is noticed") {
  ProxiedSale trial;
  trial.disturb(8, 150, [&](int i) {
    trial.reconnects(1, [&] {
      // Alternates between the reading and the settling connection.
      FaultProxy::Which which;
      wait_for([&] { return (which = trial.proxy.connection_of(i % 2 == 0 ? "XREAD" : "EVALSHA")).has_value(); },
               kSaleDeadline, "such a connection");
      trial.proxy.half_close(i % 4 < 2 ? Direction::kToClient : Direction::kToServer, which);
    });
  });
}

TEST_CASE("refused and silent connections are retried until one succeeds") {
  ProxiedSale trial;
  trial.disturb(3, 200, [&](int i) {
    const std::size_t said = trial.daemon->errors().size();
    const Door door = i == 1 ? Door::kSilent : Door::kRefused;
    trial.reconnects(door == Door::kSilent ? 3 : 0, [&] {
      trial.proxy.set_door(door);
      trial.proxy.reset();
    });
    wait_for([&] { return trial.daemon->errors().size() > said; }, kSaleDeadline, "the daemon to say so");
    trial.proxy.set_door(Door::kOpen);
  });
}

TEST_CASE("a flapping connection leaks no descriptor and causes no reconnect storm") {
  ProxiedSale trial;
  trial.disturb(1, 300, [&](int) {
    const std::string pid = std::to_string(trial.daemon->pid());
    const auto files = open_files(pid);
    const ProxyStats before = trial.proxy.stats();
    trial.proxy.flap(60ms, 30ms);
    wait_for([&] { return trial.proxy.stats().flaps >= 25; }, kSaleDeadline, "25 flaps");
    trial.proxy.stop_flapping();
    const ProxyStats after = trial.proxy.stats();
    // Two sessions; each may connect more than once while the proxy is up.
    CHECK(after.accepted - before.accepted <= 4 * after.flaps + 4);
    trial.sale.wait_for_results(400);
    wait_for([&] { return open_files(pid) == files; }, kSaleDeadline, "as many descriptors as before");
  });
}

TEST_CASE("a settlement whose reply is lost sells nothing twice") {
  ProxiedSale trial;
  trial.disturb(9, 200, [&](int i) {
    trial.play(settlement().after(trial.sale.random.number(1, 60)).swallow_reply().then(kEnds[i % 3]));
  });
}

TEST_CASE("a settlement that never reaches the server is settled in order") {
  ProxiedSale trial;
  trial.disturb(9, 200, [&](int i) {
    trial.play(settlement().after(trial.sale.random.number(1, 60)).lose_command().then(kEnds[i % 3]));
  });
}

TEST_CASE("a reset in the middle of a read loses nothing") {
  ProxiedSale trial;
  trial.disturb(14, 200, [&](int i) {
    Trigger cut = Trigger::on("XREAD");
    i % 2 == 0 ? cut.cut_reply_after_entries(trial.sale.random.number(1, 20))
               : cut.cut_reply_after_bytes(trial.sale.random.number(1, 1500));
    // Only the watchdog of a blocking read notices silence, which takes a while: once is enough.
    trial.play(cut.then(i == 0 ? Then::kSilence : kEnds[i / 2 % 2]));
  });
}

TEST_CASE("resets at random bytes of either direction lose nothing") {
  ProxiedSale trial;
  trial.disturb(12, 150, [&](int i) {
    const uint64_t before = trial.proxy.stats().resets;
    trial.proxy.reset_after(i % 2 == 0 ? Direction::kToServer : Direction::kToClient,
                            trial.sale.random.number(1, 20'000));
    wait_for([&] { return trial.proxy.stats().resets > before; }, kSaleDeadline, "the reset");
  });
}

TEST_CASE("a reply that arrives after its connection timed out settles nothing") {
  ProxiedSale trial;
  trial.disturb(3, 100, [&](int) {
    trial.reconnects(1, [&] { trial.play(settlement().after(trial.sale.random.number(1, 40)).hold_reply()); });
    trial.sale.wait_for_results(trial.sale.random.number(1, 100));
    trial.proxy.release();
  });
}

TEST_CASE("commands that arrive after their connection timed out settle nothing twice") {
  ProxiedSale trial;
  trial.disturb(3, 300, [&](int) {
    trial.reconnects(2, [&] { trial.proxy.set(Direction::kToServer, {.flow = Flow::kHeld}); });
    trial.proxy.set(Direction::kToServer, {});
  });
}

TEST_CASE("the watchdog notices lost replies and nothing is settled twice") {
  for (const Direction direction : {Direction::kToClient, Direction::kToServer}) {
    ProxiedSale trial;
    trial.disturb(2, 300, [&](int) {
      trial.reconnects(2, [&] { trial.proxy.set(direction, {.flow = Flow::kBlackHole}); });
      CHECK(trial.proxy.stats().bytes_lost > 0);
      trial.proxy.heal();
    });
    CHECK(says(*trial.daemon, "no reply"));
  }
}

TEST_CASE("garbage in a reply closes the connection but not the daemon") {
  const std::string garbage[] = {"?",
                                 std::string("\0\0\0\0", 4),
                                 "$-7\r\n",
                                 "$99999999999999999999\r\n",
                                 "*99999999999999999999\r\n",
                                 ":12x\r\n",
                                 "HTTP/1.1 400 Bad Request\r\n\r\n"};
  ProxiedSale trial;
  trial.disturb(14, 200, [&](int i) {
    CAPTURE(garbage[i / 2]);
    // Into all connections, even in the middle of a reply.
    trial.reconnects(1, [&] { trial.proxy.inject(garbage[i / 2]); });
  });
}
