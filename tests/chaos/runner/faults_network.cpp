// Rows N1 to N7: what happens between a daemon and the server. Played by the daemon's proxy.
#include "chaos/runner/fault.h"
#include "chaos/runner/pace.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using test::Direction;
using test::Door;
using test::LinkFaults;
using test::Trigger;

std::function<void()> healing(World& world, std::size_t number) {
  return [&world, number] { world.daemons[number]->proxy.heal(); };
}

Injury refused(World& world, std::size_t number) {
  test::FaultProxy& proxy = world.daemons[number]->proxy;
  proxy.set_door(Door::kRefused);
  proxy.reset();
  return {world.between(50, 1000), healing(world, number)};
}

Injury silent(World& world, std::size_t number) {
  test::FaultProxy& proxy = world.daemons[number]->proxy;
  proxy.set_door(Door::kSilent);
  proxy.reset();
  return {world.between(50, 800), healing(world, number)};
}

Injury linked(World& world, std::size_t number, std::optional<Direction> direction, const LinkFaults& faults,
              milliseconds lasts) {
  test::FaultProxy& proxy = world.daemons[number]->proxy;
  if (direction) {
    proxy.set(*direction, faults);
  } else {
    proxy.set_both(faults);
  }
  return {lasts, healing(world, number)};
}

LinkFaults flow(LinkFaults::Flow kind) {
  LinkFaults faults;
  faults.flow = kind;
  return faults;
}

Injury requests_vanish(World& world, std::size_t number) {
  return linked(world, number, Direction::kToServer, flow(LinkFaults::Flow::kBlackHole), world.between(50, 900));
}

// They arrive and take effect, and nobody hears of it.
Injury replies_vanish(World& world, std::size_t number) {
  return linked(world, number, Direction::kToClient, flow(LinkFaults::Flow::kBlackHole), world.between(50, 900));
}

Injury both_vanish(World& world, std::size_t number) {
  return linked(world, number, std::nullopt, flow(LinkFaults::Flow::kBlackHole), world.between(50, 900));
}

Injury replies_late(World& world, std::size_t number) {
  return linked(world, number, Direction::kToClient, flow(LinkFaults::Flow::kHeld), world.between(50, 900));
}

Injury reset_request(World& world, std::size_t number) {
  (void)world.daemons[number]->proxy.reset_somewhere(Direction::kToServer, 5000);
  return {world.between(20, 100), healing(world, number)};
}

Injury reset_reply(World& world, std::size_t number) {
  (void)world.daemons[number]->proxy.reset_somewhere(Direction::kToClient, 5000);
  return {world.between(20, 100), healing(world, number)};
}

Injury triggered(World& world, std::size_t number, Trigger trigger) {
  world.daemons[number]->proxy.add(trigger);
  return {world.between(20, 150), healing(world, number)};
}

Injury swallow_settlement(World& world, std::size_t number) {
  return triggered(world, number, Trigger::on("EVALSHA").after(world.random.number(30)).swallow_reply());
}

Injury lose_settlement(World& world, std::size_t number) {
  return triggered(world, number, Trigger::on("EVALSHA").after(world.random.number(30)).lose_command());
}

Injury cut_delivery(World& world, std::size_t number) {
  return triggered(world, number, Trigger::on("XREADGROUP").cut_reply_after_entries(world.random.number(1, 5)));
}

Injury cut_settlement(World& world, std::size_t number) {
  return triggered(
      world, number,
      Trigger::on("EVALSHA").after(world.random.number(30)).cut_reply_after_bytes(world.random.number(1, 10)));
}

Injury garbage(World& world, std::size_t number) {
  static const char* const kGarbage[] = {"!?\r\n",
                                         "*-7\r\n",
                                         "$99999999999\r\n",
                                         ":nonsense\r\n",
                                         "*3\r\n$1\r\na\r\n:",
                                         "+OK\r\n",
                                         "-ERR out of thin air\r\n",
                                         "\r\n\r\n"};
  world.daemons[number]->proxy.inject(kGarbage[world.random.number(8)]);
  return {world.between(10, 50), healing(world, number)};
}

// The peer is gone and nobody says so: nothing arrives in either direction, and no end is seen. New connections are
// good at once.
Injury half_open(World& world, std::size_t number) {
  test::FaultProxy& proxy = world.daemons[number]->proxy;
  proxy.set_both(flow(LinkFaults::Flow::kBlackHole));
  let_pass(world.between(5, 30));
  proxy.set_both(LinkFaults{});
  return {world.between(900, 1400), healing(world, number)};
}

Injury half_closed(World& world, std::size_t number) {
  world.daemons[number]->proxy.half_close(world.random.chance(50) ? Direction::kToClient : Direction::kToServer);
  return {world.between(20, 200), healing(world, number)};
}

Injury slow(World& world, std::size_t number) {
  LinkFaults faults;
  faults.latency = world.between(1, 100);
  faults.jitter = world.between(0, 100);
  return linked(world, number, std::nullopt, faults, world.between(100, 600));
}

Injury single_bytes(World& world, std::size_t number) {
  LinkFaults faults;
  faults.slice_max = world.random.number(1, 3);
  return linked(world, number, std::nullopt, faults, world.between(100, 400));
}

Injury narrow(World& world, std::size_t number) {
  LinkFaults faults;
  faults.bytes_per_second = 10'000;
  return linked(world, number, std::nullopt, faults, world.between(100, 500));
}

// What a lost segment does to a stream: now and then it stands for a retransmission time-out, then all comes at once.
Injury lossy(World& world, std::size_t number) {
  test::FaultProxy& proxy = world.daemons[number]->proxy;
  for (int i = 0; i < 3; ++i) {
    proxy.set_both(flow(LinkFaults::Flow::kHeld));
    let_pass(world.between(20, 200));
    proxy.set_both(LinkFaults{});
    let_pass(world.between(5, 50));
  }
  return {0ms, healing(world, number)};
}

Injury flapping(World& world, std::size_t number) {
  world.daemons[number]->proxy.flap(50ms, 50ms);
  return {world.between(200, 900), healing(world, number)};
}

}  // namespace

void add_network_faults(std::vector<Fault>& faults) {
  const auto add = [&](const char* row, const char* name, Injury (*play)(World&, std::size_t)) {
    faults.push_back({row, name, Touches::kProxy, "", Kind::kAnywhere, play});
  };
  add("N1", "connections refused", refused);
  add("N1", "connections accepted and never served", silent);
  add("N2", "requests vanish", requests_vanish);
  add("N2", "replies vanish", replies_vanish);
  add("N2", "both vanish", both_vanish);
  add("N2", "replies come late, all at once", replies_late);
  add("N2", "the reply to a settlement is swallowed", swallow_settlement);
  add("N2", "a settlement is lost on its way", lose_settlement);
  add("N3", "a reset inside a request", reset_request);
  add("N3", "a reset inside a reply", reset_reply);
  add("N3", "a delivery is cut behind some entries", cut_delivery);
  add("N3", "the answer to a settlement is cut", cut_settlement);
  add("N3", "garbage among the replies", garbage);
  add("N4", "half-open: the peer is gone without a word", half_open);
  add("N4", "half-closed", half_closed);
  add("N5", "latency and jitter", slow);
  add("N5", "slices of single bytes", single_bytes);
  add("N5", "10 kB a second", narrow);
  add("N6", "stalls, as lost segments make them", lossy);
  add("N7", "flapping ten times a second", flapping);
}

}  // namespace orderd::chaos
