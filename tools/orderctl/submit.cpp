// The flags of submit, and one order: built from them and pushed; its reply is waited for if asked to.
#include "orderctl/submit.h"

#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <random>

#include "order/request.h"
#include "orderctl/commands.h"
#include "orderctl/lane_clients.h"
#include "orderctl/results.h"
#include "shared/options.h"

namespace orderd::tools {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr const char* kSubmitHelp =
    R"(One order is built from flags. A file has one JSON object per line: an order. Lines are pushed unchanged; orderd answers an
object that is not an order with `malformed`. Any other line is refused, in a file before anything is pushed; --force pushes
it. Empty lines are skipped, and so are lines over 64 KiB, with exit status 1.

With several lanes, each order goes to the lane of its first SKU, unless --lane names one. What has no SKU goes to the first
lane and is answered malformed.

When a connection is lost, requests without a reply are resent, which is safe: one that was pushed before becomes a
duplicate. Failovers and moved slots of a cluster are followed. After --timeout without a connection, the command ends; without
a result, it ends if there is no more input. Ctrl-C stops it and prints the command that resumes it.

Examples:
  orderctl submit --sku shoe --quantity 3 --customer c-7 --wait
  orderctl submit --id o-2 --item shoe=1 --item sock=2
  orderctl submit orders.ndjson --wait
  tail -f orders.ndjson | orderctl submit -

Exit status: 0 if all was pushed and, with --wait, each request has a result, accepted or rejected; 1 if not, or if stopped.)";

// One BLPOP waits so long at most.
constexpr milliseconds kSlice{1000};

struct OrderFlags {
  std::string id;
  std::string customer;
  std::string sku;
  uint64_t quantity = 1;
  std::vector<std::string> items;
  std::string file;
  SubmitOptions options;
};

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

// An ID that nobody else has: the time, for readers, and 64 random bits.
std::string fresh_id() {
  std::random_device random;
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
  std::array<char, 64> text;
  (void)std::snprintf(text.data(), text.size(), "ctl-%lld-%08x%08x", static_cast<long long>(ms), random(), random());
  return text.data();
}

// While one of these lives, a signal prints its words and ends the program. A handler may neither allocate nor format.
class PartingWords {
 public:
  explicit PartingWords(const std::string& words) : words_("\n" + words + "\n") {
    current = words_;
    handle_with(part);
  }
  ~PartingWords() { handle_with(SIG_DFL); }
  PartingWords(const PartingWords&) = delete;
  PartingWords& operator=(const PartingWords&) = delete;

 private:
  static void part(int signal) {
    const ssize_t written = write(STDERR_FILENO, current.data(), current.size());
    _exit(written < 0 ? 1 : 128 + signal);
  }
  static void handle_with(void (*handler)(int)) {
    for (const int signal : {SIGINT, SIGTERM}) (void)::signal(signal, handler);
  }

  inline static std::string_view current;
  const std::string words_;
};

void print_result(const Context& context, std::size_t lane, const Entry& entry) {
  if (context.json) return print_json(with_lane(context, lane, json_of_result(entry)));
  Table table = result_table();
  add_result(table, entry);
  table.print();
}

// `text`: a reply, see docs/contract.md, "Replies".
bool print_reply(const Context& context, std::size_t lane, std::string_view text) {
  Json reply = Json::parse(text, nullptr, false);
  if (!reply.is_object()) return false;
  Entry entry;
  for (auto member = reply.begin(); member != reply.end(); ++member) {
    if (!member->is_string()) *member = member->dump();
    const std::string_view value = member->get_ref<const std::string&>();
    if (member.key() == "result") {
      entry.id = value;
    } else {
      entry.fields.emplace_back(member.key(), value);
    }
  }
  print_result(context, lane, entry);
  return true;
}

// Prints the result of a request when its reply arrives in the list `key`.
Result<int> wait_for_reply(const Context& context, std::size_t lane, Client& client, const std::string& request,
                           const std::string& key, milliseconds timeout) {
  const std::string how_to_look =
      "To look for its result: orderctl results --request " + request + lane_flag(context.lanes[lane]);
  const PartingWords words("the order was pushed. " + how_to_look);
  const auto deadline = Clock::now() + timeout;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    if (left <= milliseconds(0)) {
      note("no result for request " + request + " within " + duration_text(timeout) +
           ". Is orderd running? See orderctl status. " + how_to_look);
      return kFailed;
    }
    const double seconds = std::chrono::duration<double>(std::min(left, kSlice)).count();
    const auto reply = client.ask(valkey::Command::of("BLPOP", key, std::to_string(seconds)));
    if (!reply) return Failure{reply.error() + "; the order was pushed. " + how_to_look};
    if ((*reply)->is_nil()) continue;
    if (print_reply(context, lane, (*reply)->at(1).text())) return kDone;
    return Failure{"the list " + shown(key) + " holds something that is no reply. " + how_to_look};
  }
}

