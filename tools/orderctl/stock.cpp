// Stock: two commands that change it through lua/stock.lua, and two that show it.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <span>

#include "lua/scripts.h"
#include "order/name_rules.h"
#include "order/request.h"
#include "order/settle_arguments.h"
#include "orderctl/commands.h"
#include "orderctl/lane_clients.h"
#include "shared/json.h"
#include "shared/options.h"
#include "shared/table.h"

namespace orderd::tools {
namespace {

using valkey::Command;

constexpr std::size_t kPageKeys = 1000, kShownValueBytes = 40;
constexpr const char* kAllowed = "a whole number from 0 to 9007199254740991";
static_assert(order::kMaxWhole == 9'007'199'254'740'991);

// `set`: "5"; else also "+5" or "-5".
std::string check_amount(const std::string& text, bool set) {
  const bool has_sign = !set && (text.starts_with("-") || text.starts_with("+"));
  if (whole_of(std::string_view(text).substr(has_sign ? 1 : 0))) return "";
  return "'" + shown(text) + "' is not " + kAllowed + (set ? "" : ", with a minus sign to subtract");
}

constexpr const char* kSetExamples =
    R"(In the same step an entry with status stock is written to the results stream.

Examples:
  orderctl stock set shoe 100
  orderctl stock set shoe 97 --reason "counted by hand")";

constexpr const char* kAddExamples =
    R"(In the same step an entry with status stock is written to the results stream. Stock never goes
below zero. For an SKU without stock, use orderctl stock set first.

Examples:
  orderctl stock add shoe 20 --reason "delivery 4711"
  orderctl stock add shoe -5)";

struct StockChange {
  std::string change;  // "set" or "add"
  std::string sku, amount, reason;
};

// An error of the script, for a person.
std::string refusal(const Client& client, const StockChange& change, std::string_view error) {
  const std::string_view word = valkey::first_word(error);
  const std::string sku = shown(change.sku);
  if (word == "UNKNOWNSKU") return "there is no stock for '" + sku + "'; orderctl stock set " + sku + " N creates it";
  if (word == "BADSTOCK") {
    return "the stock of '" + sku + "' is not " + kAllowed + "; orderctl stock set " + sku + " N replaces it";
  }
  if (word == "RANGE") {
    return "the stock of '" + sku +
           "' would leave the range from 0 to 9007199254740991; nothing was changed. See orderctl stock get " + sku;
  }
  return client.explain(error);
}

Result<int> change_stock(const Context& context, const StockChange& change) {
  const std::size_t lane = context.lane_of(change.sku);
  const settings::Settings& settings = context.lanes[lane];
  auto client = Client::connect(settings);
  if (!client) return client.failure();
  std::string head;
  order::append_stock_head(change.sku, head);
  const std::string key = settings.stock_keys().key(change.sku);
  const auto reply =
      client->run(lua::stock, {settings.streams.results, key}, {change.change, change.amount, head, change.reason});
  if (!reply)
    return Failure{reply.error() + "; it is unknown whether the stock was changed. See orderctl stock get " +
                   shown(change.sku)};
  if ((*reply)->is_error()) return Failure{refusal(*client, change, (*reply)->text())};
  const std::string before((*reply)->at(0).text()), stock((*reply)->at(1).text()), entry((*reply)->at(2).text());
  if (context.json) {
    print_json(with_lane(context, lane,
                         {{"sku", change.sku},
                          {"before", or_null(whole_of(before))},
                          {"stock", whole_of(stock).value_or(0)},
                          {"entry", entry}}));
  } else {
    print(shown(change.sku) + ": " + stock + (before.empty() ? " (new)\n" : " (was " + before + ")\n"));
  }
  return kDone;
}

// An SKU, and in which of Context::lanes its stock is.
struct Wanted {
  std::string sku;
  std::size_t lane = 0;
  auto operator<=>(const Wanted&) const = default;  // NOLINT(modernize-use-nullptr): not in what is written here
};

// What is found of an SKU.
struct Found {
  std::optional<uint64_t> stock;  // nothing: no usable stock
  const char* problem = nullptr;  // why an order for it would be rejected
  std::string detail;
};

// `reply`: of GET for the stock key.
Found found_in(const Wanted& wanted, valkey::Reply reply) {
  const std::string_view text = reply.text();
  if (reply.is_nil()) return {std::nullopt, "unknown_sku", "no stock"};
  if (const char* problem = order::problem_of_sku(wanted.sku); problem != nullptr) {
    return {std::nullopt, "malformed", std::string("not a valid SKU: it ") + problem};
  }
  if (reply.is_error()) return {std::nullopt, "bad_stock", "the key does not hold a string"};
  if (const auto stock = whole_of(text)) return {stock, nullptr, ""};
  const char* end = text.size() > kShownValueBytes ? "...'" : "'";
  return {std::nullopt, "bad_stock",
          "not a whole number from 0 to 9007199254740991: '" + shown(text.substr(0, kShownValueBytes)) + end};
}

// Reads and prints stock a page at a time, with one GET for each SKU: MGET does not distinguish a key of another type
// from a missing one.
class StockPrinter {
 public:
  explicit StockPrinter(const Context& context)
      : context_(context),
        clients_(context),
        table_({{"SKU", Table::Align::kLeft, 20},
                {"LANE", Table::Align::kLeft, 0, !context.several()},
                {"STOCK", Table::Align::kRight, 10},
                {""}}) {}

