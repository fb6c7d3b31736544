// The flags of run, and what surrounds a run: the stock before it, the summary after it.
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <optional>

#include "order-replay/commands.h"
#include "order-replay/number_options.h"
#include "order-replay/run_check.h"
#include "order-replay/run_data.h"
#include "order-replay/runner.h"
#include "order-replay/set_stock.h"
#include "order-replay/sink.h"
#include "order/request.h"
#include "shared/client.h"
#include "shared/options.h"
#include "shared/output.h"

namespace orderd::replay {
namespace {

using tools::add_text;
using tools::add_whole;

constexpr uint64_t kMaxRate = 100'000'000;
constexpr uint64_t kMaxSpeed = 1'000'000;
constexpr uint64_t kMaxProducers = 1000;
constexpr uint64_t kMaxWindow = 100'000;

constexpr const char* kRunHelp =
    R"(A recording has one JSON object per line (docs/replay.md): what order-replay generate and capture write, or an order's own
JSON, as orderctl submit takes it. Files of any size are read in bounded memory.

When a request is due does not depend on the server: if it is slow, the delay counts. Latency is the time from when a request
was due to when its result was read. Without --max and --rate the recording's times count.

With several lanes, each request goes to the lane of its first SKU, unless --lane names one; each has --producers connections.

When a connection is lost, requests without a reply are resent, which is safe: one that was pushed before becomes a
duplicate. --no-retry counts them as unknown instead. Failovers and moved slots of a cluster are followed. Ctrl-C stops the
run and prints the command that resumes it; a second one does not wait for the requests in flight.

Progress goes to standard error: on a terminal a line that is updated, otherwise a line of JSON each second.

Examples:
  order-replay run load.ndjson --set-stock --max --wait
  order-replay run load.ndjson --rate 10000 --wait --json
  order-replay run captured.ndjson --speed 2.5 --producers 4
  order-replay run load.ndjson --wait --verify --data run-1; order-replay report run-1
  tail -f orders.ndjson | order-replay run - --max

Exit status: 0 if all requests were pushed and, with --wait, each has a result; 1 if not, or if stopped; 3 if --verify found
a violation.)";

class Run {
 public:
  void add(CLI::App& parent, tools::Program& program);

 private:
  void choose_pace();
  [[nodiscard]] Result<int> run(const tools::Context& context);
  [[nodiscard]] Result<bool> prepare(const tools::Context& context, Source& source, RunSummary& summary);
  [[nodiscard]] RunHooks hooks();
  [[nodiscard]] Result<bool> read_late_results(const tools::Context& context, const std::vector<std::string>& after);
  [[nodiscard]] int judge(const RunSummary& summary) const;
  void print_how_to_resume(const RunSummary& summary) const;

  RunOptions options_;
  std::string file_;
  bool max_ = false;
  uint64_t rate_ = 0;
  uint64_t speed_ = 0;
  bool set_stock_ = false;
  uint64_t from_line_ = 1;
  std::string record_file_;
  std::string data_directory_;
  bool verify_ = false;

