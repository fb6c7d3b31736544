// What order_facts.h has found, as text or as JSON.
#include <CLI/CLI.hpp>

#include "orderctl/commands.h"
#include "orderctl/lane_clients.h"
#include "orderctl/order_facts.h"
#include "orderctl/result_view.h"
#include "shared/json.h"
#include "shared/options.h"

namespace orderd::tools {
namespace {

constexpr const char* kOrderHelp =
    R"(Times are in UTC. Expired records and trimmed requests and results are shown as such. The search covers the newest
results and the oldest waiting requests, --search of each. With several lanes, all are searched: an order may be decided in
one and wrong_lane in another.

Examples:
  orderctl order show o-1
  orderctl order show o-1 --json --search 10000000

Exit status 1: nothing is known of this order.)";

std::string fields_text(const Entry& entry) {
  std::string text;
  for (const auto& [name, value] : entry.fields) {
    text.append(text.empty() ? "" : " ").append(shown(name)).append("=").append(shown(value));
  }
  return text;
}

std::string record_text(const OrderRecord& record) {
  const std::string key = shown(record.key);
  switch (record.kind) {
    case OrderRecord::Kind::kNone: return "none in " + key + ": it has expired, or the order was never decided";
    case OrderRecord::Kind::kForeign:
      return key + " holds something other than a record; the order is answered bad_record";
    case OrderRecord::Kind::kRecord: break;
  }
  std::string text = std::string(record.accepted ? "accepted" : "rejected") + ", in " + key;
  return text + (record.left_ms ? ", expires in " + duration_text(std::chrono::milliseconds(*record.left_ms))
                                : ", never expires");
}

// `lane`: empty, or the one of several.
void print_text(const OrderFacts& facts, const std::string& lane) {
  const auto row = [](const char* name, const std::string& text) {
    print(colored(padded(name, 10), Color::kBold) + text + "\n");
  };
  const auto place = [](const std::string& id, bool there) {
    const std::string time = time_of_id(id);
    return shown(id) + (time.empty() ? "" : ", " + time) + (there ? "" : ": trimmed or deleted");
  };
  if (!lane.empty()) row("lane", lane);
  row("order", shown(facts.order));
  row("record", record_text(facts.record));
  if (!facts.decided.empty()) row("decision", place(facts.decided, facts.decision.has_value()));
  if (!facts.asked.empty()) {
    row("request",
        place(facts.asked, facts.request.has_value()) + (facts.request ? ": " + fields_text(*facts.request) : ""));
  } else if (!facts.decided.empty()) {
    row("request", "not known: the result that names it was trimmed or deleted");
  }
  for (const std::string& id : facts.waiting) row("waits", place(id, true));
  if (!facts.waiting_searched) row("waits", "not all waiting requests were searched (--search)");
  print("\n");
  if (!facts.results.empty()) {
    ResultTable table;
    for (const Entry& entry : facts.results) table.add(entry);
    table.print();
  } else {
    print("no results of this order were found\n");
  }
  if (!facts.searched_from.empty()) {
    print("results before " + facts.searched_from + " were not searched (--search)\n");
  }
}

Json json_of(const OrderFacts& facts) {
  const OrderRecord& record = facts.record;
  Json out = {{"order", facts.order}};
  out["record"] = {{"key", record.key},
                   {"exists", record.kind != OrderRecord::Kind::kNone},
                   {"valid", record.kind == OrderRecord::Kind::kRecord},
                   {"outcome", record.result.empty() ? Json() : Json(record.accepted ? "accepted" : "rejected")},
                   {"result", or_null(record.result)},
                   {"expires_in_ms", or_null(record.left_ms)}};
  out["decision"] = {{"id", or_null(facts.decided)},
                     {"time", or_null(time_of_id(facts.decided))},
                     {"exists", facts.decision.has_value()}};
  Json fields = Json::array();
  if (facts.request) {
    for (const auto& [name, value] : facts.request->fields) fields.push_back({std::string(name), std::string(value)});
  }
  out["request"] = {{"id", or_null(facts.asked)},
                    {"time", or_null(time_of_id(facts.asked))},
                    {"exists", facts.request.has_value()},
                    {"fields", fields}};
  out["results"] = Json::array();
  for (const Entry& entry : facts.results) {
    Json result = json_of_result(entry);
    result["time"] = time_of_id(entry.id);
    out["results"].push_back(std::move(result));
  }
  out["results_searched_from"] = or_null(facts.searched_from);
  out["waiting"] = Json::array();
  for (const std::string& id : facts.waiting) out["waiting"].push_back({{"request", id}, {"time", time_of_id(id)}});
  out["waiting_searched"] = facts.waiting_searched;
  return out;
}

struct OrderOptions {
  std::string id;
  uint64_t search = 100'000;
};

Result<int> show_order(const Context& context, const OrderOptions& wanted) {
  bool known = false;
  LaneClients clients(context);
  for (std::size_t i = 0; i < context.lanes.size(); ++i) {
    const auto client = clients.of(i);
    if (!client) return client.failure();
    const auto facts = read_order(**client, context.lanes[i], wanted.id, wanted.search);
    if (!facts) return Failure{(context.several() ? of_lane(context.lanes[i]) : "") + facts.error()};
    const bool here =
        facts->record.kind != OrderRecord::Kind::kNone || !facts->results.empty() || !facts->waiting.empty();
    if (!here && context.several()) continue;
    if (context.json) {
      print_json(with_lane(context, i, json_of(*facts)));
    } else {
      if (known) print("\n");
      print_text(*facts, context.several() ? context.lanes[i].lane_name() : "");
    }
    known = known || here;
  }
  if (!known && context.several()) note("nothing is known of order '" + shown(wanted.id) + "' in any lane");
  return known ? kDone : kFailed;
}

}  // namespace

void add_order(CLI::App& parent, Program& program) {
  auto& options = program.keep<OrderOptions>();
  CLI::App* order = add_command(parent, "order", "show what is known of an order", R"(Example:
  orderctl order show o-1)");
  order->require_subcommand(1);
  CLI::App* app =
      add_command(*order, "show", "show an order's record, request, results and waiting requests", kOrderHelp);
  add_text(*app, "ID", options.id, "", "the order's ID")->required()->check(check_id);
  add_whole(*app, "--search", options.search, 1, order::kMaxWhole,
            "how many results and waiting requests to search [100000]");
  set_action(*app, program, LaneUse::kAll, [&options](const Context& context) { return show_order(context, options); });
}

}  // namespace orderd::tools
