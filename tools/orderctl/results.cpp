// The options of results, and the results that exist already; shared/follow.cpp reads those that follow.
#include "orderctl/results.h"

#include <CLI/CLI.hpp>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/number.h"
#include "order/request.h"
#include "orderctl/commands.h"
#include "orderctl/lane_clients.h"
#include "shared/follow.h"
#include "shared/options.h"
#include "shared/place.h"

namespace orderd::tools {
namespace {

constexpr const char* kResultsHelp = R"(Examples:
  orderctl results                        the last 20
  orderctl results --since 10m            of the last ten minutes
  orderctl results --status rejected      the last 20 that were rejected
  orderctl results --reason insufficient_stock --since 2026-11-25T12:00:00+01:00
  orderctl results --order o-1            all results of an order; reads the whole stream
  orderctl results --from 0 --json        the whole stream
  orderctl results --follow               the last 20 and new ones, until Ctrl-C

With several lanes, the results of all are shown in the order of their IDs, new ones as they arrive.

Exit status 1: no result matches --order, --request, --status and --reason.)";

// Of the option --request; the part after the dash may be left out.
std::optional<StreamId> request_of(std::string_view text) {
  if (const auto ms = parse_number<uint64_t>(text)) return StreamId{*ms, 0};
  return StreamId::parse(text);
}

std::string check_request(const std::string& text) {
  return request_of(text) ? "" : "'" + shown(text) + "' is not a stream entry ID (example: 1732386423123-0)";
}

std::string results_of(const settings::Settings& lane) {
  return lane.streams.results;
}

// The first of the last `count` wanted entries; "" if there are none.
struct Start {
  std::string id;
  std::size_t lane = 0;
};
Result<Start> start_of_last(const Context& context, LaneClients& clients, uint64_t count, const WantedResults& wanted) {
  Start start;
  const auto read =
      read_merged(context, clients, results_of, {"-", "+", true}, [&](std::size_t lane, const Entry& entry) {
        if (!wanted.has(entry)) return true;
        start = {std::string(entry.id), lane};
        return --count > 0;
      });
  if (!read) return read.failure();
  return start;
}

// At the newest result of each lane.
Result<std::vector<Cursor>> newest_of(const Context& context, LaneClients& clients) {
  std::vector<Cursor> newest(context.lanes.size());
  for (std::size_t i = 0; i < context.lanes.size(); ++i) {
    const auto client = clients.of(i);
    if (!client) return client.failure();
    const auto id = newest_id(**client, results_of(context.lanes[i]));
    if (!id) return id.failure();
    const StreamId entry = StreamId::parse(*id).value_or(StreamId{});
    newest[i] = Cursor(entry);
    if (entry > StreamId{}) newest[i].read(entry);
  }
  return newest;
}

struct ResultOptions {
  uint64_t count = 20;
  bool counted = false;  // was --count given?
  std::string from;
  WantedResults wanted;
  bool follow = false;
};

// Returns of each lane where to follow from.
Result<std::vector<Cursor>> print_existing(const Context& context, const ResultOptions& options,
                                           ResultPrinter& printer) {
  const WantedResults& wanted = options.wanted;
  LaneClients clients(context);
  const StreamId from = place_of(options.from).value_or(Place{}).first;
  std::vector<Cursor> last(context.lanes.size(), Cursor(id_before(from)));
  Start start{from.text()};
  const bool from_newest = options.from == "+";
  if (from_newest || (options.from.empty() && (options.counted || (wanted.order.empty() && wanted.request.empty())))) {
    auto newest = newest_of(context, clients);
    if (!newest) return newest;
    last = std::move(*newest);
    if (options.count == 0) return last;
    auto found =
        start_of_last(context, clients, from_newest ? 1 : options.count, from_newest ? WantedResults{} : wanted);
    if (!found) return found.failure();
    start = std::move(*found);
  }
  uint64_t left = options.counted && !options.from.empty() ? options.count : std::numeric_limits<uint64_t>::max();
  if (start.id.empty()) return last;
  uint64_t read_count = 0;
  const auto read = read_merged(context, clients, results_of, {start.id}, [&](std::size_t lane, const Entry& entry) {
    if (entry.id == start.id && lane < start.lane) return true;
    last[lane].read(StreamId::parse(entry.id).value_or(StreamId{}));
    const bool printed = printer.add(entry, lane);
    if (++read_count % kPageEntries == 0) printer.end_page();
    return !printed || --left > 0;
  });
  if (!read) return read.failure();
  printer.end_page();
  return last;
}

Failure follow_results(const Context& context, const std::vector<Cursor>& last, ResultPrinter& printer) {
  std::vector<Followed> streams;
  for (std::size_t i = 0; i < last.size(); ++i) {
    const settings::Settings& lane = context.lanes[i];
    streams.push_back({lane, results_of(lane), of_lane(context, lane), last[i]});
  }
  if (const auto flushed = flush_output(); !flushed) return Failure{flushed.error()};
  return follow(std::move(streams), kDone, [&](std::size_t lane, const std::vector<Entry>& page) -> Result<int> {
    for (const Entry& entry : page) (void)printer.add(entry, lane);
    printer.end_page();
    if (const auto flushed = flush_output(); !flushed) return flushed.failure();
    return kDone;
  });
}

Result<int> show_results(const Context& context, const ResultOptions& options) {
  const WantedResults& wanted = options.wanted;
  ResultPrinter printer(context, wanted);
  const auto last = print_existing(context, options, printer);
  if (!last) return last.failure();
  if (options.follow) return follow_results(context, *last, printer);
  if (printer.printed() > 0) return kDone;
  const std::string where =
      context.several() ? "any lane" : "the stream '" + shown(context.settings.streams.results) + "'";
  note((wanted.all() ? "no results" : "no result" + wanted.text()) + " in " + where);
  return wanted.all() ? kDone : kFailed;
}

}  // namespace

