// Open loop: order-replay sends each order when it is due, whether or not earlier ones are done, and measures from the
// due time, not from the sending. So an order that waited behind a slow one is counted in full.

#include "order-bench/bench.h"
#include "order-bench/run.h"
#include "support/temporary_directory.h"

namespace orderd::bench {
namespace {

constexpr uint64_t kWarmUp = 2'000;  // orders before the first that counts

std::string replay(const Plan& plan, const Lab& lab, Words command) {
  const std::string name = "order-replay " + command.at(0);
  command.insert(command.begin(), program("order-replay"));
  test::ProcessOptions options;
  options.environment = lab.environment();
  test::Process process(command, options);
  return output_of(process, name, std::chrono::seconds(plan.seconds + 180));
}

// Sends so many orders at a rate, and returns order-replay's summary.
nlohmann::json push(const Plan& plan, const Lab& lab, uint64_t orders, uint64_t rate, const char* id) {
  const test::TemporaryDirectory files;
  const std::string load = files.file("load.ndjson");
  replay(plan, lab,
         {"generate", "--orders", std::to_string(orders), "--skus", "1", "--stock", std::to_string(kStock), "--id", id,
          "-o", load});
  return nlohmann::json::parse(
      replay(plan, lab, {"run", load, "--set-stock", "--rate", std::to_string(rate), "--wait", "--json"}));
}

// p50, p99 and p99.9 in milliseconds; p99 of order-replay's own delay; results a second: less than `rate` means that
// the machine is saturated.
std::vector<double> measure(const Plan& plan, Lab& lab, uint64_t rate) {
  lab.clear();
  const auto daemon = start_orderd(orderd_at(plan.orderd), lab.environment());
  (void)push(plan, lab, kWarmUp, kWarmUp, "w-");
  const uint64_t orders = rate * plan.seconds;
  const auto summary = push(plan, lab, orders, rate, "o-");
  stop(*daemon);
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
  Lab lab;
  say("latency: the maximum rate");
  const double maximum = drain(lab, {}, plan.orders, orderd_at(plan.orderd)).rate;
  const auto half_of = [](double rate) { return std::max<uint64_t>(static_cast<uint64_t>(rate / 2000) * 1000, 1'000); };
  const uint64_t half = half_of(maximum);
  // The same server also takes the pushes and serves the reader of the results.
  say("latency: the maximum rate with pushing and reading");
  const uint64_t sustained = half_of(measure(plan, lab, static_cast<uint64_t>(maximum)).back());
  Table table{"From the moment an order is due until its result is read, unix socket",
              {{"p50 ms", 2}, {"p99 ms", 2}, {"p99.9 ms", 2}, {"sent late, p99 ms", 2}, {"results/s", 0}},
              {"An open loop of " + std::to_string(plan.seconds) +
               " s a run. Server, orderd, producer and reader of the results share this machine; what the producer "
               "was late itself is in the figures."}};
  const std::pair<uint64_t, std::string> rates[] = {{1'000, ""},
                                                    {10'000, ""},
                                                    {sustained, "half of the maximum with pushing and reading"},
                                                    {half, "half of the maximum"}};
  for (const auto& each : rates) {
    const uint64_t rate = each.first;
    const std::string& share = each.second;
    const std::string name = std::to_string(rate) + " orders/s" + (share.empty() ? "" : " (" + share + ")");
    repeat(plan.repeat, "latency: " + name, [&] {
      const std::vector<double> values = measure(plan, lab, rate);
      table.add(name, values);
      if (!share.empty()) {
        report.at_most(20, "due to readable at " + share + ", p99, ms", values[1]);
      } else if (rate == 10'000) {
        report.at_most(0.2, "due to readable at 10,000 orders/s, p50, ms", values[0]);
        report.at_most(0.6, "due to readable at 10,000 orders/s, p99, ms", values[1]);
      }
    });
  }
  report.table(std::move(table));
}

}  // namespace orderd::bench
