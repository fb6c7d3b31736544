// Open loop: order-replay sends each order when it is due, whether or not earlier ones are done, and measures from the
// due time, not from the sending. So an order that waited behind a slow one is counted in full.
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "benchmark/parts.h"
#include "benchmark/run.h"
#include "support/temporary_directory.h"
#include "support/valkey_helpers.h"

namespace orderd::bench {
namespace {

constexpr uint64_t kWarmUp = 2'000;  // orders before the first that counts

struct Latency {
  double p50_ms = 0;
  double p99_ms = 0;
  double p999_ms = 0;
  double late_ms = 0;  // p99 of order-replay's own delay
  double rate = 0;     // results a second; less than requested: the machine is saturated
};

nlohmann::json replay(const Plan& plan, const Lab& lab, const Words& words) {
  Words command = {plan.replay};
  command.insert(command.end(), words.begin(), words.end());
  test::ProcessOptions options;
  options.environment = {"ORDERD_VALKEY_URL=" + lab.url()};
  test::Process process(command, options);
  if (const int status = process.wait(std::chrono::seconds(plan.seconds + 180)); status != 0) {
    throw std::runtime_error("order-replay " + words[0] + " ended with " + std::to_string(status) + ": " +
                             process.errors());
  }
  const std::string output = process.output();
  return output.empty() ? nlohmann::json() : nlohmann::json::parse(output);
}

nlohmann::json push(const Plan& plan, const Lab& lab, uint64_t orders, uint64_t rate, const char* id) {
  const test::TemporaryDirectory files;
  const std::string load = files.file("load.ndjson");
  replay(plan, lab,
         {"generate", "--orders", std::to_string(orders), "--skus", "1", "--stock", std::to_string(kStock), "--id", id,
          "-o", load});
  return replay(plan, lab, {"run", load, "--set-stock", "--rate", std::to_string(rate), "--wait", "--json"});
}

Latency measure(const Plan& plan, Lab& lab, uint64_t rate) {
  lab.clear();
  const auto daemon = start_orderd(orderd_at(plan.orderd), lab, "bench-1");
  push(plan, lab, kWarmUp, kWarmUp, "w-");
  const uint64_t orders = rate * plan.seconds;
  const auto summary = push(plan, lab, orders, rate, "o-");
  stop_orderd(*daemon);
  if (summary.at("accepted") != orders || summary.at("missing") != 0) {
    throw Violation("of " + std::to_string(orders) + " orders " + summary.at("accepted").dump() + " were accepted");
  }
  const auto milliseconds = [&](const char* of, const char* which) {
    return summary.at(of).at(which).get<double>() / 1e3;
  };
  return {milliseconds("latency_us", "p50"), milliseconds("latency_us", "p99"), milliseconds("latency_us", "p99_9"),
          milliseconds("push_lag_us", "p99"), summary.at("result_rate").get<double>()};
}

}  // namespace

void measure_latency(const Plan& plan, Report& report) {
  if (!std::filesystem::exists(plan.replay)) throw std::runtime_error("latency: there is no " + plan.replay);
  Lab lab(Transport::kUnix, AppendOnly::kOff);
  say("latency: the maximum rate");
  const double maximum = drain(lab, {}, plan.orders, orderd_at(plan.orderd)).rate;
  const auto half = static_cast<uint64_t>(maximum / 2000) * 1000;
  Table table{"From the moment an order is due until its result is read, unix socket",
              {{"p50 ms", 2}, {"p99 ms", 2}, {"p99.9 ms", 2}, {"sent late, p99 ms", 2}, {"results/s", 0}},
              {},
              {"An open loop of " + std::to_string(plan.seconds) +
               " s a run. Server, orderd, producer and reader of the results share this machine; what the producer "
               "was late itself is in the figures."}};
  for (const uint64_t rate : {uint64_t{1'000}, uint64_t{10'000}, std::max<uint64_t>(half, 1'000)}) {
    Table::Row row{std::to_string(rate) + " orders/s" + (rate == half ? " (half of the maximum)" : ""),
                   std::vector<Samples>(5)};
    for (unsigned i = 0; i < plan.repeat; ++i) {
      say("latency: " + row.name + ", run " + std::to_string(i + 1) + " of " + std::to_string(plan.repeat));
      const Latency one = measure(plan, lab, rate);
      const double values[] = {one.p50_ms, one.p99_ms, one.p999_ms, one.late_ms, one.rate};
      for (std::size_t c = 0; c < row.cells.size(); ++c) row.cells[c].push_back(values[c]);
    }
    if (rate == 10'000) {
      report.target({"due to readable at 10,000 orders/s, p50, ms", row.cells[0], false, 0.2});
      report.target({"due to readable at 10,000 orders/s, p99, ms", row.cells[1], false, 0.6});
    } else if (rate == half) {
      report.target({"due to readable at half of the maximum, p99, ms", row.cells[1], false, 20.0});
    }
    table.rows.push_back(std::move(row));
  }
  report.table(std::move(table));
}

}  // namespace orderd::bench
