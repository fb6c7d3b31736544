// The flags of results, and the results that exist already; results_follow.cpp has those that follow.
#include "orderctl/results.h"

#include <CLI/CLI.hpp>
#include <limits>
#include <nlohmann/json.hpp>

#include "order/request.h"
#include "orderctl/lane_clients.h"
#include "shared/options.h"
#include "shared/output.h"
#include "shared/place.h"

namespace orderd::tools {
namespace {

constexpr const char* kResultsHelp = R"(Examples:
  orderctl results                        the last 20
  orderctl results --follow               the last 20 and new ones, until Ctrl-C
  orderctl results --order o-1            all results of an order; reads the whole stream
  orderctl results --from 0 --json        the whole stream
  orderctl results --from 1732386423123-0 --count 100
  orderctl results --from 10m             of the last ten minutes
  orderctl results --from 2026-11-25T12:00:00+01:00 --json

Of several lanes all are shown, in the order of their IDs; --follow takes one (--lane).

Exit status 1: no result was found for --order or --request.)";

std::string check_stream_id(const std::string& text) {
  return parse_id(text) ? "" : "'" + shown(text) + "' is not a stream entry ID (example: 1732386423123-0)";
}

std::string results_of(const settings::Settings& lane) {
  return lane.streams.results;
}

// The first of the last `count` entries; "" if there are none.
struct Start {
  std::string id;
  std::size_t lane = 0;
};
Result<Start> start_of_last(const Context& context, LaneClients& clients, uint64_t count) {
  Start start;
  MergedRange range{results_of};
  range.back = true;
  const auto read = read_merged(context, clients, range, [&](std::size_t lane, const Entry& entry) {
    start = {std::string(entry.id), lane};
    return --count > 0;
  });
  if (!read) return read.failure();
  return start;
}

}  // namespace

void ResultPrinter::add(const Entry& entry, std::size_t lane) {
  if (!wanted_.order.empty() && entry.field("order") != wanted_.order) return;
  if (!wanted_.request.empty() && entry.field("request") != wanted_.request) return;
  ++unprinted_;
  if (context_.json) {
    print_json(with_lane(context_, lane, json_of_result(entry)));
  } else {
    table_.add(entry, context_.lanes[lane].lane_name());
  }
}

void ResultPrinter::end_page() {
  // Without a row there are no headings.
  if (unprinted_ > 0 && !context_.json) table_.print();
  printed_ += unprinted_;
  unprinted_ = 0;
}

Results::Results(CLI::App& parent, Program& program) {
  CLI::App* app = add_command(parent, "results", "show the results of requests", kResultsHelp);
  CLI::Option* count =
      add_whole(*app, "--count", count_, 0, order::kMaxWhole,
                "how many: the last ones, or with --from the first ones from there [20; with --from: all]");
  CLI::Option* from = add_place(*app, "--from", from_, "start at this entry, or at this time");
  CLI::Option* order = add_text(*app, "--order", order_, "ID", "only results of this order")->check(check_id);
  CLI::Option* request =
      add_text(*app, "--request", request_, "ID", "only the result of this request")->check(check_stream_id);
  app->add_flag("--follow", follow_, "keep printing new results, until Ctrl-C");
  add_json(*app, program);
  app->callback([=, this, &program] {
    counted_ = count->count() > 0;
    if (counted_ && order->count() + request->count() > 0) throw CLI::ExcludesError("--count", "--order or --request");
    if (counted_ && from->count() > 0 && follow_) throw CLI::ExcludesError("--count", "--from with --follow");
    // In the form that the server writes.
    if (!request_.empty()) request_ = parse_id(request_)->text();
    program.lanes = follow_ ? LaneUse::kOne : LaneUse::kAll;
    program.action = [this](const Context& context) { return run(context); };
  });
}

Result<int> Results::run(const Context& context) {
  LaneClients clients(context);
  const bool selective = !order_.empty() || !request_.empty();
  const StreamId from = place_of(from_).value_or(Place{}).first;
  Start start{!from_.empty() ? from.text() : selective ? "-" : ""};
  // Where to follow from if nothing is printed first.
  std::string last = from_.empty() ? "0-0" : id_before(from).text();
  if (start.id.empty() && count_ > 0) {
    auto found = start_of_last(context, clients, count_);
    if (!found) return found.failure();
    start = std::move(*found);
  } else if (start.id.empty()) {
    const auto newest = start_of_last(context, clients, 1);
    if (!newest) return newest.failure();
    if (!newest->id.empty()) last = newest->id;
  }
  const bool limited = counted_ && !from_.empty();
  uint64_t left = limited ? count_ : std::numeric_limits<uint64_t>::max();
  ResultPrinter printer(context, {order_, request_});
  uint64_t read_count = 0;
  const auto take = [&](std::size_t lane, const Entry& entry) {
    if (entry.id == start.id && lane < start.lane) return true;
    printer.add(entry, lane);
    if (++read_count % kPageEntries == 0) printer.end_page();
    last = entry.id;
    return --left > 0;
  };
  if (!start.id.empty() && left > 0) {
    const auto read = read_merged(context, clients, {results_of, start.id}, take);
    if (!read) return read.failure();
    printer.end_page();
  }
  if (follow_) return follow_results(context, last, printer);
  if (printer.printed() > 0) return kDone;
  const std::string where =
      context.several() ? "any lane" : "the stream '" + shown(context.settings.streams.results) + "'";
  if (selective) {
    note("no result of " + (order_.empty() ? "request " + shown(request_) : "order " + shown(order_)) + " in " + where);
    return kFailed;
  }
  if (count_ > 0) note("no results in " + where);
  return kDone;
}

}  // namespace orderd::tools