// Pushes `order` as one request, to the lane of `sku`, and prints its ID, then its result if asked to wait.
Result<int> submit_order(const Context& context, const SubmitOptions& options, const std::string& sku, Json order) {
  const std::string id = order["id"];
  // Of this request alone: a retry with the same order ID waits elsewhere.
  const std::string reply_to = fresh_id();
  if (options.wait) order["reply_to"] = reply_to;
  const std::size_t lane = context.lane_of(sku);
  const settings::Settings& settings = context.lanes[lane];
  auto client = Client::connect(settings, kSlice);
  if (!client) return client.failure();
  const std::string unknown =
      "it is unknown whether the order was pushed. It is safe to submit it again with --id " + shown(id);
  const auto reply = [&] {
    const PartingWords words(unknown);
    return client->call(valkey::Command::of("XADD", settings.streams.orders, "*", "order", order.dump()));
  }();
  if (!reply) return Failure{reply.error() + "; " + unknown};
  if ((*reply)->is_error()) return Failure{client->explain((*reply)->text())};
  const std::string request((*reply)->text());
  if (context.json) {
    // With --wait only the result is printed, which names both.
    if (!options.quiet && !options.wait) print_json(with_lane(context, lane, {{"order", id}, {"request", request}}));
  } else if (!options.quiet) {
    print("submitted order " + shown(id) + " as request " + request +
          (context.several() ? " to lane '" + settings.lane_name() + "'\n" : "\n"));
    if (const auto flushed = flush_output(); !flushed) return flushed.failure();
  }
  if (!options.wait) return kDone;
  const std::string key = settings.reply_keys().key(reply_to);
  return wait_for_reply(context, lane, *client, request, key, options.timeout);
}

Result<int> run(const Context& context, const OrderFlags& given) {
  if (!given.file.empty()) return submit_file(context, given.options, given.file);
  Json order = {{"id", given.id.empty() ? fresh_id() : given.id}};
  if (!given.customer.empty()) order["customer"] = given.customer;
  if (given.items.empty()) {
    order["sku"] = given.sku;
    order["quantity"] = given.quantity;
  }
  for (const std::string& text : given.items) {
    const Item item = item_of(text);
    order["items"].push_back({{"sku", item.sku}, {"quantity", item.quantity}});
  }
  const std::string first = given.items.empty() ? given.sku : item_of(given.items.front()).sku;
  return submit_order(context, given.options, first, std::move(order));
}

}  // namespace

void add_submit(CLI::App& parent, Program& program) {
  auto& given = program.keep<OrderFlags>();
  SubmitOptions& options = given.options;
  CLI::App* app = add_command(parent, "submit", "push orders into the orders stream", kSubmitHelp);
  CLI::Option* file = add_text(*app, "FILE", given.file, "", "orders as JSON, one per line; - for standard input");
  file->check(check_file_name);
  CLI::Option* id = add_text(*app, "--id", given.id, "ID", "the order's ID [a new one]")->check(check_id);
  CLI::Option* customer = add_text(*app, "--customer", given.customer, "ID", "who buys")->check(check_id);
  CLI::Option* sku = add_text(*app, "--sku", given.sku, "SKU", "what to buy")->check(check_sku);
  CLI::Option* quantity = add_whole(*app, "--quantity", given.quantity, 1, order::kMaxWhole, "how many [1]");
  CLI::Option* items = add_texts(*app, "--item", given.items, "SKU=N", "one line of an order; may be repeated");
  items->check(check_item);
  for (CLI::Option* option : {id, customer, sku, quantity, items}) option->excludes(file)->group("One order");
  items->excludes(sku);
  quantity->needs(sku);
  CLI::Option* wait =
      app->add_flag("--wait", options.wait, "wait for the results; print them, or for a file a summary");
  CLI::Option* timeout = add_duration(*app, "--timeout", options.timeout,
                                      "give up if no result arrives, or no connection succeeds, for this long [30s]");
  app->add_flag("--force", options.force, "push lines of the file that are not JSON objects, too")->needs(file);
  app->add_flag("--quiet", options.quiet, "print no request IDs, summary or progress");
  add_json(*app, program);
  app->callback([=, &given, &program] {
    const auto is_given = [](const CLI::Option* option) { return option->count() > 0; };
    // Of a file it also limits how long a connection is waited for.
    if (is_given(timeout) && !is_given(file) && !is_given(wait))
      throw CLI::RequiresError("--timeout", "--wait or FILE");
    if (!is_given(file) && !is_given(sku) && !is_given(items)) {
      throw CLI::RequiredError("an order (--sku or --item) or a FILE of orders");
    }
    program.lanes = LaneUse::kAll;
    program.action = [&given](const Context& context) { return run(context, given); };
  });
}

}  // namespace orderd::tools
