// The base is one hot SKU, one-line orders, all accepted, ids remembered, a unix socket, no append-only file. Each
// variant differs from it in one thing.
#include <spdlog/fmt/fmt.h>

#include "benchmark/parts.h"
#include "benchmark/run.h"

namespace orderd::bench {
namespace {

constexpr uint64_t kFewer = 5;

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
  return all;
}

// One run of each, in turn, so that what else the machine does meets all of them.
struct Round {
  Cost bare;
  Cost ceiling;
  Cost drain;
};

template <class Value>
Samples each(const std::vector<Round>& rounds, Value value) {
  Samples samples;
  for (const Round& round : rounds) samples.push_back(value(round));
  return samples;
}

std::vector<Round> rounds_of(const Plan& plan, const Variant& variant, bool with_bare) {
  std::vector<Round> rounds;
  Lab lab(variant.setup.transport, variant.setup.append_only);
  // The disk is waited for then.
  const uint64_t orders = variant.setup.append_only == AppendOnly::kAlways ? plan.orders / kFewer : plan.orders;
  for (unsigned i = 0; i < plan.repeat; ++i) {
    say("drain: " + std::string(variant.name) + ", run " + std::to_string(i + 1) + " of " +
        std::to_string(plan.repeat));
    Round round;
    if (with_bare) round.bare = bare(lab, variant.setup, orders);
    round.ceiling = ceiling(lab, variant.setup, orders);
    round.drain = drain(lab, variant.setup, orders, plan.orderd);
    rounds.push_back(round);
  }
  return rounds;
}

double share(const Round& round) {
  return round.drain.rate / round.ceiling.rate;
}
// What the share is where the server is the bottleneck in both runs: free of what else runs on the machine.
double share_by_cpu(const Round& round) {
  return round.ceiling.server_us / round.drain.server_us;
}
double client_of_server(const Round& round) {
  return round.drain.client_us / round.drain.server_us;
}

void set_targets(const std::vector<Round>& base, Report& report) {
  report.target({"draining, orders a second / the ceiling's", each(base, share), true, 0.90});
  report.target(
      {"server's main thread busy while draining", each(base, [](auto& r) { return r.drain.busy; }), true, 0.95});
  report.target({"orderd, CPU an order, us", each(base, [](auto& r) { return r.drain.client_us; }), false, 2.5});
  report.target({"orderd's CPU / the server's", each(base, client_of_server), false, 1.0 / 3});
  report.target({"settle / bare script, server CPU a call",
                 each(base, [](auto& r) { return r.ceiling.server_us / r.bare.server_us; }), false, 3.5});
}

// Where the server's main thread spends the time of one order of the base.
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
  row("orderd: inside XREADGROUP", [](const Round& r) { return r.drain.read_us; });
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
               {"share by CPU", 2},
               {"server busy", 2},
               {"server us", 2},
               {"ceiling, server us", 2},
               {"orderd us", 2},
               {"orderd/server", 2},
               {"orderd peak MiB", 1}},
              {},
              {"Share: of the ceiling's orders a second. Share by CPU: the ceiling's server CPU an order, divided by "
               "that with orderd; the same where the server is always busy, and free of other work on the machine. "
               "us: CPU of the server's main thread, and of orderd, for one order."}};
  for (const Variant& variant : variants()) {
    const bool base = table.rows.empty();
    const std::vector<Round> rounds = rounds_of(plan, variant, base);
    table.rows.push_back(
        {variant.name,
         {each(rounds, [](auto& r) { return r.drain.rate; }), each(rounds, [](auto& r) { return r.ceiling.rate; }),
          each(rounds, share), each(rounds, share_by_cpu), each(rounds, [](auto& r) { return r.drain.busy; }),
          each(rounds, [](auto& r) { return r.drain.server_us; }),
          each(rounds, [](auto& r) { return r.ceiling.server_us; }),
          each(rounds, [](auto& r) { return r.drain.client_us; }), each(rounds, client_of_server),
          each(rounds, [](auto& r) { return r.drain.peak_mib; })}});
    if (!base) continue;
    set_targets(rounds, report);
    explain(rounds, report);
  }
  report.table(std::move(table));
}

}  // namespace orderd::bench
