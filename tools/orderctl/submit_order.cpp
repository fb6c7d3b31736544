// One order: push it, print its request ID, and wait for its reply if asked to.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "orderctl/lane_clients.h"
#include "orderctl/result_view.h"
#include "orderctl/submit.h"
#include "shared/entry.h"
#include "shared/output.h"

namespace orderd::tools {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// One BLPOP waits so long at most.
constexpr milliseconds kSlice{1000};

// What a signal prints before it ends the program. A handler may neither allocate nor format.
std::string parting_words;

void part(int signal) {
  const ssize_t written = write(STDERR_FILENO, parting_words.data(), parting_words.size());
  _exit(written < 0 ? 1 : 128 + signal);
}

// While it lives, Ctrl-C says how to go on.
class OnInterrupt {
 public:
  explicit OnInterrupt(std::string words) {
    parting_words = std::move(words);
    for (const int signal : {SIGINT, SIGTERM}) (void)::signal(signal, part);
  }
  ~OnInterrupt() {
    for (const int signal : {SIGINT, SIGTERM}) (void)::signal(signal, SIG_DFL);
  }
  OnInterrupt(const OnInterrupt&) = delete;
  OnInterrupt& operator=(const OnInterrupt&) = delete;
};

// Prints the result of a request when its reply arrives.
class Waiter {
 public:
  Waiter(const Context& context, std::size_t lane, Client& client, std::string request)
      : context_(context), lane_(lane), client_(client), request_(std::move(request)) {}

  // `key`: the list that gets the reply.
  Result<int> wait(const std::string& key, milliseconds timeout) {
    const OnInterrupt interrupted("\nthe order was pushed. " + how_to_look() + "\n");
    const auto deadline = Clock::now() + timeout;
    for (;;) {
      const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
      if (left <= milliseconds(0)) {
        note("no result for request " + request_ + " within " + duration_text(timeout) +
             ". Is orderd running? See orderctl status. " + how_to_look());
        return kFailed;
      }
      const double seconds = std::chrono::duration<double>(std::min(left, kSlice)).count();
      const auto reply = client_.ask(valkey::Command::of("BLPOP", key, std::to_string(seconds)));
      if (!reply) return Failure{reply.error() + "; the order was pushed. " + how_to_look()};
      if ((*reply)->is_nil()) continue;
      if (print_reply((*reply)->at(1).text())) return kDone;
      return Failure{"the list " + shown(key) + " holds something that is no reply. " + how_to_look()};
    }
  }

 private:
  [[nodiscard]] std::string how_to_look() const {
    return "To look for its result: orderctl results --request " + request_ + lane_flag(context_.lanes[lane_]);
  }

  // `text`: a reply, see docs/contract.md, "Replies".
  bool print_reply(std::string_view text) {
    Json reply = Json::parse(text, nullptr, false);
    if (!reply.is_object()) return false;
    std::string result;
    std::vector<std::pair<std::string, std::string>> kept;
    for (const auto& [name, value] : reply.items()) {
      const std::string field = value.is_string() ? value.get<std::string>() : value.dump();
      if (name == "result") {
        result = field;
      } else {
        kept.emplace_back(name, field);
      }
    }
    Entry entry{result, {}};
    for (const auto& [name, value] : kept) entry.fields.emplace_back(name, value);
    if (context_.json) {
      print_json(with_lane(context_, lane_, json_of_result(entry)));
    } else {
      ResultTable table;
      table.add(entry);
      table.print();
    }
    return true;
  }

  const Context& context_;
  const std::size_t lane_;
  Client& client_;
  const std::string request_;
};

}  // namespace

Result<int> submit_order(const Context& context, const SubmitOptions& options, const std::string& sku, Json order) {
  const std::string id = order["id"];
  // Of this request alone: a retry with the same order ID waits elsewhere.
  const std::string reply_to = fresh_id();
  if (options.wait) order["reply_to"] = reply_to;
  const std::size_t lane = context.lane_of(sku);
  const settings::Settings& settings = context.lanes[lane];
  auto client = Client::connect(settings, kSlice);
  if (!client) return client.failure();
  const auto reply = client->call(valkey::Command::of("XADD", settings.streams.orders, "*", "order", order.dump()));
  if (!reply) {
    return Failure{reply.error() +
                   "; it is unknown whether the order was pushed. It is safe to submit it again with --id " +
                   shown(id)};
  }
  if ((*reply)->is_error()) return Failure{client->explain((*reply)->text())};
  const std::string request((*reply)->text());
  if (context.json) {
    // With --wait only the result is printed, which names both.
    if (!options.quiet && !options.wait) print_json(with_lane(context, lane, {{"order", id}, {"request", request}}));
  } else if (!options.quiet) {
    print("submitted order " + shown(id) + " as request " + request +
          (context.several() ? " to lane '" + settings.lane_name() + "'\n" : "\n"));
    if (!flush_output()) return kFailed;
  }
  if (!options.wait) return kDone;
  return Waiter(context, lane, *client, request).wait(settings.reply_keys().key(reply_to), options.timeout);
}

}  // namespace orderd::tools
