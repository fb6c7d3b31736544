// The flags of results, and the results that exist already; results_follow.cpp has those that follow.
#include "orderctl/results.h"

#include <CLI/CLI.hpp>
#include <limits>
#include <nlohmann/json.hpp>

#include "order/request.h"
#include "shared/options.h"
#include "shared/output.h"
#include "shared/place.h"

namespace orderd::tools {
namespace {

using valkey::Command;

constexpr const char* kResultsHelp = R"(Examples:
  orderctl results                        the last 20
  orderctl results --follow               the last 20 and new ones, until Ctrl-C
  orderctl results --order o-1            all results of an order; reads the whole stream
  orderctl results --from 0 --json        the whole stream
  orderctl results --from 1732386423123-0 --count 100
  orderctl results --from 10m             of the last ten minutes
  orderctl results --from 2026-11-25T12:00:00+01:00 --json

Exit status 1: no result was found for --order or --request.)";

std::string check_stream_id(const std::string& text) {
  return parse_id(text) ? "" : "'" + shown(text) + "' is not a stream entry ID (example: 1732386423123-0)";
}

// The ID of the first of the last `count` entries; "" if there are none.
Result<std::string> start_of_last(Client& client, const std::string& stream, uint64_t count) {
  std::string start;
  while (count > 0) {
    const auto page = std::min<uint64_t>(count, kPageEntries);
    const auto reply =
        client.ask(Command::of("XREVRANGE", stream, start.empty() ? "+" : "(" + start, "-", "COUNT", page));
    if (!reply) return reply.failure();
    const std::size_t got = (*reply)->size();
    if (got > 0) start = (*reply)->at(got - 1).at(0).text();
    if (got < page) break;
    count -= got;
  }
  return start;
}

}  // namespace

void ResultPrinter::add(const Entry& entry) {
  if (!wanted_.order.empty() && entry.field("order") != wanted_.order) return;
  if (!wanted_.request.empty() && entry.field("request") != wanted_.request) return;
  ++unprinted_;
  if (json_) {
    print_json(json_of_result(entry));
  } else {
    table_.add(entry);
  }
}

void ResultPrinter::end_page() {
  // Without a row there are no headings.
  if (unprinted_ > 0 && !json_) table_.print();
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
    program.action = [this](const Context& context) { return run(context); };
  });
}

Result<int> Results::run(const Context& context) {
  auto client = Client::connect(context.settings);
  if (!client) return client.failure();
  const std::string& stream = context.settings.streams.results;
  const bool selective = !order_.empty() || !request_.empty();
  const StreamId from = place_of(from_).value_or(Place{}).first;
  std::string start = !from_.empty() ? from.text() : selective ? "-" : "";
  // Where to follow from if nothing is printed first.
  std::string last = from_.empty() ? "0-0" : id_before(from).text();
  if (start.empty() && count_ > 0) {
    auto found = start_of_last(*client, stream, count_);
    if (!found) return found.failure();
    start = std::move(*found);
  } else if (start.empty()) {
    const auto newest = start_of_last(*client, stream, 1);
    if (!newest) return newest.failure();
    if (!newest->empty()) last = *newest;
  }
  const bool limited = counted_ && !from_.empty();
  uint64_t left = limited ? count_ : std::numeric_limits<uint64_t>::max();
  ResultPrinter printer(context.json, {order_, request_});
  const auto print_page = [&](const std::vector<Entry>& entries) {
    for (const Entry& entry : entries) {
      if (left == 0) break;
      --left;
      printer.add(entry);
    }
    printer.end_page();
    last = entries.back().id;
    return left > 0;
  };
  if (!start.empty() && left > 0) {
    const auto read = read_pages(*client, stream, start, "+", print_page);
    if (!read) return read.failure();
  }
  if (follow_) return follow_results(context, last, printer);
  if (printer.printed() > 0) return kDone;
  if (selective) {
    note("no result of " + (order_.empty() ? "request " + shown(request_) : "order " + shown(order_)) +
         " in the stream '" + shown(stream) + "'");
    return kFailed;
  }
  if (count_ > 0) note("no results in the stream '" + shown(stream) + "'");
  return kDone;
}

}  // namespace orderd::tools
