// The record names the decision, and the decision names the request. Other results of the order are searched for from
// the newest one back, and waiting requests from the position on.
#include <CLI/CLI.hpp>
#include <algorithm>

#include "order/decode.h"
#include "orderctl/commands.h"
#include "orderctl/lane_clients.h"
#include "orderctl/results.h"
#include "shared/json.h"
#include "shared/options.h"

namespace orderd::tools {
namespace {

using std::chrono::milliseconds;
using valkey::Command;

constexpr const char* kOrderHelp =
    R"(Times are in UTC. Expired records and trimmed requests and results are shown as such. The search covers the newest
results and the oldest waiting requests, --search of each. With several lanes, all are searched: an order may be decided in
one and wrong_lane in another.

Examples:
  orderctl order show o-1
  orderctl order show o-1 --json --search 10000000

Exit status 1: nothing is known of this order.)";

// The key of the order's record. docs/contract.md, "Keys".
struct OrderRecord {
  std::string key;
  enum class Kind { kNone, kForeign, kRecord } kind = Kind::kNone;
  bool accepted = false;
  std::string result;
  std::optional<uint64_t> left_ms;
};

struct OrderFacts {
  std::string order;
  OrderRecord record;
  std::vector<valkey::OwnedReply> pages;  // what the entries are views of
  std::vector<Entry> results;             // oldest first
  std::string searched_from;              // results before this one were not searched; empty: all were
  std::string decided;                    // the ID of the decision, if known
  std::optional<Entry> decision;          // if it is there
  std::string asked;                      // the ID of the decided request, if known
  std::optional<Entry> request;           // if it is there
  std::vector<std::string> waiting;
  bool waiting_searched = true;  // all of them
};

constexpr std::size_t kDigestBytes = 16, kWaitingMax = 20;  // waiting requests that are kept

// Looks at `most` results, from the newest one back, and at `most` waiting requests.
class OrderSearch {
 public:
  OrderSearch(Client& client, const settings::Settings& settings, const std::string& order, std::size_t most)
      : client_(client), settings_(settings), most_(most) {
    facts_.order = order;
  }

  Result<OrderFacts> run() {
    for (auto step : {&OrderSearch::read_record, &OrderSearch::search_results, &OrderSearch::read_decision,
                      &OrderSearch::search_waiting}) {
      if (const auto good = (this->*step)(); !good) return good.failure();
    }
    return std::move(facts_);
  }

 private:
  Result<bool> read_record() {
    OrderRecord& record = facts_.record;
    record.key = settings_.order_keys().key(facts_.order);
    const auto reply = client_.call(Command::of("GET", record.key));
    if (!reply) return reply.failure();
    const std::string_view text = (*reply)->text();
    if ((*reply)->is_nil()) return true;
    record.kind = OrderRecord::Kind::kForeign;
    if ((*reply)->is_error() && !text.starts_with("WRONGTYPE")) return Failure{client_.explain(text)};
    if ((*reply)->is_error() || text.size() <= kDigestBytes) return true;
    const char outcome = text[kDigestBytes];
    const std::string_view rest = text.substr(kDigestBytes + 1);
    const auto result = StreamId::parse(rest.substr(0, rest.find(' ')));  // the first edition appended the request
    if (!result || (outcome != 'a' && outcome != 'r')) return true;
    record.kind = OrderRecord::Kind::kRecord;
    record.accepted = outcome == 'a';
    record.result = facts_.decided = result->text();
    const auto left = client_.ask(Command::of("PTTL", record.key));
    if (!left) return left.failure();
    if ((*left)->integer() >= 0) record.left_ms = static_cast<uint64_t>((*left)->integer());
    return true;
  }