  // Only if asked for.
  std::optional<Sink> record_;
  std::optional<RunData> data_;
  std::vector<RunCheck> checks_;  // one for each lane
  std::string line_;
  std::vector<std::string> results_after_;  // of each lane, the last result before the run
};

void Run::add(CLI::App& parent, tools::Program& program) {
  CLI::App* app = tools::add_command(parent, "run", "push a recording into the orders stream", kRunHelp);
  add_text(*app, "FILE", file_, "", "the recording; - for standard input")->required()->check(tools::check_file_name);
  CLI::Option* stock =
      app->add_flag("--set-stock", set_stock_, "set the recording's stock first, like orderctl stock set");
  CLI::Option* max = app->add_flag("--max", max_, "requests are due as soon as they can be sent");
  CLI::Option* rate = add_whole(*app, "--rate", rate_, 1, kMaxRate, "requests are due at this rate, per second");
  CLI::Option* speed = add_decimal(*app, "--speed", speed_, kMaxSpeed, "X",
                                   "requests are due at the recording's times, X times as fast [1]");
  add_whole(*app, "--producers,--connections", options_.producers, 1, kMaxProducers,
            "connections; requests go to each in turn [1]");
  add_whole(*app, "--window", options_.window, 1, kMaxWindow, "requests in flight per connection [1024]");
  add_whole(*app, "--from-line", from_line_, 1, order::kMaxWhole, "start at this line of the file [1]")
      ->excludes(stock);
  app->add_flag_callback(
      "--no-retry", [this] { options_.retry = false; }, "do not resend requests after a lost connection");
  CLI::Option* wait = app->add_flag("--wait", options_.wait, "wait for the results; report throughput and latency");
  CLI::Option* timeout = tools::add_duration(*app, "--timeout", options_.timeout,
                                             "with --wait: give up if no result arrives for this long [30s]");
  CLI::Option* record = add_text(*app, "--record-results", record_file_, "FILE",
                                 "with --wait: write the results to this file, as a recording");
  record->check(tools::check_file_name);
  CLI::Option* verify =
      app->add_flag("--verify", verify_,
                    "with --wait: check that each request has one result, in order, and no order is accepted twice");
  CLI::Option* data =
      add_text(*app, "--data", data_directory_, "DIR", "with --wait: write the data for order-replay report here");
  data->check(tools::check_file_name);
  max->excludes(rate)->excludes(speed);
  rate->excludes(speed);
  for (CLI::Option* option : {timeout, record, verify, data}) option->needs(wait);
  app->add_flag("--quiet", options_.quiet, "print no progress");
  tools::add_json(*app, program);
  app->callback([=, this, &program] {
    if (speed->count() > 0 && speed_ == 0) throw CLI::ValidationError("--speed", "has to be above 0");
    choose_pace();
    program.lanes = tools::LaneUse::kAll;
    program.action = [this](const tools::Context& context) { return run(context); };
  });
}

void Run::choose_pace() {
  if (max_) options_.pace = Pace::Kind::kMax;
  if (speed_ > 0) options_.pace_amount = speed_;
  if (rate_ == 0) return;
  options_.pace = Pace::Kind::kRate;
  options_.pace_amount = rate_;
}

// What has to be done and opened before the first push.
Result<bool> Run::prepare(const tools::Context& context, Source& source, RunSummary& summary) {
  if (set_stock_) {
    const auto set = set_stock(context, source);
    if (!set) return set.failure();
    if (*set == 0) return Failure{"the recording begins without stock: run it without --set-stock"};
    summary.stock_set = *set;
  }
  for (const settings::Settings& lane : context.lanes) {
    auto client = tools::Client::connect(lane);
    if (!client) return client.failure();
    auto after = tools::newest_id(*client, lane.streams.results);
    if (!after) return after.failure();
    results_after_.push_back(std::move(*after));
  }
  // First: the results may be recorded in this directory.
  if (!data_directory_.empty()) {
    auto opened = RunData::open(data_directory_);
    if (!opened) return opened.failure();
    data_.emplace(std::move(*opened));
  }
  if (!record_file_.empty()) {
    auto opened = Sink::open(record_file_);
    if (!opened) return opened.failure();
    record_.emplace(std::move(*opened));
  }
  if (verify_) checks_.resize(context.lanes.size());
  return true;
}

RunHooks Run::hooks() {
  RunHooks hooks;
  if (verify_) hooks.seen = [this](std::size_t lane, const tools::Entry& result) { checks_[lane].seen(result); };
  if (data_) {
    hooks.sample = [this](uint64_t now_ns, const RunSummary& summary) { data_->sample(now_ns, summary); };
  }
  hooks.result = [this](const tools::Entry& result, uint64_t /*seen_ns*/) {
    if (data_) data_->add(result);
    if (!record_) return;
    line_.clear();
    append_entry(line_, std::nullopt, result.id, fields_of(result));
    record_->write(line_);
  };
  return hooks;
}

Result<int> Run::run(const tools::Context& context) {
  auto source = Source::open(file_, from_line_);
  if (!source) return source.failure();
  RunSummary before;
  if (const auto prepared = prepare(context, **source, before); !prepared) return prepared.failure();
  Runner runner(context, options_, **source, results_after_, hooks());
  const Result<bool> ran = runner.run();
  RunSummary summary = runner.summary();
  summary.stock_set = before.stock_set;
  if (context.lanes.size() == 1) summary.results_after = results_after_.front();
  Result<bool> late = true;
  if (verify_ && !summary.stopped) late = read_late_results(context, runner.last_results());
  if (context.json) {
    tools::print_json(summary.json());
  } else {
    summary.print();
  }
  if (!summary.all_pushed) print_how_to_resume(summary);
  Result<bool> written = true;
  if (record_) written = record_->flush();
  if (written && data_) written = data_->finish(summary);
  if (!written) return written.failure();
  if (!ran) return ran.failure();
  if (!late) return late.failure();
  return judge(summary);
}

// A second result of a request could come after the last one that the run has waited for.
Result<bool> Run::read_late_results(const tools::Context& context, const std::vector<std::string>& after) {
  for (std::size_t i = 0; i < context.lanes.size(); ++i) {
    auto client = tools::Client::connect(context.lanes[i]);
    if (!client) return client.failure();
    auto read = tools::read_pages(*client, context.lanes[i].streams.results, "(" + after[i], "+",
                                  [&](const std::vector<tools::Entry>& page) {
                                    for (const tools::Entry& entry : page) checks_[i].seen(entry);
                                    return true;
                                  });
    if (!read) return read;
  }
  return true;
}

int Run::judge(const RunSummary& summary) const {
  if (summary.stopped || summary.failed + summary.unknown + summary.missing > 0) return tools::kFailed;
  if (!verify_) return tools::kDone;
  bool good = true;
  for (const RunCheck& check : checks_) {
    const std::vector<std::string>& problems = check.problems();
    for (const std::string& problem : problems) tools::note("verify: " + problem);
    if (check.count() > problems.size()) {
      tools::note("verify: and " + std::to_string(check.count() - problems.size()) + " more");
    }
    good = good && check.count() == 0;
  }
  if (!good) return tools::kViolation;
  if (!options_.quiet) {
    tools::note("verify: each request has exactly one result, in order, and no order was accepted twice");
  }
  return tools::kDone;
}

void Run::print_how_to_resume(const RunSummary& summary) const {
  const std::string line = std::to_string(summary.next_line);
  tools::note("stopped before line " + line + "; resume with: order-replay run " + tools::shown(file_) +
              " --from-line " + line + " and the other flags of this run, without --set-stock");
}

}  // namespace

void add_run(CLI::App& app, tools::Program& program) {
  static Run command;
  command.add(app, program);
}

}  // namespace orderd::replay
