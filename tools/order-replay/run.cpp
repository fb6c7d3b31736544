// The flags of run, and what surrounds a run: the stock before it, the summary after it.
#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <optional>

#include "lua/scripts.h"
#include "order-replay/commands.h"
#include "order-replay/number_options.h"
#include "order-replay/run_check.h"
#include "order-replay/run_data.h"
#include "order-replay/runner.h"
#include "order-replay/sink.h"
#include "order/request.h"
#include "order/settle_arguments.h"
#include "shared/client.h"
#include "shared/options.h"
#include "shared/output.h"

namespace orderd::replay {
namespace {

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

struct RunFlags {
  RunOptions options;
  std::string file;
  bool max = false;
  uint64_t rate = 0;
  uint64_t speed = 0;
  bool set_stock = false;
  uint64_t from_line = 1;
  std::string record_file;
  std::string data_directory;
  bool verify = false;
};

// Sets the initial stock of a recording, each with its entry in the ledger, like orderctl stock set: consumes the stock
// lines of the source, up to the first request. Returns how many there were. Through lua/stock.lua, in a pipeline: a
// recording may have a million SKUs.
Result<uint64_t> set_stock(const tools::Context& context, Source& source) {
  constexpr std::size_t kStocksInFlight = 500;
  // A lane's server, with commands in flight.
  struct Desk {
    tools::Client client;
    std::string script;
    std::size_t sent = 0;
  };
  std::vector<Desk> desks;
  for (const settings::Settings& lane : context.lanes) {
    auto client = tools::Client::connect(lane);
    if (!client) return client.failure();
    const auto loaded = client->ask(valkey::Command::of("SCRIPT", "LOAD", lua::stock));
    if (!loaded) return loaded.failure();
    desks.push_back({std::move(*client), std::string((*loaded)->text())});
  }
  uint64_t count = 0;
  const auto settle = [&]() -> Result<uint64_t> {
    for (Desk& desk : desks) {
      for (; desk.sent > 0; --desk.sent) {
        const auto reply = desk.client.read();
        if (!reply) return reply.failure();
        if ((*reply)->is_error()) return Failure{"cannot set the stock: " + desk.client.explain((*reply)->text())};
      }
    }
    return count;
  };
  while (source.look_patiently() == Source::State::kLine && source.line().kind == Recorded::Kind::kStock) {
    const Recorded& line = source.line();
    const std::size_t lane = context.lane_of(line.sku);
    const settings::Settings& settings = context.lanes[lane];
    std::string head;
    order::append_stock_head(line.sku, head);
    desks[lane].client.append(valkey::Command::of("EVALSHA", desks[lane].script, 2, settings.streams.results,
                                                  settings.stock_keys().key(line.sku), "set", line.quantity, head,
                                                  "order-replay"));
    ++desks[lane].sent;
    source.advance();
    if (++count % kStocksInFlight != 0) continue;
    if (auto settled = settle(); !settled) return settled;
  }
  return settle();
}

class Run {
 public:
  Run(const tools::Context& context, const RunFlags& flags) : context_(context), flags_(flags) {}
  [[nodiscard]] Result<int> run();

 private:
  [[nodiscard]] Result<uint64_t> prepare(Source& source);
  [[nodiscard]] RunHooks hooks();
  [[nodiscard]] Result<bool> read_late_results(const std::vector<std::string>& after);
  [[nodiscard]] int judge(const RunSummary& summary) const;

