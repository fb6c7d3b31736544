// The options of the stock commands, and the two that change stock.
#include "orderctl/stock.h"

#include <CLI/CLI.hpp>

#include "lua/scripts.h"
#include "order/request.h"
#include "order/settle_arguments.h"
#include "orderctl/commands.h"
#include "orderctl/lane_clients.h"
#include "shared/client.h"
#include "shared/json.h"
#include "shared/options.h"
#include "shared/output.h"
#include "valkey/error.h"

namespace orderd::tools {
namespace {

constexpr const char* kAllowed = "a whole number from 0 to 9007199254740991";
static_assert(order::kMaxWhole == 9'007'199'254'740'991);

std::string check_amount(const std::string& text) {
  return whole_of(text) ? "" : "'" + shown(text) + "' is not " + kAllowed;
}

// "5", "+5" or "-5".
std::string check_difference(const std::string& text) {
  const bool has_sign = text.starts_with("-") || text.starts_with("+");
  if (whole_of(std::string_view(text).substr(has_sign ? 1 : 0))) return "";
  return "'" + shown(text) + "' is not " + kAllowed + ", with a minus sign to subtract";
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

void add_stock_change(CLI::App& stock, Program& program, bool set) {
  auto& change = program.keep<StockChange>();
  change.change = set ? "set" : "add";
  CLI::App* app = set ? add_command(stock, "set", "set the stock of an SKU", kSetExamples)
                      : add_command(stock, "add", "add to or subtract from the stock of an SKU", kAddExamples);
  add_text(*app, "SKU", change.sku, "", "what is sold")->required()->check(check_sku);
  add_text(*app, "N", change.amount, "", set ? "how many there are" : "how many to add; negative: to subtract")
      ->required()
      ->check(set ? check_amount : check_difference);
  add_text(*app, "--reason", change.reason, "TEXT", "why, for the results stream [set or add]");
  set_action(
      *app, program, LaneUse::kAll, [&change](const Context& context) { return change_stock(context, change); },
      [&change] {
        if (change.amount.starts_with("+")) change.amount.erase(0, 1);  // the script accepts no plus sign
        if (change.reason.empty()) change.reason = change.change;
      });
}

void add_stock_get(CLI::App& stock, Program& program) {
  auto& skus = program.keep<std::vector<std::string>>();
  CLI::App* app = add_command(stock, "get", "show the stock of some SKUs", R"(Examples:
  orderctl stock get shoe
  orderctl stock get shoe sock --json

Exit status 1: an SKU has no stock, or its key holds something other than a number.)");
  add_texts(*app, "SKU", skus, "", "what is sold")->required()->check(check_sku);
  set_action(*app, program, LaneUse::kAll, [&skus](const Context& context) { return get_stock(context, skus); });
}

void add_stock_list(CLI::App& stock, Program& program) {
  auto& unsorted = program.keep<bool>();
  CLI::App* app = add_command(stock, "list", "show all stock", R"(Examples:
  orderctl stock list
  orderctl stock list --json --unsorted | wc -l

Keys are found with SCAN and the setting keys.stock. An SKU created or deleted meanwhile may be missing. Stock in a lane that
its SKU does not belong to is marked: no order takes from it.)");
  app->add_flag("--unsorted", unsorted,
                "print SKUs as they are found, unsorted and possibly twice; needs no memory for their names");
  set_action(*app, program, LaneUse::kAll,
             [&unsorted](const Context& context) { return list_stock(context, !unsorted); });
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
  add_stock_get(*stock, program);
  add_stock_list(*stock, program);
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
  const std::string before((*reply)->at(0).text());
  const std::string stock((*reply)->at(1).text());
  const std::string entry((*reply)->at(2).text());
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

}  // namespace orderd::tools
