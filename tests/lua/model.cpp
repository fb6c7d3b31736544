// Written from the rules in the headers of the scripts, not from their code: searches are linear here.
#include "model.h"

#include <algorithm>
#include <cstdlib>

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

std::string joined(const std::vector<std::string>& parts) {
  std::string text = "[";
  for (std::size_t i = 0; i < parts.size(); ++i) text += (i == 0 ? "" : ",") + parts[i];
  return text + "]";
}

}  // namespace

Id id_of(const std::string& text) {
  const auto dash = text.find('-');
  return {std::stoull(text.substr(0, dash)), std::stoull(text.substr(dash + 1))};
}

void Model::push(const std::string& id, const Request& request) {
  const auto* order = std::get_if<Order>(&request);
  stream.entries.push_back({id, order == nullptr ? "" : order->id, order == nullptr});
  stream.last = id;
  ++stream.added;
}

// Adds `lines`, and `reason` if the order cannot be met; otherwise takes the stock.
char Model::take(const Order& order, Fields& fields) {
  auto left = stock;
  std::vector<std::string> sold, available;
  bool met = true;
  for (const Line& line : order.lines) {
    const auto have = left.contains(line.sku) ? whole(left[line.sku]) : std::nullopt;
    const int64_t rest = have ? *have - std::stoll(line.quantity) : -1;
    met = met && rest >= 0;
    if (!met) break;
    left[line.sku] = std::to_string(rest);
    sold.push_back(json_line(line, "remaining", std::to_string(rest)));
  }
  if (met) {
    stock = left;
    fields.emplace_back("status", "accepted");
    fields.emplace_back("lines", joined(sold));
    return 'a';
  }
  std::string reason;
  for (const Line& line : order.lines) {
    const auto have = stock.contains(line.sku) ? whole(stock[line.sku]) : std::nullopt;
    available.push_back(json_line(line, "available", have ? std::to_string(*have) : "null"));
    if (!reason.empty()) continue;
    if (have && *have < std::stoll(line.quantity)) reason = "insufficient_stock";
    if (!have) reason = stock.contains(line.sku) || no_stock.contains(line.sku) ? "bad_stock" : "unknown_sku";
  }
  fields.emplace_back("status", "rejected");
  fields.emplace_back("reason", reason);
  fields.emplace_back("lines", joined(available));
  return reason == "insufficient_stock" ? 's' : reason == "bad_stock" ? 'k' : 'u';
}

char Model::decide(const std::string& request, const Order& order, bool keep_record) {
  Result result;
  result.request = request;
  result.order = order.id;
  result.fields = {{"order", order.id}, {"request", request}};
  const std::string content = content_of(order);
  char answer = 0;
  std::string detail;
  const auto known = records.find(order.id);
  // A key of another type shows when a record is written, which never happens for these.
  const bool unseen = !keep_record || known == records.end() || no_record.contains(order.id);
  if (!order.elsewhere.empty() && unseen) {
    answer = 'w';
    result.fields.insert(result.fields.end(), {{"status", "rejected"}, {"reason", "wrong_lane"}});
    detail = order.elsewhere;
  } else if (!keep_record || known == records.end()) {
    answer = take(order, result.fields);
    if (keep_record) records[order.id] = Record{content, answer == 'a', results.size()};
  } else if (const auto* record = std::get_if<Record>(&known->second); record == nullptr) {
    answer = 'r';
    undone = undone || no_record.contains(order.id);
    result.fields.insert(result.fields.end(), {{"status", "rejected"}, {"reason", "bad_record"}});
    detail = "the key orders:order:" + order.id + " does not hold the record of an order";
  } else if (record->content != content) {
    answer = 'i';
    result.fields.insert(result.fields.end(), {{"status", "rejected"}, {"reason", "id_reused"}});
  } else {
    answer = 'd';
    result.original = record->result;
    result.fields.insert(
        result.fields.end(),
        {{"status", "duplicate"}, {"outcome", record->accepted ? "accepted" : "rejected"}, {"original", ""}});
  }
  if (!order.customer.empty()) result.fields.emplace_back("customer", order.customer);
  if (!detail.empty()) result.fields.emplace_back("detail", detail);
  results.push_back(result);
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
    Result result{"", request, malformed.id, "malformed", {}, {}};
    result.fields = {{"order", malformed.id}, {"request", request}, {"status", "rejected"}, {"reason", "malformed"}};
    if (!malformed.customer.empty()) result.fields.emplace_back("customer", malformed.customer);
    result.fields.emplace_back("detail", malformed.detail);
    results.push_back(result);
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
    if (entry.fields != result.fields) return text_of(entry) + "\nand not\n" + text_of(Entry{"", result.fields});
    if (position && !result.request.empty()) position->result = entry.id;
  }
  return "";
}

