// The base case: one hot SKU, one-line orders, all accepted, records kept, a Unix socket, no append-only file. Each
// variant changes one thing.
#include <spdlog/fmt/fmt.h>

#include "order-bench/bench.h"
#include "order-bench/run.h"

namespace orderd::bench {
namespace {

constexpr uint64_t kFewer = 5;
constexpr unsigned kConsumerBatch = 64;  // of the hand-written consumer: its best value

struct Variant {
  const char* name;
  Setup setup;
};
const Variant kVariants[] = {
    {"one line, one SKU, accepted, unix socket", {}},
    {"loopback TCP", {.transport = Transport::kTcp}},
    {"append-only file, everysec", {.append_only = AppendOnly::kEverySecond}},
    {"append-only file, always", {.append_only = AppendOnly::kAlways}},
    {"four lines, four SKUs", {.sale = {.lines = 4, .skus = 4}}},
    {"sold out", {.sale = {.sold_out = true}}},
    {"ids not remembered (dedup_window 0s)", {.dedup = false}},
    {"100,000 SKUs", {.sale = {.skus = 100'000}}},
    {"8 orders a call", {.orders_per_call = 8}},
    {"128 orders a call", {.orders_per_call = 128}},
};

// One run of each, alternating, so that other load on the machine affects all of them.
struct Round {
  Cost ceiling, drain;
  Cost bare, consumer;          // only of the base case
  std::optional<Cost> against;  // the other orderd
};

// The base case: the targets, what orderd is compared with, and where the server's main thread spends its time.
struct Comparison {
  Table who{
      "One line, one SKU, unix socket: who drains it",
      kCostColumns,
      {"The hand-written consumer is at least once and keeps no record of orders: XREADGROUP, the bare script, "
       "XADD, XACK, " +
       std::to_string(kConsumerBatch) + " at a time, all pipelined. The ceiling and the bare script read nothing."}};
  Table where{"Where the server's time goes: one line, one SKU, us of its main thread for one order",
              {{"us", 2}},
              {"Inside: elapsed time, as INFO commandstats counts it; too much where the machine is not idle."}};
  Samples without_reading, of_the_ceiling;

  void add(const Round& round, Report& report) {
    const Cost &ours = round.drain, &most = round.ceiling, &bare_script = round.bare;
    if (round.against) {
      report.at_least(1.7, "draining, orders a second / the other orderd's", ours.rate / round.against->rate);
    }
    report.at_most(2.8, "server CPU of an order, reading included / bare script",
                   ours.server_us / bare_script.server_us);
    report.at_least(1.0, "draining, orders a second / a hand-written consumer's", ours.rate / round.consumer.rate);
    report.at_most(1.2, "orderd, CPU an order, us", ours.client_us);
    report.at_least(0.95, "server's main thread busy while draining", ours.busy);

    who.add("orderd", cells_of(ours));
    if (round.against) who.add("the other orderd", cells_of(*round.against));
    who.add("hand-written consumer", cells_of(round.consumer));
    who.add("ceiling: settle.lua alone", cells_of(most));
    who.add("bare script alone", cells_of(bare_script));

    where.add("bare script: all", {bare_script.server_us});
    where.add("bare script: inside the script", {bare_script.call_us});
    where.add("ceiling: all", {most.server_us});
    where.add("ceiling: inside settle.lua", {most.call_us});
    where.add("reading beforehand: all", {most.read_whole_us});
    where.add("orderd: all", {ours.server_us});
    where.add("orderd: inside settle.lua", {ours.call_us});
    where.add("orderd: inside XREAD", {ours.read_us});
    where.add("orderd: receiving, sending, upkeep", {ours.server_us - ours.call_us - ours.read_us});
    const double with_reading = most.server_us + most.read_whole_us;
    without_reading.push_back(most.server_us / with_reading);
    of_the_ceiling.push_back(with_reading / ours.server_us);
  }

  void report_to(Report& report) {
    where.notes.push_back(fmt::format(
        "The ceiling reads nothing. A client that also reads what it settles, with the same server and the same calls, "
        "cannot have more than {:.0f}% of it. Of the ceiling with reading orderd has {:.0f}%, by the server's CPU.",
        100 * median(without_reading), 100 * median(of_the_ceiling)));
    report.table(std::move(who));
    report.table(std::move(where));
  }
};

}  // namespace

void measure_drain(const Plan& plan, Report& report) {
  const Orderd orderd = orderd_at(plan.orderd);
  const Orderd other = plan.against.empty() ? Orderd() : orderd_at(plan.against);
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
              {"Share: of the ceiling's orders a second. us: CPU of the server's main thread, and of orderd, for one "
               "order."}};
  if (!plan.against.empty()) table.columns.push_back({"times the other orderd", 2});
  Comparison comparison;
  for (const Variant& variant : kVariants) {
    const Setup& setup = variant.setup;
    const bool base = &variant == kVariants;
    Lab lab(setup.transport, {.append_only = setup.append_only});
    // With appendfsync always, the server waits for the disk.
    const uint64_t orders = setup.append_only == AppendOnly::kAlways ? plan.orders / kFewer : plan.orders;
    repeat(plan.repeat, "drain: " + std::string(variant.name), [&] {
      Round round;
      if (base) {
        round.bare = bare(lab, setup, orders);
        fill_for_group(lab, setup.sale, orders);
        round.consumer = consume(lab, setup.sale, orders, consumer_command(lab, kConsumerBatch));
      }
      round.ceiling = ceiling(lab, setup, orders);
      if (!plan.against.empty()) round.against = drain(lab, setup, orders, other);
      round.drain = drain(lab, setup, orders, orderd);
      const Cost &ours = round.drain, &most = round.ceiling;
      std::vector<double> values = {
          ours.rate,      most.rate,      ours.rate / most.rate,           ours.busy,    ours.server_us,
          most.server_us, ours.client_us, ours.client_us / ours.server_us, ours.peak_mib};
      if (round.against) values.push_back(ours.rate / round.against->rate);
      table.add(variant.name, values);
      if (base) comparison.add(round, report);
    });
    if (base) comparison.report_to(report);
    if (plan.base) break;
  }
  report.table(std::move(table));
}

}  // namespace orderd::bench
