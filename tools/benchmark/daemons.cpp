#include "benchmark/parts.h"
#include "benchmark/run.h"

namespace orderd::bench {

void measure_daemons(const Plan& plan, Report& report) {
  Table table{"Several daemons on one group",
              {{"orders/s", 0}, {"server busy", 2}, {"server us", 2}, {"all daemons us", 2}, {"largest peak MiB", 1}},
              {},
              {"One server decides everything on one thread: a second daemon is for availability, not for speed."}};
  for (const unsigned daemons : {1U, 2U, 4U}) {
    Setup setup;
    setup.daemons = daemons;
    Lab lab(setup.transport, setup.append_only);
    Table::Row row{std::to_string(daemons) + (daemons == 1 ? " daemon" : " daemons"), std::vector<Samples>(5)};
    for (unsigned i = 0; i < plan.repeat; ++i) {
      say("daemons: " + row.name + ", run " + std::to_string(i + 1) + " of " + std::to_string(plan.repeat));
      const Cost cost = drain(lab, setup, plan.orders, plan.orderd);
      const double values[] = {cost.rate, cost.busy, cost.server_us, cost.client_us, cost.peak_mib};
      for (std::size_t c = 0; c < row.cells.size(); ++c) row.cells[c].push_back(values[c]);
    }
    table.rows.push_back(std::move(row));
  }
  report.table(std::move(table));
}

}  // namespace orderd::bench