bool WantedResults::has(const Entry& entry) const {
  const auto matches = [&entry](const std::string& value, std::string_view field) {
    return value.empty() || entry.field(field) == value;
  };
  return matches(order, "order") && matches(request, "request") && matches(status, "status") &&
         matches(reason, "reason");
}

std::string WantedResults::text() const {
  std::string out;
  const auto add = [&out](const char* words, const std::string& value) {
    if (!value.empty()) out.append(words).append(shown(value));
  };
  add(" of order ", order);
  add(" of request ", request);
  add(" with status ", status);
  add(status.empty() ? " with reason " : " and reason ", reason);
  return out;
}

bool ResultPrinter::add(const Entry& entry, std::size_t lane) {
  if (!wanted_.has(entry)) return false;
  ++unprinted_;
  if (context_.json) {
    print_json(with_lane(context_, lane, json_of_result(entry)));
  } else {
    add_result(table_, entry, context_.lanes[lane].lane_name());
  }
  return true;
}

void ResultPrinter::end_page() {
  // Without a row there are no headings.
  if (unprinted_ > 0 && !context_.json) table_.print();
  printed_ += unprinted_;
  unprinted_ = 0;
}

void add_results(CLI::App& parent, Program& program) {
  auto& options = program.keep<ResultOptions>();
  CLI::App* app =
      add_command(parent, "results", "show the results of requests", kPlaceHelp + std::string(kResultsHelp));
  CLI::Option* count = add_whole(*app, "--count", options.count, 0, order::kMaxWhole,
                                 "how many: the last ones, or with --from the first ones from there [20; with --from, "
                                 "--order or --request: all]");
  CLI::Option* from = add_place(*app, "--from,--since", options.from, "start at this entry, or at this time");
  add_text(*app, "--order", options.wanted.order, "ID", "only results of this order")->check(check_id);
  add_text(*app, "--request", options.wanted.request, "ID", "only the result of this request")->check(check_request);
  add_text(*app, "--status", options.wanted.status, "WORD",
           "only results with this status (accepted, rejected, duplicate, stock, letter)")
      ->check(CLI::IsMember({"accepted", "rejected", "duplicate", "stock", "letter"}).description(""));
  add_text(*app, "--reason", options.wanted.reason, "TEXT", "only results with this reason, such as insufficient_stock")
      ->check([](const std::string& text) { return std::string(text.empty() ? "a reason is expected" : ""); });
  app->add_flag("--follow", options.follow, "keep printing new results, until Ctrl-C");
  set_action(
      *app, program, LaneUse::kAll, [&options](const Context& context) { return show_results(context, options); },
      [=, &options] {
        options.counted = count->count() > 0;
        if (options.counted && from->count() > 0 && options.follow) {
          throw CLI::ExcludesError("--count", "--from with --follow");
        }
        if (options.count == 0 && !options.follow) throw CLI::RequiresError("--count 0", "--follow");
        // In the form that the server writes.
        std::string& request = options.wanted.request;
        if (!request.empty()) request = request_of(request)->text();
      });
}

}  // namespace orderd::tools
