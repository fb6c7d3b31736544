// N1 to N8: network faults between a daemon and the server, injected by the daemon's proxy.
#include "chaos/pace.h"
#include "chaos/runner/fault.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using test::Direction;
using test::Door;
using test::LinkFaults;
using test::Trigger;

std::function<void()> healing(Trial& trial, std::size_t number) {
  return [&trial, number] { trial.daemons[number]->proxy.heal(); };
}

Injected refused(Trial& trial, std::size_t number) {
  test::FaultProxy& proxy = trial.daemons[number]->proxy;
  proxy.set_door(Door::kRefused);
  proxy.reset();
  return {trial.between(50, 1000), healing(trial, number)};
}

Injected silent(Trial& trial, std::size_t number) {
  test::FaultProxy& proxy = trial.daemons[number]->proxy;
  proxy.set_door(Door::kSilent);
  proxy.reset();
  return {trial.between(50, 800), healing(trial, number)};
}

Injected linked(Trial& trial, std::size_t number, std::optional<Direction> direction, const LinkFaults& faults,
                milliseconds lasts) {
  test::FaultProxy& proxy = trial.daemons[number]->proxy;
  if (direction) {
    proxy.set(*direction, faults);
  } else {
    proxy.set_both(faults);
  }
  return {lasts, healing(trial, number)};
}

LinkFaults flow(LinkFaults::Flow kind) {
  LinkFaults faults;
  faults.flow = kind;
  return faults;
}

Injected requests_vanish(Trial& trial, std::size_t number) {
  return linked(trial, number, Direction::kToServer, flow(LinkFaults::Flow::kBlackHole), trial.between(50, 900));
}

// The requests arrive and take effect, but the replies are lost.
Injected replies_vanish(Trial& trial, std::size_t number) {
  return linked(trial, number, Direction::kToClient, flow(LinkFaults::Flow::kBlackHole), trial.between(50, 900));
}

Injected both_vanish(Trial& trial, std::size_t number) {
  return linked(trial, number, std::nullopt, flow(LinkFaults::Flow::kBlackHole), trial.between(50, 900));
}

Injected replies_late(Trial& trial, std::size_t number) {
  return linked(trial, number, Direction::kToClient, flow(LinkFaults::Flow::kHeld), trial.between(50, 900));
}

// Calls arrive long after their connection timed out, when another daemon is active.
Injected calls_late(Trial& trial, std::size_t number) {
  return linked(trial, number, Direction::kToServer, flow(LinkFaults::Flow::kHeld), trial.between(600, 1800));
}

Injected reset_request(Trial& trial, std::size_t number) {
  (void)trial.daemons[number]->proxy.reset_somewhere(Direction::kToServer, 5000);
  return {trial.between(20, 100), healing(trial, number)};
}

Injected reset_reply(Trial& trial, std::size_t number) {
  (void)trial.daemons[number]->proxy.reset_somewhere(Direction::kToClient, 5000);
  return {trial.between(20, 100), healing(trial, number)};
}

Injected triggered(Trial& trial, std::size_t number, Trigger trigger) {
  trial.daemons[number]->proxy.add(trigger);
  return {trial.between(20, 150), healing(trial, number)};
}

Injected swallow_settlement(Trial& trial, std::size_t number) {
  return triggered(trial, number, test::settlement().after(trial.random.number(30)).swallow_reply());
}

Injected lose_settlement(Trial& trial, std::size_t number) {
  return triggered(trial, number, test::settlement().after(trial.random.number(30)).lose_command());
}

Injected cut_read(Trial& trial, std::size_t number) {
  return triggered(trial, number, Trigger::on("XREAD").cut_reply_after_entries(trial.random.number(1, 5)));
}

Injected cut_settlement(Trial& trial, std::size_t number) {
  return triggered(trial, number,
                   test::settlement().after(trial.random.number(30)).cut_reply_after_bytes(trial.random.number(1, 10)));
}

