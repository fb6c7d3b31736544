// The flags of submit, and the order built from them.
#include "orderctl/submit.h"

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <random>

#include "order/request.h"
#include "shared/options.h"
#include "shared/output.h"

namespace orderd::tools {
namespace {

constexpr const char* kSubmitHelp =
    R"(One order is built from flags. A file has one JSON object per line: an order. Lines are pushed unchanged; orderd answers an
object that is not an order with `malformed`. Any other line is refused, in a file before anything is pushed; --force pushes
it. Empty lines are skipped, and so are lines over 64 KiB, with exit status 1.

With several lanes, each order goes to the lane of its first SKU, unless --lane names one. What has no SKU goes to the first
lane and is answered malformed.

When a connection is lost, requests without a reply are resent, which is safe: one that was pushed before becomes a
duplicate. Failovers and moved slots of a cluster are followed. After --timeout without a connection, the command ends. Ctrl-C
stops it and prints the command that resumes it.

Examples:
  orderctl submit --sku shoe --quantity 3 --customer c-7 --wait
  orderctl submit --id o-2 --item shoe=1 --item sock=2
  orderctl submit orders.ndjson --wait
  tail -f orders.ndjson | orderctl submit -

Exit status: 0 if all was pushed and, with --wait, each request has a result, accepted or rejected; 1 if not, or if stopped.)";

struct Item {
  std::string sku;
  uint64_t quantity = 0;
};

// Of "SKU=N"; an SKU may contain "=".
Item item_of(const std::string& text) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string::npos) return {};
  return {text.substr(0, equals), whole_of(std::string_view(text).substr(equals + 1)).value_or(0)};
}

std::string check_item(const std::string& text) {
  if (text.find('=') == std::string::npos) return "'" + shown(text) + "' is not SKU=N";
  const Item item = item_of(text);
  if (item.quantity == 0) return "'" + shown(text) + "': after the = comes a whole number from 1 to 9007199254740991";
  return check_sku(item.sku);
}

}  // namespace

std::string fresh_id() {
  std::random_device random;
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
  std::array<char, 64> text;
  (void)std::snprintf(text.data(), text.size(), "ctl-%lld-%08x%08x", static_cast<long long>(ms), random(), random());
  return text.data();
}

Submit::Submit(CLI::App& parent, Program& program) {
  CLI::App* app = add_command(parent, "submit", "push orders into the orders stream", kSubmitHelp);
  const std::string one = "One order";
  CLI::Option* file = add_text(*app, "FILE", file_, "", "orders as JSON, one per line; - for standard input");
  file->check(check_file_name);
  CLI::Option* id = add_text(*app, "--id", id_, "ID", "the order's ID [a new one]")->check(check_id);
  CLI::Option* customer = add_text(*app, "--customer", customer_, "ID", "who buys")->check(check_id);
  CLI::Option* sku = add_text(*app, "--sku", sku_, "SKU", "what to buy")->check(check_sku);
  CLI::Option* quantity = add_whole(*app, "--quantity", quantity_, 1, order::kMaxWhole, "how many [1]");
  CLI::Option* items = add_texts(*app, "--item", items_, "SKU=N", "one line of an order; may be repeated");
  items->check(check_item);
  for (CLI::Option* option : {id, customer, sku, quantity, items}) option->excludes(file)->group(one);
  items->excludes(sku);
  quantity->needs(sku);
  CLI::Option* wait =
      app->add_flag("--wait", options_.wait, "wait for the results; print them, or for a file a summary");
  CLI::Option* timeout = add_duration(*app, "--timeout", options_.timeout,
                                      "give up if no result arrives, or no connection succeeds, for this long [30s]");
  app->add_flag("--force", options_.force, "push lines of the file that are not JSON objects, too")->needs(file);
  app->add_flag("--quiet", options_.quiet, "print no request IDs, summary or progress");
  add_json(*app, program);
  app->callback([=, this, &program] {
    const auto given = [](const CLI::Option* option) { return option->count() > 0; };
    // Of a file it also limits how long a connection is waited for.
    if (given(timeout) && !given(file) && !given(wait)) throw CLI::RequiresError("--timeout", "--wait or FILE");
    if (!given(file) && !given(sku) && !given(items)) {
      throw CLI::RequiredError("an order (--sku or --item) or a FILE of orders");
    }
    program.lanes = LaneUse::kAll;
    program.action = [this](const Context& context) { return run(context); };
  });
}

Result<int> Submit::run(const Context& context) {
  if (!file_.empty()) return submit_file(context, options_, file_);
  const std::string id = id_.empty() ? fresh_id() : id_;
  Json order = {{"id", id}};
  if (!customer_.empty()) order["customer"] = customer_;
  if (items_.empty()) {
    order["sku"] = sku_;
    order["quantity"] = quantity_;
  }
  for (const std::string& text : items_) {
    const Item item = item_of(text);
    order["items"].push_back({{"sku", item.sku}, {"quantity", item.quantity}});
  }
  return submit_order(context, options_, items_.empty() ? sku_ : item_of(items_.front()).sku, std::move(order));
}

}  // namespace orderd::tools
