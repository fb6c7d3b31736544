// The options, the connection, the progress. The audit itself is tools/audit.

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "orderctl/audit_report.h"
#include "orderctl/commands.h"
#include "shared/options.h"
#include "shared/output.h"
#include "shared/place.h"
#include "shared/progress_line.h"

namespace orderd::tools {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr uint64_t kMemoryMinMib = 1;
constexpr uint64_t kMemoryMaxMib = 1024 * 1024;

constexpr const char* kAuditHelp =
    R"(Reads results, orders and dead letters and checks the promises of docs/guarantees.md: one result for each settled
request, in the order of the requests; no stock change twice and none missing; no refusal without cause; each duplicate
refers to its decision; each result is what was asked for. The audit only reads, and daemons may keep serving. It needs
the settings of the daemons: streams, keys, processing.max_quantity, processing.max_lines, processing.dedup_window.

The table "not checked" lists what is missing (trimmed, or before --from). With several lanes, each is audited in turn;
--lane audits one and shows its whole report.

Examples:
  orderctl audit
  orderctl audit --json | jq '.verdict, .violations'
  orderctl audit --from 1795463342145-0
  orderctl audit --memory 2GiB

Exit status:
  0  clean
  1  the audit could not be carried out
  2  wrong usage or settings
  3  a violation was found)";

// "256MiB", "1GiB", in MiB.
std::optional<uint64_t> mebibytes_of(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = whole_of(text.substr(0, digits));
  const std::string_view unit = text.substr(digits);
  if (!number || *number > kMemoryMaxMib || (unit != "MiB" && unit != "GiB")) return std::nullopt;
  const uint64_t mebibytes = unit == "GiB" ? *number * 1024 : *number;
  if (mebibytes < kMemoryMinMib || mebibytes > kMemoryMaxMib) return std::nullopt;
  return mebibytes;
}

std::string check_memory(const std::string& text) {
  return mebibytes_of(text) ? "" : "'" + shown(text) + "' is not a size between 1MiB and 1024GiB (example: 512MiB)";
}

audit::Id id_of(const StreamId& id) {
  return {id.ms, id.sequence};
}

// What is read, how far and how fast.
class AuditProgress {
 public:
  explicit AuditProgress(const std::string& lane) : prefix_(lane.empty() ? "" : "lane '" + lane + "': ") {}

  void show(uint64_t done, uint64_t total) {
    if (done == 0) start_ = Clock::now();  // another pass
    if (!line_.due()) return;
    const auto took = static_cast<uint64_t>(std::chrono::duration_cast<milliseconds>(Clock::now() - start_).count());
    std::string text = prefix_ + "results: " + std::to_string(done);
    const uint64_t rate = took > 0 ? done * 1000 / took : 0;
    if (rate > 0) text += ", " + std::to_string(rate) + "/s";
    if (total >= done && total > 0) {
      text += ", " + std::to_string(done * 100 / total) + " %";
      if (rate > 0) text += ", " + duration_text(milliseconds((total - done) * 1000 / rate)) + " left";
    }
    line_.draw(text);
  }

 private:
  ProgressLine line_{true};
  const std::string prefix_;
  Clock::time_point start_ = Clock::now();
};

struct AuditOptions {
  std::string from;
  std::string to;
  std::string memory = "512MiB";
  uint64_t findings_max = 20;
};

Result<audit::Report> audit_lane(const settings::Settings& settings, const AuditOptions& wanted) {
  auto client = Client::connect(settings);
  if (!client) return client.failure();
  audit::Options options;
  options.orders = settings.streams.orders;
  options.results = settings.streams.results;
  options.dead = settings.dead();
  options.position = options.orders + ":position";
  options.stock_key = [keys = settings.stock_keys()](std::string_view sku) { return keys.key(sku); };
  options.order_key = [keys = settings.order_keys()](std::string_view id) { return keys.key(id); };
  options.limits = {settings.processing.max_quantity, settings.processing.max_lines};
  options.lane = {static_cast<uint32_t>(settings.lane), static_cast<uint32_t>(settings.lanes().count())};
  options.window = settings.processing.dedup_window;
  options.memory_bytes = mebibytes_of(wanted.memory).value_or(kMemoryMinMib) * 1024 * 1024;
  options.findings_max = wanted.findings_max;
  if (const auto from = place_of(wanted.from)) options.from = id_of(from->first);
  if (const auto to = place_of(wanted.to)) options.to = id_of(to->last);
  AuditProgress progress(settings.lane_name());
  options.progress = [&progress](uint64_t done, uint64_t total) { progress.show(done, total); };
  return audit::run(
      client->connection(), [&client](std::string_view error) { return client->explain(error); }, options);
}

// One lane after the other. One that cannot be audited does not keep the others from it.
Result<int> run_audit(const Context& context, const AuditOptions& wanted) {
  std::vector<LaneReport> reports;
  bool violated = false, failed = false;
  for (const settings::Settings& lane : context.lanes) {
    const auto start = Clock::now();
    auto report = audit_lane(lane, wanted);
    if (!report && !context.several()) return report.failure();
    violated = violated || (report && report->findings.violations() > 0);
    failed = failed || !report;
    const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - start);
    reports.push_back({lane.lane_name(), std::move(report), took});
  }
  print_reports(context, reports);
  return violated ? kViolation : failed ? kFailed : kDone;
}

}  // namespace

void add_audit(CLI::App& parent, Program& program) {
  auto& options = program.keep<AuditOptions>();
  CLI::App* app = add_command(parent, "audit", "prove from the streams and keys that the promises were kept",
                              kPlaceHelp + std::string(kAuditHelp));
  add_place(*app, "--from,--since", options.from, "only results from this one on, or from this time on");
  add_place(*app, "--to,--until", options.to, "only results up to this one, or up to this time");
  add_text(*app, "--memory", options.memory, "SIZE",
           "for order IDs, 1MiB or more; what does not fit is read in several passes [512MiB]")
      ->check(check_memory);
  add_whole(*app, "--max-findings", options.findings_max, 1, 1'000'000, "violations to report for each check [20]");
  set_action(*app, program, LaneUse::kAll, [&options](const Context& context) { return run_audit(context, options); });
}

}  // namespace orderd::tools