Injected garbage(Trial& trial, std::size_t number) {
  static const char* const kGarbage[] = {"!?\r\n",
                                         "*-7\r\n",
                                         "$99999999999\r\n",
                                         ":nonsense\r\n",
                                         "*3\r\n$1\r\na\r\n:",
                                         "+OK\r\n",
                                         "-ERR out of thin air\r\n",
                                         "\r\n\r\n"};
  trial.daemons[number]->proxy.inject(kGarbage[trial.random.number(8)]);
  return {trial.between(10, 50), healing(trial, number)};
}

// Half-open: nothing arrives in either direction, and neither side sees EOF. New connections work at once.
Injected half_open(Trial& trial, std::size_t number) {
  test::FaultProxy& proxy = trial.daemons[number]->proxy;
  proxy.set_both(flow(LinkFaults::Flow::kBlackHole));
  let_pass(trial.between(5, 30));
  proxy.set_both(LinkFaults{});
  return {trial.between(900, 1400), healing(trial, number)};
}

Injected half_closed(Trial& trial, std::size_t number) {
  trial.daemons[number]->proxy.half_close(trial.random.chance(50) ? Direction::kToClient : Direction::kToServer);
  return {trial.between(20, 200), healing(trial, number)};
}

Injected slow(Trial& trial, std::size_t number) {
  LinkFaults faults;
  faults.latency = trial.between(1, 100);
  faults.jitter = trial.between(0, 100);
  return linked(trial, number, std::nullopt, faults, trial.between(100, 600));
}

Injected single_bytes(Trial& trial, std::size_t number) {
  LinkFaults faults;
  faults.slice_max = trial.random.number(1, 3);
  return linked(trial, number, std::nullopt, faults, trial.between(100, 400));
}

Injected narrow(Trial& trial, std::size_t number) {
  LinkFaults faults;
  faults.bytes_per_second = 10'000;
  return linked(trial, number, std::nullopt, faults, trial.between(100, 500));
}

// The effect of lost segments: now and then a stream stalls for a retransmission timeout, then all arrives at once.
Injected lossy(Trial& trial, std::size_t number) {
  test::FaultProxy& proxy = trial.daemons[number]->proxy;
  for (int i = 0; i < 3; ++i) {
    proxy.set_both(flow(LinkFaults::Flow::kHeld));
    let_pass(trial.between(20, 200));
    proxy.set_both(LinkFaults{});
    let_pass(trial.between(5, 50));
  }
  return {0ms, healing(trial, number)};
}

Injected flapping(Trial& trial, std::size_t number) {
  trial.daemons[number]->proxy.flap(50ms, 50ms);
  return {trial.between(200, 900), healing(trial, number)};
}

}  // namespace

void add_network_faults(std::vector<Fault>& faults) {
  const auto add = [&](const char* id, const char* name, Injected (*inject)(Trial&, std::size_t)) {
    faults.push_back({id, name, Touches::kProxy, "", Kind::kAnywhere, inject});
  };
  add("N1", "connections refused", refused);
  add("N1", "connections are accepted but never served", silent);
  add("N2", "requests vanish", requests_vanish);
  add("N2", "replies vanish", replies_vanish);
  add("N2", "both vanish", both_vanish);
  add("N2", "replies arrive late, all at once", replies_late);
  add("N2", "the reply to a settlement is lost", swallow_settlement);
  add("N2", "a settlement is lost", lose_settlement);
  add("N3", "a reset inside a request", reset_request);
  add("N3", "a reset inside a reply", reset_reply);
  add("N3", "a read is cut after some entries", cut_read);
  add("N3", "the answer to a settlement is cut", cut_settlement);
  add("N3", "garbage among the replies", garbage);
  add("N4", "half-open: the peer is gone without FIN or RST", half_open);
  add("N4", "half-closed", half_closed);
  add("N5", "latency and jitter", slow);
  add("N5", "slices of single bytes", single_bytes);
  add("N5", "10 kB a second", narrow);
  add("N6", "stalls, as after lost segments", lossy);
  add("N7", "flapping ten times a second", flapping);
  add("N8", "calls arrive after a takeover", calls_late);
}

}  // namespace orderd::chaos
