// Written from the rules in the headers of the scripts, not from their code: searches are linear here.
#include "model.h"

#include <algorithm>
#include <cstdlib>

#include "support/id_of.h"

namespace orderd::test {
namespace {

constexpr int64_t kLargest = 9007199254740991;

std::string content_of(const Order& order) {
  std::string content = order.customer;
  for (const Line& line : order.lines) content += "|" + line.sku + "*" + line.quantity;
  return content;
}

std::optional<int64_t> whole(const std::string& text) {
  const bool digits =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || text.size() > 16 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  const int64_t value = std::stoll(text);
  return value <= kLargest ? std::optional(value) : std::nullopt;
}

std::string json_line(const Line& line, const char* name, const std::string& value) {
  return R"({"sku":")" + line.sku + R"(","quantity":)" + line.quantity + ",\"" + name + "\":" + value + "}";
}

// The fields of a result.
Fields fields_of(const std::string& order, const std::string& request, const Fields& outcome,
                 const std::string& customer, const std::string& detail) {
  Fields fields = {{"order", order}, {"request", request}};
  fields.insert(fields.end(), outcome.begin(), outcome.end());
  if (!customer.empty()) fields.emplace_back("customer", customer);
  if (!detail.empty()) fields.emplace_back("detail", detail);
  return fields;
}

}  // namespace

void Model::push(const std::string& id, const Request& request) {
  const auto* order = std::get_if<Order>(&request);
  stream.entries.push_back({id, order == nullptr ? "" : order->id});
  stream.last = id;
  ++stream.added;
}

// Takes the stock if the order can be met.
char Model::take(const Order& order, Fields& outcome) {
  auto left = stock;
  std::string sold, available, reason;
  for (const Line& line : order.lines) {
    const auto have = left.contains(line.sku) ? whole(left[line.sku]) : std::nullopt;
    const int64_t rest = have ? *have - std::stoll(line.quantity) : -1;
    if (reason.empty() && !have) {
      reason = stock.contains(line.sku) || no_stock.contains(line.sku) ? "bad_stock" : "unknown_sku";
    } else if (reason.empty() && rest < 0) {
      reason = "insufficient_stock";
    }
    left[line.sku] = std::to_string(rest);
    sold += json_line(line, "remaining", std::to_string(rest)) + ",";
    available += json_line(line, "available", have ? std::to_string(*have) : "null") + ",";
  }
  if (reason.empty()) {
    stock = left;
    sold.back() = ']';
    outcome = {{"status", "accepted"}, {"lines", "[" + sold}};
    return 'a';
  }
  available.back() = ']';
  outcome = {{"status", "rejected"}, {"reason", reason}, {"lines", "[" + available}};
  return reason == "insufficient_stock" ? 's' : reason == "bad_stock" ? 'k' : 'u';
}

char Model::decide(const std::string& request, const Order& order, bool keep_record) {
  const std::string content = content_of(order);
  const auto known = keep_record ? records.find(order.id) : records.end();
  char answer = 0;
  Fields outcome;
  std::string detail;
  std::optional<std::size_t> original;
  // A key of another type shows when a record is written, which never happens for an order of another lane.
  if (!order.elsewhere.empty() && (known == records.end() || no_record.contains(order.id))) {
    answer = 'w';
    outcome = {{"status", "rejected"}, {"reason", "wrong_lane"}};
    detail = order.elsewhere;
  } else if (known == records.end()) {
    answer = take(order, outcome);
    if (keep_record) records[order.id] = Record{content, answer == 'a', results.size()};
  } else if (!known->second) {
    answer = 'r';
    undone = undone || no_record.contains(order.id);
    outcome = {{"status", "rejected"}, {"reason", "bad_record"}};
    detail = "the key orders:order:" + order.id + " does not hold the record of an order";
  } else if (known->second->content != content) {
    answer = 'i';
    outcome = {{"status", "rejected"}, {"reason", "id_reused"}};
  } else {
    answer = 'd';
    original = known->second->result;
    outcome = {
        {"status", "duplicate"}, {"outcome", known->second->accepted ? "accepted" : "rejected"}, {"original", ""}};
  }
  results.push_back({{"", fields_of(order.id, request, outcome, order.customer, detail)}, original});
  return answer;
}

std::string Model::settle(const Call& call) {
  if (!position || position->id != call.previous) return "moved";
  std::string answer;
  for (const auto& [request, what] : call.requests) {
    if (const auto* order = std::get_if<Order>(&what)) {
      answer += decide(request, *order, call.window != "0");
      continue;
    }
    const auto& malformed = std::get<Malformed>(what);
    const Fields outcome = {{"status", "rejected"}, {"reason", "malformed"}};
    results.push_back({{"", fields_of(malformed.id, request, outcome, malformed.customer, malformed.detail)}, {}});
    ++letters;
    answer += 'm';
  }
  position->id = call.last();
  position->count += static_cast<int64_t>(call.requests.size());
  return answer;
}

std::string Model::confirm(const std::vector<Entry>& written) {
  if (written.size() != results.size() - confirmed_) {
    return std::to_string(written.size()) + " results were written and not " +
           std::to_string(results.size() - confirmed_);
  }
  for (const Entry& entry : written) {
    Result& result = results[confirmed_++];
    result.id = entry.id;
    for (auto& [name, value] : result.fields) {
      if (name == "original") value = results[*result.original].id;
    }
    if (entry != result) return text_of(entry) + "\nand not\n" + text_of(result);
    if (position && result.has("request")) position->result = entry.id;
  }
  return "";
}

// The results after the floor that still exist and name a request, oldest first.
std::vector<const Model::Result*> Model::naming() const {
  std::vector<const Result*> found;
  const StreamId floor = position ? id_of(position->floor) : StreamId{};
  for (std::size_t i = trimmed; i < results.size(); ++i) {
    if (results[i].has("request") && id_of(results[i].id) > floor) found.push_back(&results[i]);
  }
  return found;
}

// Whether the results prove that this entry, which is before the position, was never settled.
bool Model::is_new(const Waiting& entry) const {
  const auto found = naming();
  if (found.empty()) return false;
  const bool settled_before = id_of(entry.id) <= id_of(position->start);
  if (settled_before && entry.id != found.back()->field("request")) return false;
  bool before = false, after = false;
  for (const Result* result : found) {
    const std::string request = result->field("request");
    if (request == entry.id) return result->field("reason") != "malformed" && result->field("order") != entry.order;
    (id_of(request) < id_of(entry.id) ? before : after) = true;
  }
  if (before || !after) return before && after;
  // Older than all results: was one of them removed?
  const bool floor_is_there = id_of(results[trimmed].id) <= id_of(position->floor);
  return floor_is_there ||
         (trimmed == 0 && !undone && results.size() >= static_cast<std::size_t>(std::max<int64_t>(position->count, 0)));
}

// If the last entry before the position is new: continue after the last one that is not.
bool Model::restart(std::string& wrong) {
  const auto past = std::count_if(stream.entries.begin(), stream.entries.end(),
                                  [&](const Waiting& entry) { return id_of(entry.id) <= id_of(position->id); });
  if (past == 0 || !is_new(stream.entries[static_cast<std::size_t>(past) - 1])) return false;
  std::string start = "0-0";
  for (const Waiting& entry : stream.entries) {
    if (id_of(entry.id) <= id_of(position->id) && !is_new(entry)) start = entry.id;
  }
  wrong = position->id;
  *position = {.id = start, .result = "", .floor = results.back().id, .start = start, .count = 0, .base = {}};
  if (start == "0-0") position->base = stream.added - static_cast<int64_t>(stream.entries.size());
  return true;
}

std::string Model::join() {
  std::string done, wrong;
  const bool lost = !position;
  if (lost) position.emplace();
  const auto found = naming();
  const std::string newest = found.empty() ? position->start : found.back()->field("request");
  if (lost) {
    done = found.empty() ? "created" : "recovered";
    position->id = position->start = newest;
    position->result = found.empty() ? "" : found.back()->id;
    // Results before the newest one may belong to another stream.
    for (std::size_t i = trimmed; !found.empty() && &results[i] != found.back(); ++i) position->floor = results[i].id;
  } else if (newest != position->id && (!found.empty() || position->result.empty())) {
    done = "restored";
    wrong = position->id;
    position->id = newest;
    if (!found.empty() && position->result != found.back()->id) {
      position->base.reset();
      position->result = found.back()->id;
    }
  }
  bool behind = !stream.entries.empty() && id_of(stream.last) < id_of(position->id);
  if (restart(wrong)) {
    done = "restarted";
    behind = false;
  } else if (behind && done.empty()) {
    done = "behind";
  }
  const auto length = static_cast<int64_t>(stream.entries.size());
  const auto waiting = std::count_if(stream.entries.begin(), stream.entries.end(),
                                     [&](const Waiting& entry) { return id_of(entry.id) > id_of(position->id); });
  int64_t reported = -1, deleted = 0;
  if (waiting == 0 || waiting == length) {
    reported = waiting;
    if ((stream.added > 0 && !behind) || done == "created") {
      const int64_t known = stream.added - waiting;  // settled, or deleted unsettled
      if (position->base) deleted = std::max<int64_t>(known - position->count - *position->base, 0);
      position->base = known - position->count;
    }
  } else if (position->base) {
    reported = std::max<int64_t>(stream.added - position->count - *position->base, 0);
  }
  const auto word = [](const std::string& text) { return text.empty() ? "_" : text; };
  return position->id + " " + std::to_string(position->count) + " " + std::to_string(reported) + " " + word(done) +
         " " + word(wrong) + " " + std::to_string(deleted) + " " +
         (position->base ? std::to_string(position->base.value() + position->count) : "_");
}

}  // namespace orderd::test
