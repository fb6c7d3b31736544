// Many orders: a run as order-replay makes it, as fast as possible over one connection a lane, of lines that are pushed
// as they are. What is not an order's JSON is mostly a file of another form: each gets the way out.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "audit/json.h"
#include "order-replay/runner.h"
#include "order/request.h"
#include "orderctl/lane_clients.h"
#include "orderctl/submit.h"

namespace orderd::tools {
namespace {

constexpr std::string_view kField = "order";
// With the name of its field an entry of the largest size.
constexpr std::size_t kMaxLineBytes = order::kMaxEntryBytes - kField.size();
// Requests in flight: with the largest lines 16 MiB.
constexpr uint64_t kWindow = 256;
constexpr uint64_t kMaxComplaints = 20;

// What is wrong with a line of a file of orders, and what to do; empty: it is a JSON object. `reader` is scratch space.
std::string problem_of_line(audit::JsonReader& reader, std::string_view line) {
  const auto& values = reader.read(line);
  if (!values.empty() && values.front().kind == audit::JsonValue::Kind::kObject) return "";
  const std::size_t start = line.find_first_not_of(" \t\r");
  const char first = start == std::string_view::npos ? ' ' : line[start];
  const std::string force = "; --force pushes lines as they are";
  if (first == '[')
    return "a JSON array, and each order has to be a line of its own (jq -c '.[]' FILE makes them)" + force;
  if (first == '{')
    return "not a complete JSON object; an order that spans several lines must be put on one (jq -c . FILE)" + force;
  return "not a JSON object; a file of another form, such as CSV, has to be converted first, each order to a line "
         "like " +
         std::string(R"({"id":"o-1","sku":"shoe","quantity":3})") + force;
}

// The SKU of an order's first line, also of a malformed order; empty: it has none.
std::string_view first_sku(const std::vector<audit::JsonValue>& order) {
  bool in_items = false;
  for (const audit::JsonValue& value : order) {
    if (value.depth == 1) in_items = value.name == "items";
    const bool member = value.depth == 1 || (in_items && value.depth == 3);
    if (member && value.name == "sku" && value.kind == audit::JsonValue::Kind::kString) return value.text;
  }
  return {};
}

// Looks at all lines of a regular file, from where it is read on; it is not moved. Fails at the first
// problem_of_line().
Result<bool> check_lines(int file) {
  struct stat facts {};
  const off_t start = lseek(file, 0, SEEK_CUR);
  if (fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode) || start < 0) return true;
  LineReader reader(file, kMaxLineBytes);
  audit::JsonReader json;
  for (;;) {
    const LineReader::Kind kind = reader.next();
    // What cannot be read is reported when it is to be pushed.
    if (kind == LineReader::Kind::kEnd || kind == LineReader::Kind::kBroken) break;
    const std::string_view line = reader.line();
    if (kind != LineReader::Kind::kLine || line.empty() || line == "\r") continue;
    const std::string problem = problem_of_line(json, line);
    if (!problem.empty()) {
      return Failure{"line " + std::to_string(reader.number()) + ": " + problem + ". Nothing was pushed"};
    }
  }
  if (lseek(file, start, SEEK_SET) < 0) return Failure{std::string("cannot read it twice: ") + std::strerror(errno)};
  return true;
}

class FilePush {
 public:
  FilePush(const Context& context, const SubmitOptions& options) : context_(context), options_(options) {}

  Result<int> run(const std::string& file) {
    auto source = replay::Source::open(file, 1, as_orders());
    if (!source) return source.failure();
    if (const auto checked = options_.force ? Result<bool>(true) : check_lines((*source)->descriptor()); !checked) {
      return Failure{(*source)->name() + ": " + checked.error()};
    }
    source_ = source->get();
    const auto results_after = connect();
    if (!results_after) return results_after.failure();
    replay::Runner runner(context_,
                          {.pace = replay::Pace::Kind::kMax,
                           .window = kWindow,
                           .wait = options_.wait,
                           .timeout = options_.timeout,
                           .give_up = options_.timeout,
                           .quiet = options_.quiet || isatty(STDERR_FILENO) == 0},
                          **source, *results_after,
                          {.seen = {}, .lost_after = {}, .result = {}, .kept = {}, .explain = explain_, .sample = {}});
    runner_ = &runner;
    const auto ran = runner.run();
    runner_ = nullptr;
    const replay::RunSummary& summary = runner.summary();
    print(summary);
    if (!ran) return Failure{ran.error() + what_is_known(summary)};
    if (summary.stopped && !summary.all_pushed) {
      const std::string next = std::to_string(summary.next_line);
      note("stopped before line " + next + "; all before it was pushed; resume with: tail -n +" + next +
           " FILE | orderctl submit -");
    }
    return summary.stopped || long_lines_ > 0 ? kFailed : kDone;
  }