  [[nodiscard]] LaneClients& clients() { return clients_; }

  // Returns how many have no usable stock. `missing`: an SKU without stock is printed, too.
  Result<std::size_t> print_page(std::span<const Wanted> page, bool missing) {
    for (const Wanted& wanted : page) {
      const auto client = clients_.of(wanted.lane);
      if (!client) return client.failure();
      (*client)->append(Command::of("GET", context_.lanes[wanted.lane].stock_keys().key(wanted.sku)));
    }
    std::size_t bad = 0;
    for (const Wanted& wanted : page) {
      Client& client = **clients_.of(wanted.lane);
      const auto reply = client.read();
      if (!reply) return reply.failure();
      if ((*reply)->is_error() && !(*reply)->text().starts_with("WRONGTYPE")) {
        return Failure{client.explain((*reply)->text())};
      }
      if ((*reply)->is_nil() && !missing) continue;
      Found found = found_in(wanted, reply->view());
      bad += found.stock ? 0 : 1;
      print(wanted, std::move(found));
    }
    if (!context_.json) table_.print();
    return bad;
  }

 private:
  void print(const Wanted& wanted, Found found) {
    const settings::Settings& lane = context_.lanes[wanted.lane];
    const std::size_t owner = all_.of(wanted.sku);
    if (found.stock && owner != lane.lane) {
      found.problem = "wrong_lane";
      found.detail = "not sold: the SKU belongs to lane '" + all_.names()[owner] + "'";
    }
    if (context_.json) {
      Json out = {{"sku", wanted.sku}, {"stock", or_null(found.stock)}};
      if (found.problem != nullptr) out.update({{"problem", found.problem}, {"detail", found.detail}});
      return print_json(with_lane(context_, wanted.lane, std::move(out)));
    }
    table_.add({{shown(wanted.sku)},
                {lane.lane_name()},
                {found.stock ? std::to_string(*found.stock) : "-"},
                {found.detail, found.stock ? Color::kYellow : Color::kRed}});
  }

