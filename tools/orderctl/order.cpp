// The record leads to the decision, and that to the request. Other results of the order are searched for from the
// newest one back, and requests that wait from the position on.
#include "orderctl/order.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "order/decode.h"
#include "orderctl/result_view.h"
#include "shared/client.h"
#include "shared/options.h"

namespace orderd::tools {
namespace {

using valkey::Command;
using valkey::OwnedReply;

constexpr const char* kShowHelp =
    R"(Shows the order's record, the request that was decided, its results and its requests that wait, each with its time in UTC,
and says what is gone: a record expires, requests and results are trimmed. Results and waiting requests are searched for
among the newest results and the oldest waiting requests, --search of each.

Examples:
  orderctl order show o-1
  orderctl order show o-1 --json --search 10000000

Exit status 1: nothing is known of this order.)";

constexpr std::size_t kDigestBytes = 16;
constexpr std::size_t kWaitingMax = 20;  // that are shown

std::string time_of(const std::string& id) {
  const auto parsed = parse_id(id);
  return parsed ? time_text(parsed->ms) : "";
}

// The key of the order's record. docs/contract.md, "Keys".
struct Record {
  std::string key;
  enum class Kind { kNone, kForeign, kRecord } kind = Kind::kNone;
  bool accepted = false;
  std::string result;
  std::optional<uint64_t> left_ms;
};

struct Facts {
  std::string order;
  Record record;
  std::vector<OwnedReply> pages;  // what the entries are views of
  std::vector<Entry> results;     // oldest first
  std::string searched_from;      // results before this one were not searched; empty: all were
  std::string decided;            // the ID of the decision, if known
  std::optional<Entry> decision;  // if it is there
  std::string asked;              // the ID of the decided request, if known
  std::optional<Entry> request;   // if it is there
  std::vector<std::string> waiting;
  bool waiting_searched = true;  // all of them
};

class Search {
 public:
  Search(Client& client, const settings::Settings& settings, const std::string& order, std::size_t most)
      : client_(client), settings_(settings), most_(most) {
    facts_.order = order;
  }

  Result<Facts> run() {
    for (auto step : {&Search::read_record, &Search::search_results, &Search::read_decision, &Search::search_waiting}) {
      if (const auto good = (this->*step)(); !good) return good.failure();
    }
    return std::move(facts_);
  }

 private:
  Result<bool> read_record() {
    Record& record = facts_.record;
    record.key = settings_.order_keys().key(facts_.order);
    const auto reply = client_.call(Command::of("GET", record.key));
    if (!reply) return reply.failure();
    const std::string_view text = (*reply)->text();
    if ((*reply)->is_nil()) return true;
    record.kind = Record::Kind::kForeign;
    if ((*reply)->is_error() && !text.starts_with("WRONGTYPE")) return Failure{client_.explain(text)};
    if ((*reply)->is_error() || text.size() <= kDigestBytes) return true;
    const char outcome = text[kDigestBytes];
    const auto result = parse_id(text.substr(kDigestBytes + 1));
    if (!result || (outcome != 'a' && outcome != 'r')) return true;
    record.kind = Record::Kind::kRecord;
    record.accepted = outcome == 'a';
    record.result = facts_.decided = result->text();
    const auto left = client_.ask(Command::of("PTTL", record.key));
    if (!left) return left.failure();
    if ((*left)->integer() >= 0) record.left_ms = static_cast<uint64_t>((*left)->integer());
    return true;
  }