  // From the newest one back, to the decision if that is known.
  Result<bool> search_results() {
    EntryPages pages(client_, settings_.streams.results, {facts_.decided.empty() ? "-" : facts_.decided, "+", true});
    for (std::size_t left = most_; left > 0;) {
      const auto entries = pages.next(left);
      if (!entries) return entries.failure();
      if (entries->empty()) {
        facts_.searched_from.clear();
        break;
      }
      left -= entries->size();
      facts_.searched_from = entries->back().id;
      const std::size_t found_before = facts_.results.size();
      for (const Entry& entry : *entries) {
        if (entry.field("order") == facts_.order && entry.has("request")) facts_.results.push_back(entry);
      }
      if (facts_.results.size() > found_before) facts_.pages.push_back(std::move(pages.reply()));
    }
    std::reverse(facts_.results.begin(), facts_.results.end());
    return true;
  }

  Result<bool> read_decision() {
    // Without a record, a duplicate names the decision, or it is among those found.
    for (const Entry& entry : facts_.results) {
      if (!facts_.decided.empty()) break;
      if (entry.field("status") == "duplicate") facts_.decided = entry.field("original");
      if (entry.field("status") == "accepted" || entry.has("lines")) facts_.decided = entry.id;
    }
    if (!facts_.decided.empty()) {
      auto read = read_entry(settings_.streams.results, facts_.decided, facts_.decision);
      if (!read) return read;
    }
    if (facts_.decision) facts_.asked = facts_.decision->field("request");
    if (facts_.asked.empty() && facts_.decided.empty() && !facts_.results.empty()) {
      facts_.asked = facts_.results.back().field("request");  // malformed, or not decided at all
    }
    if (facts_.asked.empty()) return true;
    return read_entry(settings_.streams.orders, facts_.asked, facts_.request);
  }

  Result<bool> read_entry(const std::string& stream, const std::string& id, std::optional<Entry>& entry) {
    auto reply = client_.ask(Command::of("XRANGE", stream, id, id));
    if (!reply) return reply.failure();
    const auto entries = entries_of(reply->view());
    if (entries.empty()) return true;
    entry = entries.front();
    facts_.pages.push_back(std::move(*reply));
    return true;
  }

  Result<bool> search_waiting() {
    const std::string& orders = settings_.streams.orders;
    const auto position = client_.ask(Command::of("HGET", order::position_key(orders), "id"));
    if (!position) return position.failure();
    const auto at = StreamId::parse((*position)->text());
    facts_.waiting_searched = at || (*position)->is_nil();  // else it is not known what waits
    if (!facts_.waiting_searched || at == StreamId{UINT64_MAX, UINT64_MAX}) return true;
    order::Decoder decoder(settings_.limits());
    order::Request request;
    std::string detail;
    order::Fields fields;
    std::size_t left = most_;
    return read_pages(client_, orders, at ? "(" + at->text() : "-", "+", [&](const std::vector<Entry>& page) {
      for (const Entry& entry : page) {
        if (left == 0 || facts_.waiting.size() == kWaitingMax) {
          facts_.waiting_searched = false;
          return false;
        }
        --left;
        fields.clear();
        for (const auto& [name, value] : entry.fields) fields.insert(fields.end(), {name, value});
        (void)decoder.decode(fields, request, detail);  // a malformed one has the ID that its result will name
        if (request.id == facts_.order) facts_.waiting.emplace_back(entry.id);
      }
      return true;
    });
  }

  Client& client_;
  const settings::Settings& settings_;
  const std::size_t most_;
  OrderFacts facts_;
};

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
  return (record.accepted ? "accepted, in " : "rejected, in ") + key +
         (record.left_ms ? ", expires in " + duration_text(milliseconds(*record.left_ms)) : ", never expires");
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
  Table table = result_table();
  for (const Entry& entry : facts.results) add_result(table, entry);
  print(facts.results.empty() ? "no results of this order were found\n" : table.take());
  if (!facts.searched_from.empty()) print("results before " + facts.searched_from + " were not searched (--search)\n");
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
  out["request"] = {{"id", or_null(facts.asked)},
                    {"time", or_null(time_of_id(facts.asked))},
                    {"exists", facts.request.has_value()},
                    {"fields", facts.request ? Json(facts.request->fields) : Json::array()}};
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
    const auto facts = OrderSearch(**client, context.lanes[i], wanted.id, wanted.search).run();
    if (!facts) return Failure{of_lane(context, context.lanes[i]) + facts.error()};
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