 private:
  replay::Source::Reading as_orders() {
    return {.line_bytes_max = kMaxLineBytes,
            .read = [this](std::string_view line, uint64_t number,
                           replay::Recorded& out) { return read(line, number, out); },
            .too_long = [this](uint64_t number) -> Result<bool> {
              complain(number, ++long_lines_, "longer than 64 KiB, the limit of an order; skipped");
              return true;
            }};
  }

  Result<bool> read(std::string_view line, uint64_t number, replay::Recorded& out) {
    if (line.empty() || line == "\r") {
      complain(number, ++empty_lines_, "empty; skipped");
      return true;
    }
    const std::string problem = options_.force ? "" : problem_of_line(json_, line);
    if (!problem.empty()) return Failure{problem + ". All before it was pushed"};
    out.kind = replay::Recorded::Kind::kEntry;
    out.fields = {kField, line};
    out.sku = context_.several() ? first_sku(json_.read(line)) : std::string_view();
    return true;
  }

  void complain(uint64_t line, uint64_t times, const std::string& what) {
    if (times > kMaxComplaints || options_.quiet) return;
    runner_->say("line " + std::to_string(line) + ": " + what +
                 (times == kMaxComplaints ? "; further ones are only counted" : ""));
  }

  // Before anything is pushed every lane has been reached. Returns the last result of each; "": none is waited for.
  Result<std::vector<std::string>> connect() {
    std::vector<std::string> results_after;
    for (const settings::Settings& lane : context_.lanes) {
      const std::string where = of_lane(context_, lane);
      auto client = Client::connect(lane);
      if (!client) return Failure{where + client.error()};
      Result<std::string> newest = std::string();
      if (options_.wait) newest = newest_id(*client, lane.streams.results);
      if (!newest) return Failure{where + newest.error()};
      results_after.push_back(std::move(*newest));
      clients_.push_back(std::move(*client));
    }
    return results_after;
  }

  void print(const replay::RunSummary& summary) const {
    if (options_.quiet) return;
    if (context_.json) {
      Json out = summary.json();
      for (const char* of_runs : {"results_after", "stock_set"}) out.erase(of_runs);
      out["empty_lines"] = empty_lines_;
      out["long_lines"] = long_lines_;
      return print_json(out);
    }
    std::string skipped;
    if (empty_lines_ > 0) skipped += "skipped " + count_text(empty_lines_, "empty line") + "\n";
    if (long_lines_ > 0) skipped += "skipped " + count_text(long_lines_, "line") + " over 64 KiB\n";
    summary.print_outcomes(skipped);
  }

  // For the end of a failure's sentence.
  [[nodiscard]] std::string what_is_known(const replay::RunSummary& summary) const {
    const bool by_line = source_->broken() && summary.next_line == source_->number();
    if (summary.all_pushed || by_line) return "";
    if (summary.outcomes_known) return "; all before line " + std::to_string(summary.next_line) + " was pushed";
    return "; " + count_text(summary.pushed, "order was", "orders were") + " pushed; from line " +
           std::to_string(summary.next_line) +
           " on it is unknown. It is safe to submit the file again: what was pushed becomes a duplicate";
  }

  const Context& context_;
  const SubmitOptions& options_;
  const replay::Source* source_ = nullptr;
  replay::Runner* runner_ = nullptr;  // while it runs
  audit::JsonReader json_;
  uint64_t empty_lines_ = 0;
  uint64_t long_lines_ = 0;
  std::vector<Client> clients_;  // of each lane, to explain its errors
  const std::function<std::string(std::size_t, const std::string&)> explain_ =
      [this](std::size_t lane, const std::string& answer) { return clients_[lane].explain(answer); };
};

}  // namespace

Result<int> submit_file(const Context& context, const SubmitOptions& options, const std::string& file) {
  return FilePush(context, options).run(file);
}

}  // namespace orderd::tools