  // From the newest one back, to the decision if that is known.
  Result<bool> search_results() {
    const std::string first = facts_.decided.empty() ? "-" : facts_.decided;
    std::string from = "+";
    for (std::size_t left = most_; left > 0;) {
      auto page = client_.ask(
          Command::of("XREVRANGE", settings_.streams.results, from, first, "COUNT", std::min(left, kPageEntries)));
      if (!page) return page.failure();
      const auto entries = entries_of(page->view());
      if (entries.empty()) {
        facts_.searched_from.clear();
        break;
      }
      left -= std::min(left, entries.size());
      facts_.searched_from = entries.back().id;
      from = "(" + facts_.searched_from;
      bool kept = false;
      for (const Entry& entry : entries) {
        if (entry.field("order") != facts_.order || !entry.has("request")) continue;
        facts_.results.push_back(entry);
        kept = true;
      }
      if (kept) facts_.pages.push_back(std::move(*page));
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
      const auto read = read_entry(settings_.streams.results, facts_.decided, facts_.decision);
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
    const std::string from = (*position)->is_nil() ? "-" : "(" + std::string((*position)->text());
    order::Decoder decoder(settings_.limits());
    order::Request request;
    std::string detail;
    order::Fields fields;
    std::size_t left = most_;
    return read_pages(client_, orders, from, "+", [&](const std::vector<Entry>& page) {
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
  Facts facts_;
};

std::string fields_text(const Entry& entry) {
  std::string text;
  for (const auto& [name, value] : entry.fields) {
    text.append(text.empty() ? "" : " ").append(shown(name)).append("=").append(shown(value));
  }
  return text;
}

std::string record_text(const Record& record) {
  const std::string key = shown(record.key);
  switch (record.kind) {
    case Record::Kind::kNone: return "none in " + key + ": it has expired, or the order was never decided";
    case Record::Kind::kForeign: return key + " holds something that is no record; the order is answered bad_record";
    case Record::Kind::kRecord: break;
  }
  std::string text = std::string(record.accepted ? "accepted" : "rejected") + ", in " + key;
  return text + (record.left_ms ? ", expires in " + duration_text(std::chrono::milliseconds(*record.left_ms))
                                : ", never expires");
}

void print_text(const Facts& facts) {
  const auto row = [](std::string name, const std::string& text) {
    constexpr std::size_t kLabelWidth = 10;
    name.resize(kLabelWidth, ' ');
    print(colored(name, Color::kBold) + text + "\n");
  };
  const auto place = [](const std::string& id, bool there) {
    const std::string time = time_of(id);
    return shown(id) + (time.empty() ? "" : ", " + time) + (there ? "" : ": trimmed or deleted");
  };
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

Json json_of(const Facts& facts) {
  const auto or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  const Record& record = facts.record;
  Json out = {{"order", facts.order}};
  out["record"] = {{"key", record.key},
                   {"exists", record.kind != Record::Kind::kNone},
                   {"valid", record.kind == Record::Kind::kRecord},
                   {"outcome", record.result.empty() ? Json() : Json(record.accepted ? "accepted" : "rejected")},
                   {"result", or_null(record.result)},
                   {"expires_in_ms", record.left_ms ? Json(*record.left_ms) : Json()}};
  out["decision"] = {{"id", or_null(facts.decided)},
                     {"time", or_null(time_of(facts.decided))},
                     {"exists", facts.decision.has_value()}};
  Json fields = Json::array();
  if (facts.request) {
    for (const auto& [name, value] : facts.request->fields) fields.push_back({std::string(name), std::string(value)});
  }
  out["request"] = {{"id", or_null(facts.asked)},
                    {"time", or_null(time_of(facts.asked))},
                    {"exists", facts.request.has_value()},
                    {"fields", fields}};
  out["results"] = Json::array();
  for (const Entry& entry : facts.results) {
    Json result = json_of_result(entry);
    result["time"] = time_of(std::string(entry.id));
    out["results"].push_back(std::move(result));
  }
  out["results_searched_from"] = or_null(facts.searched_from);
  out["waiting"] = Json::array();
  for (const std::string& id : facts.waiting) out["waiting"].push_back({{"request", id}, {"time", time_of(id)}});
  out["waiting_searched"] = facts.waiting_searched;
  return out;
}

Result<int> show(const Context& context, const std::string& order, std::size_t most) {
  auto client = Client::connect(context.settings);
  if (!client) return client.failure();
  const auto facts = Search(*client, context.settings, order, most).run();
  if (!facts) return facts.failure();
  if (context.json) {
    print_json(json_of(*facts));
  } else {
    print_text(*facts);
  }
  const bool known = facts->record.kind != Record::Kind::kNone || !facts->results.empty() || !facts->waiting.empty();
  return known ? kDone : kFailed;
}

}  // namespace

Order::Order(CLI::App& parent, Program& program) {
  CLI::App* order = add_command(parent, "order", "show what is known of an order", R"(Example:
  orderctl order show o-1)");
  order->require_subcommand(1);
  CLI::App* app = add_command(*order, "show", "show an order's record, request and results", kShowHelp);
  add_text(*app, "ID", id_, "", "the order's ID")->required()->check(check_id);
  add_whole(*app, "--search", search_, 1, order::kMaxWhole, "how many results and waiting requests to search [100000]");
  add_json(*app, program);
  app->callback(
      [this, &program] { program.action = [this](const Context& context) { return show(context, id_, search_); }; });
}

}  // namespace orderd::tools
