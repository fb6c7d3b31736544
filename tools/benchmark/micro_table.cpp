// Runs order-bench-micro and reads the JSON that Google Benchmark writes.
#include <nlohmann/json.hpp>

#include "benchmark/parts.h"
#include "support/process.h"

namespace orderd::bench {

void measure_micro(const Plan& plan, Report& report) {
  say("micro");
  test::Process process({plan.micro, "--benchmark_format=json", "--benchmark_min_time=0.2",
                         "--benchmark_repetitions=" + std::to_string(plan.repeat)});
  if (const int status = process.wait(std::chrono::minutes(10)); status != 0) {
    throw std::runtime_error(plan.micro + " ended with " + std::to_string(status) + ": " + process.errors());
  }
  Table table{"Inside orderd, without a server; CPU", {{"ns", 0}, {"ns an order", 0}}, {}, {}};
  const auto output = nlohmann::json::parse(process.output());
  for (const auto& run : output.at("benchmarks")) {
    if (run.at("run_type") != "iteration") continue;
    if (run.contains("error_message")) throw std::runtime_error(run.at("error_message").get<std::string>());
    const std::string name = run.at("name");
    if (table.rows.empty() || table.rows.back().name != name) table.rows.push_back({name, std::vector<Samples>(2)});
    const double nanoseconds = run.at("cpu_time");
    const bool many = run.contains("items_per_second");  // a whole reply of entries
    table.rows.back().cells[0].push_back(nanoseconds);
    table.rows.back().cells[1].push_back(many ? 1e9 / run.at("items_per_second").get<double>() : nanoseconds);
  }
  report.table(std::move(table));
}

}  // namespace orderd::bench
