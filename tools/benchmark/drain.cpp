// The base case: one hot SKU, one-line orders, all accepted, records kept, a Unix socket, no append-only file. Each
// variant changes one thing.
#include <spdlog/fmt/fmt.h>

#include "benchmark/parts.h"
#include "benchmark/run.h"

namespace orderd::bench {
namespace {

constexpr uint64_t kFewer = 5;
constexpr unsigned kConsumerBatch = 64;  // of the hand-written consumer: its best value

struct Variant {
  const char* name;
  Setup setup;
};

std::vector<Variant> variants() {
  Setup base;
  std::vector<Variant> all{{"one line, one SKU, accepted, unix socket", base}};
  const auto add = [&](const char* name, auto change) {
    Setup setup = base;
    change(setup);
    all.push_back({name, setup});
  };
  add("loopback TCP", [](Setup& s) { s.transport = Transport::kTcp; });
  add("append-only file, everysec", [](Setup& s) { s.append_only = AppendOnly::kEverySecond; });
  add("append-only file, always", [](Setup& s) { s.append_only = AppendOnly::kAlways; });
  add("four lines, four SKUs", [](Setup& s) { s.shape = {.lines = 4, .skus = 4}; });
  add("sold out", [](Setup& s) { s.shape.sold_out = true; });
  add("ids not remembered (dedup_window 0s)", [](Setup& s) { s.dedup = false; });
  add("100,000 SKUs", [](Setup& s) { s.shape.skus = 100'000; });
  add("8 orders a call", [](Setup& s) { s.orders_per_call = 8; });
  add("128 orders a call", [](Setup& s) { s.orders_per_call = 128; });
  return all;
}

// One run of each, alternating, so that other load on the machine affects all of them.
struct Round {
  Cost bare;
  Cost ceiling;
  Cost consumer;
  Cost against;
  Cost drain;
};

template <class Value>
Samples each(const std::vector<Round>& rounds, Value value) {
  Samples samples;
  for (const Round& round : rounds) samples.push_back(value(round));
  return samples;
}

std::vector<Round> rounds_of(const Plan& plan, const Variant& variant, bool base) {
  std::vector<Round> rounds;
  const Orderd orderd = orderd_at(plan.orderd);
  const Orderd against = plan.against.empty() ? Orderd() : orderd_at(plan.against);
  Lab lab(variant.setup.transport, variant.setup.append_only);
  // With appendfsync always, the server waits for the disk.
  const uint64_t orders = variant.setup.append_only == AppendOnly::kAlways ? plan.orders / kFewer : plan.orders;
  for (unsigned i = 0; i < plan.repeat; ++i) {
    say("drain: " + std::string(variant.name) + ", run " + std::to_string(i + 1) + " of " +
        std::to_string(plan.repeat));
    Round round;
    if (base) {
      round.bare = bare(lab, variant.setup, orders);
      fill_for_group(lab, variant.setup.shape, orders);
      round.consumer = consume(lab, variant.setup.shape, orders, consumer_command(plan.consumer, lab, kConsumerBatch));
    }
    round.ceiling = ceiling(lab, variant.setup, orders);
    if (!plan.against.empty()) round.against = drain(lab, variant.setup, orders, against);
    round.drain = drain(lab, variant.setup, orders, orderd);
    rounds.push_back(round);
  }
  return rounds;
}

double share(const Round& round) {
  return round.drain.rate / round.ceiling.rate;
}
double client_of_server(const Round& round) {
  return round.drain.client_us / round.drain.server_us;
}
double times_against(const Round& round) {
  return round.drain.rate / round.against.rate;
}

void set_targets(const Plan& plan, const std::vector<Round>& base, Report& report) {
  if (!plan.against.empty()) {
    report.target({"draining, orders a second / the other orderd's", each(base, times_against), true, 1.7});
  }
  report.target({"server CPU of an order, reading included / bare script",
                 each(base, [](auto& r) { return r.drain.server_us / r.bare.server_us; }), false, 2.8});
  report.target({"draining, orders a second / a hand-written consumer's",
                 each(base, [](auto& r) { return r.drain.rate / r.consumer.rate; }), true, 1.0});
  report.target({"orderd, CPU an order, us", each(base, [](auto& r) { return r.drain.client_us; }), false, 1.2});
  report.target(
      {"server's main thread busy while draining", each(base, [](auto& r) { return r.drain.busy; }), true, 0.95});
}

// The base case, and what it is compared with.
void compare(const Plan& plan, const std::vector<Round>& base, Report& report) {
  Table table{
      "One line, one SKU, unix socket: who drains it",
      {{"orders/s", 0}, {"server busy", 2}, {"server us", 2}, {"client us", 2}, {"both us", 2}},
      {},
      {"The hand-written consumer is at least once and keeps no record of orders: XREADGROUP, the bare script, "
       "XADD, XACK, " +
       std::to_string(kConsumerBatch) + " at a time, all pipelined. The ceiling and the bare script read nothing."}};
  const auto row = [&](const std::string& name, Cost Round::*cost) {
    table.rows.push_back({name,
                          {each(base, [cost](auto& r) { return (r.*cost).rate; }),
                           each(base, [cost](auto& r) { return (r.*cost).busy; }),
                           each(base, [cost](auto& r) { return (r.*cost).server_us; }),
                           each(base, [cost](auto& r) { return (r.*cost).client_us; }),
                           each(base, [cost](auto& r) { return (r.*cost).server_us + (r.*cost).client_us; })}});
  };
  row("orderd", &Round::drain);
  if (!plan.against.empty()) row("the other orderd", &Round::against);
  row("hand-written consumer", &Round::consumer);
  row("ceiling: settle.lua alone", &Round::ceiling);
  row("bare script alone", &Round::bare);
  report.table(std::move(table));
}

// Where the server's main thread spends the time of one order of the base case.
void explain(const std::vector<Round>& base, Report& report) {
  Table table{
      "Where the server's time goes: one line, one SKU, us of its main thread for one order", {{"us", 2}}, {}, {}};
  const auto row = [&](const char* name, auto value) { table.rows.push_back({name, {each(base, value)}}); };
  row("bare script: all", [](const Round& r) { return r.bare.server_us; });
  row("bare script: inside the script", [](const Round& r) { return r.bare.call_us; });
  row("ceiling: all", [](const Round& r) { return r.ceiling.server_us; });
  row("ceiling: inside settle.lua", [](const Round& r) { return r.ceiling.call_us; });
  row("reading beforehand: all", [](const Round& r) { return r.ceiling.read_whole_us; });
  row("orderd: all", [](const Round& r) { return r.drain.server_us; });
  row("orderd: inside settle.lua", [](const Round& r) { return r.drain.call_us; });
  row("orderd: inside XREAD", [](const Round& r) { return r.drain.read_us; });
  row("orderd: receiving, sending, upkeep",
      [](const Round& r) { return r.drain.server_us - r.drain.call_us - r.drain.read_us; });
  table.notes.emplace_back(
      "Inside: elapsed time, as INFO commandstats counts it; too much where the machine is not idle.");
  const double reading = median(
      each(base, [](const Round& r) { return r.ceiling.server_us / (r.ceiling.server_us + r.ceiling.read_whole_us); }));
  const double whole = median(
      each(base, [](const Round& r) { return (r.ceiling.server_us + r.ceiling.read_whole_us) / r.drain.server_us; }));
  table.notes.push_back(fmt::format(
      "The ceiling reads nothing. A client that also reads what it settles, with the same server and the same calls, "
      "cannot have more than {:.0f}% of it. Of the ceiling with reading orderd has {:.0f}%, by the server's CPU.",
      100 * reading, 100 * whole));
  report.table(std::move(table));
}

}  // namespace

void measure_drain(const Plan& plan, Report& report) {
  Table table{"Draining a backlog of " + std::to_string(plan.orders) + " orders",
              {{"orders/s", 0},
               {"ceiling, orders/s", 0},
               {"share", 2},
               {"server busy", 2},
               {"server us", 2},
               {"ceiling, server us", 2},
               {"orderd us", 2},
               {"orderd/server", 2},
               {"orderd peak MiB", 1}},
              {},
              {"Share: of the ceiling's orders a second. us: CPU of the server's main thread, and of orderd, for one "
               "order."}};
  if (!plan.against.empty()) table.columns.push_back({"times the other orderd", 2});
  for (const Variant& variant : variants()) {
    const bool base = table.rows.empty();
    if (!base && plan.base) break;
    const std::vector<Round> rounds = rounds_of(plan, variant, base);
    table.rows.push_back(
        {variant.name,
         {each(rounds, [](auto& r) { return r.drain.rate; }), each(rounds, [](auto& r) { return r.ceiling.rate; }),
          each(rounds, share), each(rounds, [](auto& r) { return r.drain.busy; }),
          each(rounds, [](auto& r) { return r.drain.server_us; }),
          each(rounds, [](auto& r) { return r.ceiling.server_us; }),
          each(rounds, [](auto& r) { return r.drain.client_us; }), each(rounds, client_of_server),
          each(rounds, [](auto& r) { return r.drain.peak_mib; })}});
    if (!plan.against.empty()) table.rows.back().cells.push_back(each(rounds, times_against));
    if (!base) continue;
    set_targets(plan, rounds, report);
    compare(plan, rounds, report);
    explain(rounds, report);
  }
  report.table(std::move(table));
}

}  // namespace orderd::bench
