// One order: push it, say so, and wait for its result if asked to.
#include <nlohmann/json.hpp>
#include <optional>

#include "orderctl/result_view.h"
#include "orderctl/submit.h"
#include "shared/output.h"
#include "shared/result_tail.h"

namespace orderd::tools {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

void print_result(const Entry& entry, bool json) {
  if (json) return print_json(json_of_result(entry));
  ResultTable table;
  table.add(entry);
  table.print();
}

// Prints the result of `request` when it comes.
Result<int> wait_for_result(ResultTail& tail, const Context& context, milliseconds timeout,
                            const std::string& request) {
  const auto deadline = Clock::now() + timeout;
  bool found = false;
  while (!found) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    if (left <= milliseconds(0)) {
      std::string what = "no result for request " + request + " within " + duration_text(timeout);
      what.append("; does orderd run? orderctl status shows what waits, orderctl results --request ").append(request);
      note(what.append(" the result once it is there"));
      return kFailed;
    }
    const auto read = tail.read(left, [&](const Entry& entry) {
      if (found || entry.field("request") != request) return;
      found = true;
      print_result(entry, context.json);
    });
    if (!read) {
      return Failure{read.error() + "; the order was pushed: orderctl results --request " + request +
                     " shows its result"};
    }
  }
  return kDone;
}

}  // namespace

Result<int> submit_order(const Context& context, const SubmitOptions& options, const std::string& id,
                         const std::string& json) {
  auto client = Client::connect(context.settings);
  if (!client) return client.failure();
  std::optional<ResultTail> tail;
  if (options.wait) {
    auto opened = ResultTail::at_end(context.settings);
    if (!opened) return opened.failure();
    tail.emplace(std::move(*opened));
  }
  const auto reply = client->call(valkey::Command::of("XADD", context.settings.streams.orders, "*", "order", json));
  if (!reply) {
    return Failure{reply.error() + "; whether the order was pushed is not known: submit it again with --id " +
                   shown(id) + ", an order is never sold twice"};
  }
  if ((*reply)->is_error()) return Failure{client->explain((*reply)->text())};
  const std::string request((*reply)->text());
  // With --wait the result says it all.
  if (!options.quiet && !options.wait) {
    if (context.json) {
      print_json({{"order", id}, {"request", request}});
    } else {
      print("order " + shown(id) + " is request " + request + "\n");
    }
  }
  return tail ? wait_for_result(*tail, context, options.timeout, request) : Result<int>(kDone);
}

}  // namespace orderd::tools
