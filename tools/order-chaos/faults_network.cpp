// N1 to N8: network faults between a daemon and the server, injected by the daemon's proxy.
#include "order-chaos/fault.h"
#include "support/wait_for.h"

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
using Kind::kAnywhere;
using Touches::kProxy;

constexpr auto kFireDeadline = 300ms;  // a standby settles nothing

Injected until_healed(Daemon& daemon, milliseconds lasts) {
  return {lasts, [&daemon] { daemon.proxy().heal(); }};
}

// How bytes are carried, to the server and to the client. It lasts from..to milliseconds.
Inject link(const LinkFaults& to_server, const LinkFaults& to_client, std::size_t from, std::size_t to) {
  return [=](Trial& trial, Daemon& daemon) {
    daemon.proxy().set(Direction::kToServer, to_server);
    daemon.proxy().set(Direction::kToClient, to_client);
    return until_healed(daemon, trial.between(from, to));
  };
}

// What a command fires: one of the next `skipped`.
Inject fires(const Trigger& trigger, std::size_t skipped = 30) {
  return [trigger, skipped](Trial& trial, Daemon& daemon) {
    daemon.proxy().arm(Trigger(trigger).after(trial.random.number(skipped)));
    (void)test::poll_until([&] { return daemon.proxy().fired(); }, kFireDeadline);
    return until_healed(daemon, trial.between(20, 150));
  };
}

// The same, cut after 1 to `limit` entries or bytes.
Inject cut(const Trigger& trigger, std::size_t limit, std::size_t skipped) {
  return [trigger, limit, skipped](Trial& trial, Daemon& daemon) {
    Trigger cutting = trigger;
    cutting.limit = trial.random.number(1, limit);
    return fires(cutting, skipped)(trial, daemon);
  };
}

Inject door(Door door, std::size_t lasts_to) {
  return [door, lasts_to](Trial& trial, Daemon& daemon) {
    daemon.proxy().set_door(door);
    daemon.proxy().reset();
    return until_healed(daemon, trial.between(50, lasts_to));
  };
}

Inject reset_inside(Direction direction) {
  return [direction](Trial& trial, Daemon& daemon) {
    daemon.proxy().reset_after(direction, trial.random.number(1, 5000));
    return until_healed(daemon, trial.between(20, 100));
  };
}

constexpr const char* kGarbage[] = {
    "!?\r\n",
    "*-7\r\n",
    "$99999999999\r\n",
    ":nonsense\r\n",
    "*3\r\n$1\r\na\r\n:",
    "+OK\r\n",
    "-ERR out of thin air\r\n",
    "\r\n\r\n",
};

const LinkFaults kHeld = {.flow = Flow::kHeld}, kLost = {.flow = Flow::kBlackHole},
                 kSlow = {.bytes_per_second = 10'000};

}  // namespace

const std::vector<Fault> kNetworkFaults = {
    {"N1", "connections refused", kProxy, kAnywhere, door(Door::kRefused, 1000)},
    {"N1", "connections are accepted but never served", kProxy, kAnywhere, door(Door::kSilent, 800)},
    {"N2", "requests vanish", kProxy, kAnywhere, link(kLost, {}, 50, 900)},
    // The requests arrive and take effect, but the replies are lost.
    {"N2", "replies vanish", kProxy, kAnywhere, link({}, kLost, 50, 900)},
    {"N2", "both vanish", kProxy, kAnywhere, link(kLost, kLost, 50, 900)},
    {"N2", "replies arrive late, all at once", kProxy, kAnywhere, link({}, kHeld, 50, 900)},
    {"N2", "the reply to a settlement is lost", kProxy, kAnywhere, fires(settlement().swallow_reply())},
    {"N2", "a settlement is lost", kProxy, kAnywhere, fires(settlement().lose_command())},
    {"N3", "a read is cut after some entries", kProxy, kAnywhere,
     cut(Trigger::on("XREAD").cut_reply_after_entries(1), 5, 1)},
    {"N3", "the answer to a settlement is cut", kProxy, kAnywhere, cut(settlement().cut_reply_after_bytes(1), 10, 30)},
    {"N3", "a reset inside a request", kProxy, kAnywhere, reset_inside(Direction::kToServer)},
    {"N3", "a reset inside a reply", kProxy, kAnywhere, reset_inside(Direction::kToClient)},
    {"N3", "garbage among the replies", kProxy, kAnywhere,
     [](Trial& trial, Daemon& daemon) {
       daemon.proxy().inject(kGarbage[trial.random.number(std::size(kGarbage))]);
       return until_healed(daemon, trial.between(10, 50));
     }},
    // Nothing arrives in either direction, and neither side sees EOF. New connections work at once.
    {"N4", "half-open: the peer is gone without FIN or RST", kProxy, kAnywhere,
     [](Trial& trial, Daemon& daemon) {
       daemon.proxy().set_both(kLost);
       let_pass(trial.between(5, 30));
       daemon.proxy().set_both({});
       return until_healed(daemon, trial.between(900, 1400));
     }},
    {"N4", "half-closed", kProxy, kAnywhere,
     [](Trial& trial, Daemon& daemon) {
       daemon.proxy().half_close(trial.random.chance(50) ? Direction::kToClient : Direction::kToServer);
       return until_healed(daemon, trial.between(20, 200));
     }},
    {"N5", "latency and jitter", kProxy, kAnywhere,
     [](Trial& trial, Daemon& daemon) {
       daemon.proxy().set_both({.latency = trial.between(1, 100), .jitter = trial.between(0, 100)});
       return until_healed(daemon, trial.between(100, 600));
     }},
    {"N5", "slices of single bytes", kProxy, kAnywhere,
     [](Trial& trial, Daemon& daemon) {
       daemon.proxy().set_both({.slice_max = trial.random.number(1, 3)});
       return until_healed(daemon, trial.between(100, 400));
     }},
    {"N5", "10 kB a second", kProxy, kAnywhere, link(kSlow, kSlow, 100, 500)},
    // Now and then a stream stalls for a retransmission timeout, then all arrives at once.
    {"N6", "stalls, as after lost segments", kProxy, kAnywhere,
     [](Trial& trial, Daemon& daemon) {
       for (int i = 0; i < 3; ++i) {
         daemon.proxy().set_both(kHeld);
         let_pass(trial.between(20, 200));
         daemon.proxy().set_both({});
         let_pass(trial.between(5, 50));
       }
       return until_healed(daemon, 0ms);
     }},
    {"N7", "flapping ten times a second", kProxy, kAnywhere,
     [](Trial& trial, Daemon& daemon) {
       for (std::size_t times = trial.random.number(2, 9); times > 0; --times) {
         daemon.proxy().set_door(Door::kRefused);
         daemon.proxy().reset();
         let_pass(50ms);
         daemon.proxy().set_door(Door::kOpen);
         let_pass(50ms);
       }
       return until_healed(daemon, 0ms);
     }},
    // They arrive long after their connection timed out, when another daemon is active.
    {"N8", "calls arrive after a takeover", kProxy, kAnywhere, link(kHeld, {}, 600, 1800)},
};

}  // namespace orderd::chaos
