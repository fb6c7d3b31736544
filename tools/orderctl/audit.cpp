// The subcommand: options, connection, progress. The audit itself is tools/audit.
#include "orderctl/audit.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "audit/audit.h"
#include "orderctl/audit_report.h"
#include "shared/client.h"
#include "shared/options.h"
#include "shared/output.h"
#include "shared/place.h"

namespace orderd::tools {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr uint64_t kMemoryMinMib = 1;
constexpr uint64_t kMemoryMaxMib = 1024 * 1024;

constexpr const char* kAuditHelp =
    R"(Reads results, orders and dead letters and checks the promises of docs/contract.md: one result for each settled
request, in the order of the requests; no stock change twice and none missing; no refusal without cause; each duplicate
refers to its decision; each result is what was asked for. The audit only reads, and daemons may keep serving. It needs
the settings of the daemons: streams, keys, processing.max_quantity, processing.max_lines, processing.dedup_window.

The table "not checked" lists what is gone (trimmed, before --from). Of several lanes each is audited, one after the other;
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

// A line on the terminal that is redrawn in place.
class ProgressLine {
 public:
  explicit ProgressLine(const std::string& lane)
      : shown_(isatty(STDERR_FILENO) == 1), prefix_(lane.empty() ? "" : "lane '" + lane + "': ") {}
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const audit::Progress& progress) {
    const auto now = Clock::now();
    if (!shown_ || now < next_) return;
    if (what_ != progress.what) {
      what_ = progress.what;
      start_ = now;
      begun_ = progress.done;
    }
    constexpr milliseconds kEvery{200};
    next_ = now + kEvery;
    const auto took = static_cast<uint64_t>(std::chrono::duration_cast<milliseconds>(now - start_).count());
    std::string text = "\r\x1b[K" + prefix_ + std::string(progress.what) + ": " + std::to_string(progress.done);
    const uint64_t rate = took > 0 ? (progress.done - begun_) * 1000 / took : 0;
    if (rate > 0) text += ", " + std::to_string(rate) + "/s";
    if (progress.total >= progress.done && progress.total > 0) {
      text += ", " + std::to_string(progress.done * 100 / progress.total) + " %";
      const uint64_t left = progress.total - progress.done;
      if (rate > 0) text += ", " + duration_text(milliseconds(left * 1000 / rate)) + " left";
    }
    drawn_ = std::fwrite(text.data(), 1, text.size(), stderr) > 0;
  }
  void clear() {
    if (drawn_) (void)std::fputs("\r\x1b[K", stderr);
    drawn_ = false;
  }

 private:
  const bool shown_;
  const std::string prefix_;
  bool drawn_ = false;
  std::string what_;
  Clock::time_point start_;
  Clock::time_point next_;
  uint64_t begun_ = 0;
};

}  // namespace

Audit::Audit(CLI::App& parent, Program& program) {
  CLI::App* app = add_command(parent, "audit", "prove from the streams and keys that the promises were kept",
                              kPlaceHelp + std::string(kAuditHelp));
  add_place(*app, "--from,--since", from_, "only results from this one on, or from this time on");
  add_place(*app, "--to,--until", to_, "only results up to this one, or up to this time");
  add_text(*app, "--memory", memory_, "SIZE",
           "for order IDs, 1MiB or more; what does not fit is read in several passes [512MiB]")
      ->check(check_memory);
  add_whole(*app, "--max-findings", findings_max_, 1, 1'000'000, "violations reported of each check [20]");
  add_json(*app, program);
  app->callback([this, &program] {
    program.lanes = LaneUse::kAll;
    program.action = [this](const Context& context) { return run(context); };
  });
}

Result<int> Audit::run(const Context& context) const {
  if (context.several()) return run_all(context);
  const auto start = Clock::now();
  const auto report = run_one(context.settings);
  if (!report) return report.failure();
  const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - start);
  if (context.json) {
    print_json(json_of(*report, took));
  } else {
    print_report(*report, took);
  }
  return report->findings.violations() == 0 ? kDone : kViolation;
}

// One lane after the other. One that cannot be audited does not keep the others from it.
Result<int> Audit::run_all(const Context& context) const {
  std::vector<LaneReport> reports;
  bool violated = false, failed = false;
  for (const settings::Settings& lane : context.lanes) {
    const auto start = Clock::now();
    auto report = run_one(lane);
    violated = violated || (report && report->findings.violations() > 0);
    failed = failed || !report;
    reports.push_back({lane.lane_name(), std::move(report), {}});
    reports.back().took = std::chrono::duration_cast<milliseconds>(Clock::now() - start);
  }
  if (context.json) {
    print_json(json_of(reports));
  } else {
    print_reports(reports);
  }
  return violated ? kViolation : failed ? kFailed : kDone;
}

Result<audit::Report> Audit::run_one(const settings::Settings& settings) const {
  auto client = Client::connect(settings);
  if (!client) return client.failure();
  audit::Link link(client->connection(), [&client](std::string_view error) { return client->explain(error); });
  audit::Options options;
  const std::string& orders = settings.streams.orders;
  options.names = {orders, settings.streams.results, settings.dead(), orders + ":position"};
  options.stock_key = [keys = settings.stock_keys()](std::string_view sku) { return keys.key(sku); };
  options.order_key = [keys = settings.order_keys()](std::string_view id) { return keys.key(id); };
  options.limits = {settings.processing.max_quantity, settings.processing.max_lines};
  options.lane = {static_cast<uint32_t>(settings.lane), static_cast<uint32_t>(settings.lanes().count())};
  options.window = settings.processing.dedup_window;
  options.memory_bytes = mebibytes_of(memory_).value_or(kMemoryMinMib) * 1024 * 1024;
  options.findings_max = findings_max_;
  if (const auto from = place_of(from_)) options.from = id_of(from->first);
  if (const auto to = place_of(to_)) options.to = id_of(to->last);
  ProgressLine line(settings.lane_name());
  options.progress = [&line](const audit::Progress& progress) { line.show(progress); };
  auto report = audit::run(link, options);
  line.clear();
  return report;
}

}  // namespace orderd::tools
