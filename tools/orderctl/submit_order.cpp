// One order: push it, print its request ID, and wait for its result if asked to.
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

// Prints the result of `request` when it arrives.
Result<int> wait_for_result(ResultTail& tail, const Context& context, milliseconds timeout,
                            const std::string& request) {
  const auto deadline = Clock::now() + timeout;
  bool found = false;
  while (!found) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    if (left <= milliseconds(0)) {
      std::string what = "no result for request " + request + " within " + duration_text(timeout);
      what.append(
          ". Is orderd running? See orderctl status. To look for the result later: orderctl results --request ");
      note(what.append(request));
      return kFailed;
    }
    const auto read = tail.read(left, [&](const Entry& entry) {
      if (found || entry.field("request") != request) return;
      found = true;
      print_result(entry, context.json);
    });
    if (!read) {
      return Failure{read.error() + "; the order was pushed. To look for its result: orderctl results --request " +
                     request};
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
    return Failure{reply.error() +
                   "; it is unknown whether the order was pushed. It is safe to submit it again with --id " +
                   shown(id)};
  }
  if ((*reply)->is_error()) return Failure{client->explain((*reply)->text())};
  const std::string request((*reply)->text());
  // With --wait only the result is printed.
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
