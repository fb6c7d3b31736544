// The cost of an order with short and long backlogs. Only the first orders are settled, so that all lengths meet the
// same server. Otherwise the records of settled orders would grow too, which has nothing to do with the backlog. The
// longest is then drained completely, which shows that growth.
#include <algorithm>

#include "benchmark/parts.h"
#include "benchmark/run.h"
#include "support/valkey_helpers.h"

namespace orderd::bench {
namespace {

constexpr uint64_t kShortest = 10'000;
constexpr uint64_t kSample = 100'000;  // most orders settled of each backlog
constexpr uint64_t kMostRepeats = 3;   // of a backlog of more than a million: filling takes long

struct Measured {
  Cost cost;
  double first_result_ms = 0;
  double memory_waiting = 0;  // bytes of the server for one waiting request
};

struct Drained {
  Cost cost;
  double memory = 0;  // bytes of the server for one settled order, its request, result and record
};

Cost cost_of(const std::vector<Reading>& readings, uint64_t orders) {
  const Stretch stretch = steady(readings, orders);
  Cost cost;
  cost.rate = stretch.orders() / (stretch.last.at - stretch.first.at);
  cost.server_us = (stretch.last.server_cpu - stretch.first.server_cpu) * 1e6 / stretch.orders();
  cost.client_us = (stretch.last.process_cpu - stretch.first.process_cpu) * 1e6 / stretch.orders();
  return cost;
}

double used_memory(Lab& lab) {
  return info_number(lab.admin(), "memory", "used_memory");
}

// Fills the stream and settles the first requests. `drained`, if given: settles the rest as well.
Measured first_of(Lab& lab, const Plan& plan, uint64_t waiting, Drained* drained) {
  const Setup setup;
  lab.clear();
  put_on_sale(lab.admin(), setup.shape);
  const double empty = used_memory(lab);
  fill(lab.admin(), setup.shape, waiting);
  Measured measured;
  measured.memory_waiting = (used_memory(lab) - empty) / static_cast<double>(waiting);
  const double begin = lab.read({}).at;
  const auto daemon = start_orderd(orderd_at(plan.orderd), lab, "bench-1");
  std::vector<Reading> readings = lab.watch(1, {daemon.get()});
  measured.first_result_ms = (readings.back().at - begin) * 1e3;
  const uint64_t sample = std::min(waiting, kSample);
  const std::vector<Reading> more = lab.watch(sample, {daemon.get()});
  readings.insert(readings.end(), more.begin(), more.end());
  measured.cost = cost_of(readings, sample);
  if (drained != nullptr) {
    const std::vector<Reading> rest = lab.watch(waiting, {daemon.get()});
    readings.insert(readings.end(), rest.begin(), rest.end());
    drained->cost = cost_of(readings, waiting);
    drained->cost.peak_mib = peak_mib(daemon->pid());
    drained->memory = (used_memory(lab) - empty) / static_cast<double>(waiting);
  }
  measured.cost.peak_mib = peak_mib(daemon->pid());
  stop_orderd(*daemon);
  if (drained != nullptr) check_outcome(lab, setup.shape, waiting);
  return measured;
}

// One sample. A short backlog is over so soon that a sample takes several.
Measured sample_of(Lab& lab, const Plan& plan, uint64_t waiting, Drained* drained) {
  const uint64_t rounds = std::max<uint64_t>(1, kSample / waiting);
  std::vector<Measured> all;
  for (uint64_t i = 0; i < rounds; ++i)
    all.push_back(first_of(lab, plan, waiting, i + 1 == rounds ? drained : nullptr));
  std::sort(all.begin(), all.end(),
            [](const Measured& a, const Measured& b) { return a.cost.server_us < b.cost.server_us; });
  return all[all.size() / 2];
}

}  // namespace

void measure_backlog(const Plan& plan, Report& report) {
  Table table{"Requests waiting when orderd starts; the cost of the first " + std::to_string(kSample),
              {{"orders/s", 0},
               {"server us", 2},
               {"orderd us", 2},
               {"first result, ms", 0},
               {"orderd peak MiB", 1},
               {"server, bytes a waiting request", 0}},
              {},
              {}};
  Lab lab(Transport::kUnix, AppendOnly::kOff);
  Drained drained;
  Samples medians;
  for (uint64_t waiting = std::min(kShortest, plan.waiting); waiting <= plan.waiting; waiting *= 10) {
    const uint64_t repeat = waiting > 1'000'000 ? std::min<uint64_t>(plan.repeat, kMostRepeats) : plan.repeat;
    const bool longest = waiting * 10 > plan.waiting;
    Table::Row row{std::to_string(waiting) + " waiting", std::vector<Samples>(6)};
    for (uint64_t i = 0; i < repeat; ++i) {
      say("backlog: " + row.name + ", run " + std::to_string(i + 1) + " of " + std::to_string(repeat));
      const Measured one = sample_of(lab, plan, waiting, longest && i + 1 == repeat ? &drained : nullptr);
      const double values[] = {one.cost.rate,       one.cost.server_us, one.cost.client_us,
                               one.first_result_ms, one.cost.peak_mib,  one.memory_waiting};
      for (std::size_t c = 0; c < row.cells.size(); ++c) row.cells[c].push_back(values[c]);
    }
    medians.push_back(median(row.cells[1]));
    table.rows.push_back(std::move(row));
  }
  table.rows.push_back(
      {"the longest, drained to its end",
       {{drained.cost.rate}, {drained.cost.server_us}, {drained.cost.client_us}, {}, {drained.cost.peak_mib}, {}}});
  table.notes.push_back("After the last run the server held " + std::to_string(std::lround(drained.memory)) +
                        " bytes for each settled order: its request, its result and its record.");
  const auto [least, most] = std::minmax_element(medians.begin(), medians.end());
  report.target({"server CPU an order, dearest / cheapest backlog length", {*most / *least}, false, 1.10});
  report.table(std::move(table));
}

}  // namespace orderd::bench