// The results after the floor that still exist and name a request, oldest first.
std::vector<const Model::Result*> Model::naming() const {
  std::vector<const Result*> found;
  const Id floor = position ? id_of(position->floor) : Id{};
  for (std::size_t i = trimmed; i < results.size(); ++i) {
    if (!results[i].request.empty() && id_of(results[i].id) > floor) found.push_back(&results[i]);
  }
  return found;
}

// Whether the results prove that this entry, which is before the position, was never settled.
bool Model::is_new(const Waiting& entry) const {
  const auto found = naming();
  if (found.empty()) return false;
  const bool settled_before = id_of(entry.id) <= id_of(position->start);
  if (settled_before && entry.id != found.back()->request) return false;
  bool before = false, after = false;
  for (const Result* result : found) {
    if (result->request == entry.id) return result->reason != "malformed" && result->order != entry.order;
    (id_of(result->request) < id_of(entry.id) ? before : after) = true;
  }
  if (before || !after) return before && after;
  // Older than all results: was one of them removed?
  const bool floor_is_there = id_of(results[trimmed].id) <= id_of(position->floor);
  return floor_is_there ||
         (trimmed == 0 && !undone && results.size() >= static_cast<std::size_t>(std::max<int64_t>(position->count, 0)));
}

// If the last entry before the position is new: continue after the last one that is not.
std::string Model::restart(std::string& wrong) {
  const auto past = std::count_if(stream.entries.begin(), stream.entries.end(),
                                  [&](const Waiting& entry) { return id_of(entry.id) <= id_of(position->id); });
  if (past == 0 || !is_new(stream.entries[static_cast<std::size_t>(past) - 1])) return "";
  std::string start = "0-0";
  for (std::ptrdiff_t i = 0; i < past; ++i) {
    const Waiting& entry = stream.entries[static_cast<std::size_t>(i)];
    if (!is_new(entry)) start = entry.id;
  }
  wrong = position->id;
  position->id = position->start = start;
  position->floor = results.back().id;
  position->result = "";
  position->count = 0;
  position->base.reset();
  if (start == "0-0") position->base = stream.added - static_cast<int64_t>(stream.entries.size());
  return "restarted";
}

std::string Model::join() {
  std::string done, wrong;
  const bool lost = !position;
  if (lost) position.emplace();
  const auto found = naming();
  if (lost) {
    done = found.empty() ? "created" : "recovered";
    position->id = found.empty() ? "0-0" : found.back()->request;
    position->result = found.empty() ? "" : found.back()->id;
    position->start = position->id;
    // Results before the newest one may belong to another stream.
    for (std::size_t i = trimmed; !found.empty() && &results[i] != found.back(); ++i) position->floor = results[i].id;
  } else if (!found.empty() && found.back()->request != position->id) {
    done = "restored";
    wrong = position->id;
    position->id = found.back()->request;
    if (position->result != found.back()->id) position->base.reset();
    position->result = found.back()->id;
  } else if (found.empty() && position->result.empty() && position->id != position->start) {
    done = "restored";
    wrong = position->id;
    position->id = position->start;
  }
  bool behind = !stream.entries.empty() && id_of(stream.last) < id_of(position->id);
  if (const std::string restarted = restart(wrong); !restarted.empty()) {
    done = restarted;
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
      position->deleted += deleted;
      position->base = known - position->count;
    }
    if (position->base && deleted > 0) position->base = stream.added - waiting - position->count;
  } else if (position->base) {
    reported = std::max<int64_t>(stream.added - position->count - *position->base, 0);
  }
  const auto word = [](const std::string& text) { return text.empty() ? "_" : text; };
  return position->id + " " + std::to_string(position->count) + " " + std::to_string(reported) + " " + word(done) +
         " " + word(wrong) + " " + std::to_string(deleted) + " " +
         (position->base ? std::to_string(position->base.value() + position->count) : "_");
}

}  // namespace orderd::test
