// The cost of an order with short and long backlogs. Only the first orders are settled, so that all lengths meet the
// same server. Otherwise the records of settled orders would grow too, which has nothing to do with the backlog. The
// longest is then drained completely, which shows that growth.
#include <algorithm>
#include <cmath>

#include "order-bench/bench.h"
#include "order-bench/run.h"

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

// Fills the stream and settles the first requests. `drained`, if given: settles the rest as well.
Measured first_of(Lab& lab, const Plan& plan, uint64_t waiting, Drained* drained) {
  lab.clear();
  const double empty = used_memory(lab.admin());
  const auto bytes_each = [&] { return (used_memory(lab.admin()) - empty) / static_cast<double>(waiting); };
  fill(lab.admin(), {}, waiting);
  Measured measured;
  measured.memory_waiting = bytes_each();
  std::vector<Reading> readings{lab.read()};
  const auto daemon = start_orderd(orderd_at(plan.orderd), lab.environment());
  const auto watch = [&](uint64_t total) {
    lab.watch(readings, total, *daemon);
    Cost cost = cost_of(readings, total);
    cost.peak_mib = peak_mib(daemon->pid());
    return cost;
  };
  lab.watch(readings, 1, *daemon);
  measured.first_result_ms = (readings.back().at - readings.front().at) * 1e3;
  measured.cost = watch(std::min(waiting, kSample));
  if (drained != nullptr) *drained = {watch(waiting), bytes_each()};
  stop(*daemon);
  if (drained != nullptr) check_outcome(lab, {}, waiting);
  return measured;
}

// One sample. A short backlog is over so soon that a sample takes several.
Measured sample_of(Lab& lab, const Plan& plan, uint64_t waiting, Drained* drained) {
  std::vector<Measured> all;
  while (all.size() < std::max<uint64_t>(1, kSample / waiting)) {
    all.push_back(first_of(lab, plan, waiting, all.empty() ? drained : nullptr));
  }
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
               {"server, bytes a waiting request", 0}}};
  Lab lab;
  Drained drained;
  Samples medians;
  for (uint64_t waiting = std::min(kShortest, plan.waiting); waiting <= plan.waiting; waiting *= 10) {
    const std::string name = std::to_string(waiting) + " waiting";
    const uint64_t runs = waiting > 1'000'000 ? std::min<uint64_t>(plan.repeat, kMostRepeats) : plan.repeat;
    uint64_t left = runs;
    repeat(runs, "backlog: " + name, [&] {
      const bool drains = --left == 0 && waiting * 10 > plan.waiting;
      const auto [cost, first_result_ms, memory] = sample_of(lab, plan, waiting, drains ? &drained : nullptr);
      table.add(name, {cost.rate, cost.server_us, cost.client_us, first_result_ms, cost.peak_mib, memory});
    });
    medians.push_back(median(table.rows.back().cells[1]));
  }
  const auto& [cost, memory] = drained;
  table.rows.push_back(
      {"the longest, drained to its end", {{cost.rate}, {cost.server_us}, {cost.client_us}, {}, {cost.peak_mib}, {}}});
  table.notes.push_back("After the last run the server held " + std::to_string(std::lround(memory)) +
                        " bytes for each settled order: its request, its result and its record.");
  const auto [least, most] = std::minmax_element(medians.begin(), medians.end());
  report.at_most(1.10, "server CPU an order, dearest / cheapest backlog length", *most / *least);
  report.table(std::move(table));
}

}  // namespace orderd::bench