  const Context& context_;
  const order::Lanes all_ = context_.settings.lanes();
  LaneClients clients_;
  Table table_;
};

// Status kFailed if one of them has no usable stock.
Result<int> get_stock(const Context& context, const std::vector<std::string>& skus) {
  std::vector<Wanted> page;
  for (const std::string& sku : skus) page.push_back({sku, context.lane_of(sku)});
  const auto bad = StockPrinter(context).print_page(page, true);
  if (!bad) return bad.failure();
  return *bad == 0 ? kDone : kFailed;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view(R"(\*?[])").find(c) != std::string_view::npos) out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

// One step of a SCAN for the stock keys of a lane: adds the SKUs that it finds, and moves `cursor`.
Result<bool> scan(const Context& context, std::size_t lane, Client& client, std::string& cursor,
                  std::vector<Wanted>& found) {
  const order::KeyTemplate keys = context.lanes[lane].stock_keys();
  const std::string &before = keys.before(), &after = keys.after();
  const auto reply =
      client.ask(Command::of("SCAN", cursor, "MATCH", escaped(before) + "*" + escaped(after), "COUNT", kPageKeys));
  if (!reply) return reply.failure();
  cursor = (*reply)->at(0).text();
  const valkey::Reply page = (*reply)->at(1);
  for (std::size_t i = 0; i < page.size(); ++i) {
    const std::string_view key = page.at(i).text();
    found.push_back({std::string(key.substr(before.size(), key.size() - before.size() - after.size())), lane});
  }
  return true;
}

// All stock; `sorted` by SKU, which needs memory for all their names.
Result<int> list_stock(const Context& context, bool sorted) {
  StockPrinter printer(context);
  std::vector<Wanted> found;
  for (std::size_t lane = 0; lane < context.lanes.size(); ++lane) {
    const auto client = printer.clients().of(lane);
    if (!client) return client.failure();
    std::string cursor = "0";
    do {
      if (const auto good = scan(context, lane, **client, cursor, found); !good) return good.failure();
      if (sorted) continue;
      if (const auto bad = printer.print_page(found, false); !bad) return bad.failure();
      found.clear();
    } while (cursor != "0");
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  const std::span<const Wanted> all(found);
  // Without stock, one empty page: the headings.
  for (std::size_t at = 0; sorted && at <= all.size(); at += kPageKeys) {
    const auto bad = printer.print_page(all.subspan(at, std::min(kPageKeys, all.size() - at)), false);
    if (!bad) return bad.failure();
  }
  return kDone;
}

void add_stock_change(CLI::App& stock, Program& program, bool set) {
  auto& change = program.keep<StockChange>();
  change.change = set ? "set" : "add";
  CLI::App* app = set ? add_command(stock, "set", "set the stock of an SKU", kSetExamples)
                      : add_command(stock, "add", "add to or subtract from the stock of an SKU", kAddExamples);
  add_text(*app, "SKU", change.sku, "", "what is sold")->required()->check(check_sku);
  add_text(*app, "N", change.amount, "", set ? "how many there are" : "how many to add; negative: to subtract")
      ->required()
      ->check([set](const std::string& text) { return check_amount(text, set); });
  add_text(*app, "--reason", change.reason, "TEXT", "why, for the results stream [set or add]");
  set_action(
      *app, program, LaneUse::kAll, [&change](const Context& context) { return change_stock(context, change); },
      [&change] {
        if (change.amount.starts_with("+")) change.amount.erase(0, 1);  // the script accepts no plus sign
        if (change.reason.empty()) change.reason = change.change;
      });
}

}  // namespace

void add_stock(CLI::App& parent, Program& program) {
  CLI::App* stock = add_command(parent, "stock", "set, change and show stock", R"(Examples:
  orderctl stock set shoe 100
  orderctl stock add shoe -5 --reason "five were damaged"
  orderctl stock get shoe sock
  orderctl stock list --json

With several lanes, the one that the SKU belongs to is used (orderctl lane SKU), unless --lane names one.)");
  stock->require_subcommand(1);
  add_stock_change(*stock, program, true);
  add_stock_change(*stock, program, false);

  auto& skus = program.keep<std::vector<std::string>>();
  CLI::App* get = add_command(*stock, "get", "show the stock of some SKUs", R"(Examples:
  orderctl stock get shoe
  orderctl stock get shoe sock --json

Exit status 1: an SKU has no stock, or its key holds something other than a number.)");
  add_texts(*get, "SKU", skus, "", "what is sold")->required()->check(check_sku);
  set_action(*get, program, LaneUse::kAll, [&skus](const Context& context) { return get_stock(context, skus); });

  auto& unsorted = program.keep<bool>();
  CLI::App* list = add_command(*stock, "list", "show all stock", R"(Examples:
  orderctl stock list
  orderctl stock list --json --unsorted | wc -l

Keys are found with SCAN and the setting keys.stock. An SKU created or deleted meanwhile may be missing. Stock in a lane that
its SKU does not belong to is marked: no order takes from it.)");
  list->add_flag("--unsorted", unsorted,
                 "print SKUs as they are found, unsorted and possibly twice; needs no memory for their names");
  set_action(*list, program, LaneUse::kAll,
             [&unsorted](const Context& context) { return list_stock(context, !unsorted); });
}

}  // namespace orderd::tools
