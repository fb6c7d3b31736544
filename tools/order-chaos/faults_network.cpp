// N1 to N8: network faults between a daemon and the server, injected by the daemon's proxy.
#include "order-chaos/fault.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using test::Direction;
using test::Door;
using test::LinkFaults;
using test::settlement;
using test::Trigger;
using Flow = LinkFaults::Flow;

Injected until_healed(Daemon& daemon, milliseconds lasts) {
  return {lasts, [&daemon] { daemon.proxy().heal(); }};
}

const std::vector<Direction> kToServer = {Direction::kToServer};
const std::vector<Direction> kToClient = {Direction::kToClient};
const std::vector<Direction> kBoth = {Direction::kToServer, Direction::kToClient};

// How bytes are carried. Random values are drawn when the fault is injected. It lasts from..to milliseconds.
OfDaemon link(const std::vector<Direction>& directions, const std::function<LinkFaults(Trial&)>& faults,
              std::size_t from, std::size_t to) {
  return [=](Trial& trial, Daemon& daemon) {
    const LinkFaults link = faults(trial);
    for (const Direction direction : directions) daemon.proxy().set(direction, link);
    return until_healed(daemon, trial.between(from, to));
  };
}

std::function<LinkFaults(Trial&)> flow(Flow flow) {
  return [flow](Trial&) { return LinkFaults{.flow = flow}; };
}

// What a command fires.
OfDaemon command(const std::function<Trigger(test::Random&)>& trigger) {
  return [trigger](Trial& trial, Daemon& daemon) {
    daemon.proxy().arm(trigger(trial.random));
    return until_healed(daemon, trial.between(20, 150));
  };
}

Trigger some_settlement(test::Random& random) {
  return settlement().after(random.number(30));
}

OfDaemon door(Door door, std::size_t lasts_to) {
  return [door, lasts_to](Trial& trial, Daemon& daemon) {
    daemon.proxy().set_door(door);
    daemon.proxy().reset();
    return until_healed(daemon, trial.between(50, lasts_to));
  };
}

OfDaemon reset_inside(Direction direction) {
  return [direction](Trial& trial, Daemon& daemon) {
    daemon.proxy().reset_after(direction, trial.random.number(1, 5000));
    return until_healed(daemon, trial.between(20, 100));
  };
}

Injected garbage(Trial& trial, Daemon& daemon) {
  static const char* const kGarbage[] = {
      "!?\r\n",
      "*-7\r\n",
      "$99999999999\r\n",
      ":nonsense\r\n",
      "*3\r\n$1\r\na\r\n:",
      "+OK\r\n",
      "-ERR out of thin air\r\n",
      "\r\n\r\n",
  };
  daemon.proxy().inject(kGarbage[trial.random.number(8)]);
  return until_healed(daemon, trial.between(10, 50));
}

// Half-open: nothing arrives in either direction, and neither side sees EOF. New connections work at once.
Injected half_open(Trial& trial, Daemon& daemon) {
  daemon.proxy().set_both({.flow = Flow::kBlackHole});
  let_pass(trial.between(5, 30));
  daemon.proxy().set_both({});
  return until_healed(daemon, trial.between(900, 1400));
}

Injected half_closed(Trial& trial, Daemon& daemon) {
  daemon.proxy().half_close(trial.random.chance(50) ? Direction::kToClient : Direction::kToServer);
  return until_healed(daemon, trial.between(20, 200));
}

// The effect of lost segments: now and then a stream stalls for a retransmission timeout, then all arrives at once.
Injected stalls(Trial& trial, Daemon& daemon) {
  for (int i = 0; i < 3; ++i) {
    daemon.proxy().set_both({.flow = Flow::kHeld});
    let_pass(trial.between(20, 200));
    daemon.proxy().set_both({});
    let_pass(trial.between(5, 50));
  }
  return until_healed(daemon, 0ms);
}

Injected flapping(Trial& trial, Daemon& daemon) {
  daemon.proxy().flap(50ms, 50ms);
  return until_healed(daemon, trial.between(200, 900));
}

}  // namespace

std::vector<Fault> network_faults() {
  const auto late = [](Trial& trial) {
    return LinkFaults{.latency = trial.between(1, 100), .jitter = trial.between(0, 100)};
  };
  const auto sliced = [](Trial& trial) { return LinkFaults{.slice_max = trial.random.number(1, 3)}; };
  const auto slow = [](Trial&) { return LinkFaults{.bytes_per_second = 10'000}; };
  const auto lose_reply = [](auto& random) { return some_settlement(random).swallow_reply(); };
  const auto lose_command = [](auto& random) { return some_settlement(random).lose_command(); };
  const auto cut_read = [](auto& random) { return Trigger::on("XREAD").cut_reply_after_entries(random.number(1, 5)); };
  const auto cut_answer = [](auto& random) {
    return some_settlement(random).cut_reply_after_bytes(random.number(1, 10));
  };
  const auto row = [](const char* id, const char* name, OfDaemon inject) {
    return daemon_fault(id, name, std::move(inject), Touches::kProxy);
  };
  return {
      row("N2", "requests vanish", link(kToServer, flow(Flow::kBlackHole), 50, 900)),
      // The requests arrive and take effect, but the replies are lost.
      row("N2", "replies vanish", link(kToClient, flow(Flow::kBlackHole), 50, 900)),
      row("N2", "both vanish", link(kBoth, flow(Flow::kBlackHole), 50, 900)),
      row("N2", "replies arrive late, all at once", link(kToClient, flow(Flow::kHeld), 50, 900)),
      row("N5", "latency and jitter", link(kBoth, late, 100, 600)),
      row("N5", "slices of single bytes", link(kBoth, sliced, 100, 400)),
      row("N5", "10 kB a second", link(kBoth, slow, 100, 500)),
      // Calls arrive long after their connection timed out, when another daemon is active.
      row("N8", "calls arrive after a takeover", link(kToServer, flow(Flow::kHeld), 600, 1800)),
      row("N2", "the reply to a settlement is lost", command(lose_reply)),
      row("N2", "a settlement is lost", command(lose_command)),
      row("N3", "a read is cut after some entries", command(cut_read)),
      row("N3", "the answer to a settlement is cut", command(cut_answer)),
      row("N1", "connections refused", door(Door::kRefused, 1000)),
      row("N1", "connections are accepted but never served", door(Door::kSilent, 800)),
      row("N3", "a reset inside a request", reset_inside(Direction::kToServer)),
      row("N3", "a reset inside a reply", reset_inside(Direction::kToClient)),
      row("N3", "garbage among the replies", garbage),
      row("N4", "half-open: the peer is gone without FIN or RST", half_open),
      row("N4", "half-closed", half_closed),
      row("N6", "stalls, as after lost segments", stalls),
      row("N7", "flapping ten times a second", flapping),
  };
}

}  // namespace orderd::chaos
