// orderctl audit on one core, of one-line results with their requests. The server runs on any.
#include <sys/resource.h>

#include <algorithm>

#include "order-bench/bench.h"
#include "order-bench/lab.h"
#include "support/valkey_helpers.h"

namespace orderd::bench {
namespace {

constexpr uint64_t kRound = 10'000;  // results per call
constexpr int kViolated = 3;
constexpr std::chrono::minutes kPatience{10};

constexpr const char* kSettled = R"lua(
local request
for i = tonumber(ARGV[1]), tonumber(ARGV[2]) do
  local sku = 'shoe-' .. i % 100
  request = server.call('XADD', 'orders', '*', 'order',
    string.format('{"id":"o-%d","customer":"c-%d","sku":"%s","quantity":1}', i, i % 1000, sku))
  local key = 'product:' .. sku .. ':stock'
  server.call('SET', key, '1000000000', 'NX')
  server.call('XADD', 'results', '*', 'order', 'o-' .. i, 'request', request, 'status', 'accepted', 'lines',
    string.format('[{"sku":"%s","quantity":1,"remaining":%d}]', sku, server.call('DECRBY', key, 1)),
    'customer', 'c-' .. i % 1000)
end
server.call('HSET', 'orders:position', 'id', request, 'count', ARGV[2], 'base', 0)
)lua";

// CPU of the child processes that have ended.
rusage spent_by_children() {
  rusage usage{};
  (void)getrusage(RUSAGE_CHILDREN, &usage);  // cannot fail for this
  return usage;
}

double seconds_between(const timeval& before, const timeval& after) {
  return static_cast<double>(after.tv_sec - before.tv_sec) + static_cast<double>(after.tv_usec - before.tv_usec) * 1e-6;
}

}  // namespace

void measure_audit(const Plan& plan, Report& report) {
  Lab lab;
  say("audit: filling " + std::to_string(plan.results) + " results");
  for (uint64_t first = 1; first <= plan.results; first += kRound) {
    const uint64_t last = std::min(first + kRound - 1, plan.results);
    test::ask(lab.admin(), {"EVAL", kSettled, "0", std::to_string(first), std::to_string(last)});
  }
  Table table{"orderctl audit of " + std::to_string(plan.results) + " results, on one core",
              {{"results/s", 0}, {"wall clock s", 2}, {"user s", 2}, {"system s", 2}, {"passes", 0}}};
  repeat(plan.repeat, "audit", [&] {
    test::ProcessOptions options;
    options.environment = lab.environment();
    const rusage before = spent_by_children();
    const auto begin = std::chrono::steady_clock::now();
    test::Process audit({"taskset", "-c", "0", program("orderctl"), "audit", "--json"}, options);
    if (audit.wait(kPatience) == kViolated) throw Violation("the audit found a violation: " + audit.output());
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const rusage after = spent_by_children();
    const auto found = nlohmann::json::parse(output_of(audit, "orderctl audit"));
    if (found.at("results") != plan.results)
      throw Violation("the audit read " + found.at("results").dump() + " results");
    table.add("verdict: " + found.at("verdict").get<std::string>(),
              {found.at("results_per_second").get<double>(), seconds, seconds_between(before.ru_utime, after.ru_utime),
               seconds_between(before.ru_stime, after.ru_stime), found.at("passes").get<double>()});
  });
  report.table(std::move(table));
}

}  // namespace orderd::bench