  const tools::Context& context_;
  const RunFlags& flags_;
  // Only if asked for.
  std::optional<Sink> record_;
  std::optional<RunData> data_;
  std::vector<RunCheck> checks_;  // one for each lane
  std::string line_;
  std::vector<std::string> results_after_;  // of each lane, the last result before the run
};

// What has to be done and opened before the first push. Returns how many stocks were set.
Result<uint64_t> Run::prepare(Source& source) {
  Result<uint64_t> set = uint64_t{0};
  if (flags_.set_stock) {
    set = set_stock(context_, source);
    if (set && *set == 0) return Failure{"the recording begins without stock: run it without --set-stock"};
    if (!set) return set;
  }
  for (const settings::Settings& lane : context_.lanes) {
    auto client = tools::Client::connect(lane);
    if (!client) return client.failure();
    auto after = tools::newest_id(*client, lane.streams.results);
    if (!after) return after.failure();
    results_after_.push_back(std::move(*after));
  }
  // First: the results may be recorded in this directory.
  if (!flags_.data_directory.empty()) {
    auto opened = RunData::open(flags_.data_directory);
    if (!opened) return opened.failure();
    data_.emplace(std::move(*opened));
  }
  if (!flags_.record_file.empty()) {
    auto opened = Sink::open(flags_.record_file);
    if (!opened) return opened.failure();
    record_.emplace(std::move(*opened));
  }
  if (flags_.verify) checks_.resize(context_.lanes.size());
  return set;
}

RunHooks Run::hooks() {
  RunHooks hooks;
  if (flags_.verify) {
    hooks.seen = [this](std::size_t lane, const tools::Entry& result) { checks_[lane].seen(result); };
    hooks.lost_after = [this](std::size_t lane, StreamId result) { checks_[lane].lost_after(result); };
  }
  if (data_) hooks.sample = [this](uint64_t now_ns, const RunSummary& summary) { data_->sample(now_ns, summary); };
  if (data_) hooks.result = [this](const tools::Entry& result) { data_->add(result); };
  if (record_) {
    hooks.kept = [this](const tools::Entry& result) {
      line_.clear();
      append_entry(line_, std::nullopt, result.id, fields_of(result));
      record_->write(line_);
    };
  }
  return hooks;
}

Result<int> Run::run() {
  auto source = Source::open(flags_.file, flags_.from_line);
  if (!source) return source.failure();
  const auto prepared = prepare(**source);
  if (!prepared) return prepared.failure();
  Runner runner(context_, flags_.options, **source, results_after_, hooks());
  const Result<bool> ran = runner.run();
  RunSummary summary = runner.summary();
  summary.stock_set = *prepared;
  if (!context_.several()) summary.results_after = results_after_.front();
  Result<bool> late = true;
  if (flags_.verify && !summary.stopped) late = read_late_results(runner.last_results());
  if (context_.json) {
    tools::print_json(summary.json());
  } else {
    summary.print();
  }
  if (!summary.all_pushed) {
    tools::note(
        fmt::format("stopped before line {0}; resume with: order-replay run {1} --from-line {0} and the other "
                    "flags of this run, without --set-stock",
                    summary.next_line, tools::shown(flags_.file)));
  }
  Result<bool> written = true;
  if (record_) written = record_->flush();
  if (written && data_) written = data_->finish(summary);
  for (const auto& done : {written, ran, late}) {
    if (!done) return done.failure();
  }
  return judge(summary);
}

// A second result of a request could come after the last one that the run has waited for.
Result<bool> Run::read_late_results(const std::vector<std::string>& after) {
  for (std::size_t i = 0; i < context_.lanes.size(); ++i) {
    auto client = tools::Client::connect(context_.lanes[i]);
    if (!client) return client.failure();
    auto read = tools::read_pages(*client, context_.lanes[i].streams.results, "(" + after[i], "+",
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
  if (!flags_.verify) return tools::kDone;
  bool good = true;
  for (const RunCheck& check : checks_) {
    const std::vector<std::string>& problems = check.problems();
    for (const std::string& problem : problems) tools::note("verify: " + problem);
    if (check.count() > problems.size()) {
      tools::note(fmt::format("verify: and {} more", check.count() - problems.size()));
    }
    good = good && check.count() == 0;
  }
  if (!good) return tools::kViolation;
  if (!flags_.options.quiet) {
    tools::note("verify: each request has exactly one result, in order, and no order was accepted twice");
  }
  return tools::kDone;
}

}  // namespace

void add_run(CLI::App& parent, tools::Program& program) {
  using tools::add_text;
  using tools::add_whole;
  auto& flags = program.keep<RunFlags>();
  RunOptions& options = flags.options;
  CLI::App* app = tools::add_command(parent, "run", "push a recording into the orders stream", kRunHelp);
  add_text(*app, "FILE", flags.file, "", "the recording; - for standard input")
      ->required()
      ->check(tools::check_file_name);
  CLI::Option* stock =
      app->add_flag("--set-stock", flags.set_stock, "set the recording's stock first, like orderctl stock set");
  CLI::Option* max = app->add_flag("--max", flags.max, "requests are due as soon as they can be sent");
  CLI::Option* rate = add_whole(*app, "--rate", flags.rate, 1, kMaxRate, "requests are due at this rate, per second");
  CLI::Option* speed = add_decimal(*app, "--speed", flags.speed, kMaxSpeed, "X",
                                   "requests are due at the recording's times, X times as fast [1]");
  add_whole(*app, "--producers,--connections", options.producers, 1, kMaxProducers,
            "connections; requests go to each in turn [1]");
  add_whole(*app, "--window", options.window, 1, kMaxWindow, "requests in flight per connection [1024]");
  add_whole(*app, "--from-line", flags.from_line, 1, order::kMaxWhole, "start at this line of the file [1]")
      ->excludes(stock);
  app->add_flag_callback(
      "--no-retry", [&options] { options.retry = false; }, "do not resend requests after a lost connection");
  CLI::Option* wait = app->add_flag("--wait", options.wait, "wait for the results; report throughput and latency");
  CLI::Option* timeout = tools::add_duration(*app, "--timeout", options.timeout,
                                             "with --wait: give up if no result arrives for this long [30s]");
  CLI::Option* record = add_text(*app, "--record-results", flags.record_file, "FILE",
                                 "with --wait: write the results to this file, as a recording");
  CLI::Option* verify =
      app->add_flag("--verify", flags.verify,
                    "with --wait: check that each request has one result, in order, and no order is accepted twice");
  CLI::Option* data =
      add_text(*app, "--data", flags.data_directory, "DIR", "with --wait: write the data for order-replay report here");
  for (CLI::Option* option : {record, data}) option->check(tools::check_file_name);
  max->excludes(rate)->excludes(speed);
  rate->excludes(speed);
  for (CLI::Option* option : {timeout, record, verify, data}) option->needs(wait);
  app->add_flag("--quiet", options.quiet, "print no progress");
  const auto check = [speed, &flags] {
    if (speed->count() > 0 && flags.speed == 0) throw CLI::ValidationError("--speed", "has to be above 0");
    RunOptions& chosen = flags.options;
    chosen.pace = flags.max ? Pace::Kind::kMax : flags.rate > 0 ? Pace::Kind::kRate : Pace::Kind::kSpeed;
    if (flags.speed > 0) chosen.pace_amount = flags.speed;
    if (flags.rate > 0) chosen.pace_amount = flags.rate;
  };
  tools::set_action(
      *app, program, tools::LaneUse::kAll,
      [&flags](const tools::Context& context) { return Run(context, flags).run(); }, check);
}

}  // namespace orderd::replay
