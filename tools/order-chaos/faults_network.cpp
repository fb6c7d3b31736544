// N1 to N8: network faults between a daemon and the server, injected by the daemon's proxy.
#include "order-chaos/fault.h"
#include "order-chaos/pace.h"

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

// How bytes are carried. Random values are drawn when the fault is injected.
struct LinkFault {
  const char* id;
  const char* name;
  std::vector<Direction> directions;
  std::function<LinkFaults(Trial&)> faults;
  std::size_t lasts_from, lasts_to;  // in milliseconds
};

const std::vector<Direction> kBoth = {Direction::kToServer, Direction::kToClient};

std::function<LinkFaults(Trial&)> flow(Flow flow) {
  return [flow](Trial&) { return LinkFaults{.flow = flow}; };
}

std::vector<LinkFault> link_faults() {
  const auto late = [](Trial& trial) {
    return LinkFaults{.latency = trial.between(1, 100), .jitter = trial.between(0, 100)};
  };
  return {
      {"N2", "requests vanish", {Direction::kToServer}, flow(Flow::kBlackHole), 50, 900},
      // The requests arrive and take effect, but the replies are lost.
      {"N2", "replies vanish", {Direction::kToClient}, flow(Flow::kBlackHole), 50, 900},
      {"N2", "both vanish", kBoth, flow(Flow::kBlackHole), 50, 900},
      {"N2", "replies arrive late, all at once", {Direction::kToClient}, flow(Flow::kHeld), 50, 900},
      {"N5", "latency and jitter", kBoth, late, 100, 600},
      {"N5", "slices of single bytes", kBoth,
       [](Trial& trial) { return LinkFaults{.slice_max = trial.random.number(1, 3)}; }, 100, 400},
      {"N5", "10 kB a second", kBoth, [](Trial&) { return LinkFaults{.bytes_per_second = 10'000}; }, 100, 500},
      // Calls arrive long after their connection timed out, when another daemon is active.
      {"N8", "calls arrive after a takeover", {Direction::kToServer}, flow(Flow::kHeld), 600, 1800},
  };
}

// What a command fires.
struct CommandFault {
  const char* id;
  const char* name;
  std::function<Trigger(test::Random&)> trigger;
};

std::vector<CommandFault> command_faults() {
  using test::Random;
  return {
      {"N2", "the reply to a settlement is lost",
       [](Random& random) { return settlement().after(random.number(30)).swallow_reply(); }},
      {"N2", "a settlement is lost",
       [](Random& random) { return settlement().after(random.number(30)).lose_command(); }},
      {"N3", "a read is cut after some entries",
       [](Random& random) { return Trigger::on("XREAD").cut_reply_after_entries(random.number(1, 5)); }},
      {"N3", "the answer to a settlement is cut",
       [](Random& random) {
         return settlement().after(random.number(30)).cut_reply_after_bytes(random.number(1, 10));
       }},
  };
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
    (void)daemon.proxy().reset_somewhere(direction, 5000);
    return until_healed(daemon, trial.between(20, 100));
  };
}

Injected garbage(Trial& trial, Daemon& daemon) {
  static const char* const kGarbage[] = {"!?\r\n",
                                         "*-7\r\n",
                                         "$99999999999\r\n",
                                         ":nonsense\r\n",
                                         "*3\r\n$1\r\na\r\n:",
                                         "+OK\r\n",
                                         "-ERR out of thin air\r\n",
                                         "\r\n\r\n"};
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
  std::vector<Fault> faults;
  const auto add = [&](const char* id, const char* name, OfDaemon inject) {
    faults.push_back(daemon_fault(id, name, std::move(inject), Touches::kProxy));
  };
  for (const LinkFault& row : link_faults()) {
    add(row.id, row.name, [row](Trial& trial, Daemon& daemon) {
      const LinkFaults link = row.faults(trial);
      for (const Direction direction : row.directions) daemon.proxy().set(direction, link);
      return until_healed(daemon, trial.between(row.lasts_from, row.lasts_to));
    });
  }
  for (const CommandFault& row : command_faults()) {
    add(row.id, row.name, [row](Trial& trial, Daemon& daemon) {
      daemon.proxy().add(row.trigger(trial.random));
      return until_healed(daemon, trial.between(20, 150));
    });
  }
  add("N1", "connections refused", door(Door::kRefused, 1000));
  add("N1", "connections are accepted but never served", door(Door::kSilent, 800));
  add("N3", "a reset inside a request", reset_inside(Direction::kToServer));
  add("N3", "a reset inside a reply", reset_inside(Direction::kToClient));
  add("N3", "garbage among the replies", garbage);
  add("N4", "half-open: the peer is gone without FIN or RST", half_open);
  add("N4", "half-closed", half_closed);
  add("N6", "stalls, as after lost segments", stalls);
  add("N7", "flapping ten times a second", flapping);
  return faults;
}

}  // namespace orderd::chaos
