// If the stream is replaced, orders get IDs of the millisecond before the server's clock, so that IDs pushed after the
// step are larger.
#include "order-chaos/stream_step.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;

constexpr int kTries = 1000;

// ARGV: '1' if the stream is replaced, number of words of all orders, number of words of each, the words; then the
// arguments of the change, which are in `arguments`.
constexpr const char* kBefore = R"(
    local function state()
      local info, first, last = server.pcall('XINFO', 'STREAM', 'orders'), nil, '0-0'
      if info.err then return '0-0', '0-0' end
      for i = 1, #info, 2 do
        if info[i] == 'last-generated-id' then last = info[i + 1] end
        if info[i] == 'first-entry' and info[i + 1] then first = info[i + 1][1] end
      end
      return first or last, last
    end
    local step, copy, arguments, id = { pushed = {} }, '', {}, '*'
    if ARGV[1] == '1' then
      local time = server.call('TIME')
      local now = time[1] * 1000 + math.floor(time[2] / 1000)
      step.first, step.last = state()
      if tonumber(string.match(step.last, '^%d+')) >= now then return { 'not yet' } end
      id = string.format('%.0f-*', now - 1)
    end
    local words, width = tonumber(ARGV[2]), tonumber(ARGV[3])
    for at = 4, words + 3, width do
      step.pushed[#step.pushed + 1] = server.call('XADD', 'orders', id, unpack(ARGV, at, at + width - 1))
    end
    for at = words + 4, #ARGV do arguments[#arguments + 1] = ARGV[at] end
    step.first, step.last = state()
    step.waiting = unsettled('orders')
    )";

constexpr const char* kAfter = R"(
    step.left = unsettled('orders')
    local _
    _, step.left_last = state()
    return { cjson.encode(step), copy }
    )";

StreamStep step_of(const Words& answer) {
  const auto said = nlohmann::json::parse(answer.at(0));
  const auto id = [&](const char* name) { return id_of(said[name].get<std::string>()); };
  const auto ids = [&](const char* name) {
    std::vector<StreamId> found;
    for (const auto& text : said[name]) found.push_back(id_of(text.get<std::string>()));
    return found;
  };
  return {ids("pushed"), ids("waiting"), ids("left"), id("first"), id("last"), id("left_last"), answer.at(1)};
}

}  // namespace

StreamStep stream_step(Trial& trial, Stream stream, const std::vector<Order>& orders, const std::string& change,
                       const Words& arguments) {
  Words words;
  for (const Order& order : orders) {
    for (const auto& [name, value] : order.entry) words.insert(words.end(), {name, value});
  }
  const std::size_t width = orders.empty() ? 1 : words.size() / orders.size();
  Words all = {stream == Stream::kReplaced ? "1" : "0", std::to_string(words.size()), std::to_string(width)};
  all.insert(all.end(), words.begin(), words.end());
  all.insert(all.end(), arguments.begin(), arguments.end());
  for (int tries = 0; tries < kTries; ++tries) {
    const auto answer = trial.run(kBefore + change + kAfter, all);
    if (answer == Words{"not yet"}) {
      let_pass(1ms);
      continue;
    }
    StreamStep step = step_of(answer);
    for (std::size_t i = 0; i < orders.size(); ++i) trial.record.add(orders[i], Outcome::kOk, step.pushed.at(i));
    return step;
  }
  throw std::runtime_error("the orders stream is ahead of the clock");
}

void record_deleted(Trial& trial, const StreamStep& step) {
  std::vector<StreamId> gone;  // unsettled before the change, and no longer after it
  std::set_difference(step.waiting.begin(), step.waiting.end(), step.left.begin(), step.left.end(),
                      std::back_inserter(gone));
  Record& record = trial.record;
  record.deleted.insert(gone.begin(), gone.end());
  std::set_intersection(gone.begin(), gone.end(), step.pushed.begin(), step.pushed.end(),
                        std::inserter(record.never_read, record.never_read.end()));
  if (step.left_last >= step.last) return;
  record.discarded.push_back({std::max(step.first, next_id(step.left_last)), step.last});
}

std::vector<Order> some_orders(Trial& trial) {
  std::vector<Order> orders;
  for (std::size_t i = trial.random.number(1, 20); i > 0; --i) orders.push_back(trial.probe());
  return orders;
}

}  // namespace orderd::chaos
