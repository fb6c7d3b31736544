// The record names the decision, and the decision names the request. Other results of the order are searched for from
// the newest one back, and waiting requests from the position on.
#include "orderctl/order_facts.h"

#include <algorithm>

#include "order/decode.h"

namespace orderd::tools {
namespace {

using valkey::Command;

constexpr std::size_t kDigestBytes = 16;
constexpr std::size_t kWaitingMax = 20;  // that are kept

class OrderSearch {
 public:
  OrderSearch(Client& client, const settings::Settings& settings, const std::string& order, std::size_t most)
      : client_(client), settings_(settings), most_(most) {
    facts_.order = order;
  }

  Result<OrderFacts> run() {
    for (auto step : {&OrderSearch::read_record, &OrderSearch::search_results, &OrderSearch::read_decision,
                      &OrderSearch::search_waiting}) {
      if (const auto good = (this->*step)(); !good) return good.failure();
    }
    return std::move(facts_);
  }

 private:
  Result<bool> read_record() {
    OrderRecord& record = facts_.record;
    record.key = settings_.order_keys().key(facts_.order);
    const auto reply = client_.call(Command::of("GET", record.key));
    if (!reply) return reply.failure();
    const std::string_view text = (*reply)->text();
    if ((*reply)->is_nil()) return true;
    record.kind = OrderRecord::Kind::kForeign;
    if ((*reply)->is_error() && !text.starts_with("WRONGTYPE")) return Failure{client_.explain(text)};
    if ((*reply)->is_error() || text.size() <= kDigestBytes) return true;
    const char outcome = text[kDigestBytes];
    const auto result = parse_id(text.substr(kDigestBytes + 1));
    if (!result || (outcome != 'a' && outcome != 'r')) return true;
    record.kind = OrderRecord::Kind::kRecord;
    record.accepted = outcome == 'a';
    record.result = facts_.decided = result->text();
    const auto left = client_.ask(Command::of("PTTL", record.key));
    if (!left) return left.failure();
    if ((*left)->integer() >= 0) record.left_ms = static_cast<uint64_t>((*left)->integer());
    return true;
  }

  // From the newest one back, to the decision if that is known.
  Result<bool> search_results() {
    EntryPages pages(client_, settings_.streams.results, {facts_.decided.empty() ? "-" : facts_.decided, "+", true});
    for (std::size_t left = most_; left > 0;) {
      const auto entries = pages.next(std::min(left, kPageEntries));
      if (!entries) return entries.failure();
      if (entries->empty()) {
        facts_.searched_from.clear();
        break;
      }
      left -= entries->size();
      facts_.searched_from = entries->back().id;
      const std::size_t found_before = facts_.results.size();
      for (const Entry& entry : *entries) {
        if (entry.field("order") == facts_.order && entry.has("request")) facts_.results.push_back(entry);
      }
      if (facts_.results.size() > found_before) facts_.pages.push_back(std::move(pages.reply()));
    }
    std::reverse(facts_.results.begin(), facts_.results.end());
    return true;
  }

  Result<bool> read_decision() {
    // Without a record, a duplicate names the decision, or it is among those found.
    for (const Entry& entry : facts_.results) {
      if (!facts_.decided.empty()) break;
      if (entry.field("status") == "duplicate") facts_.decided = entry.field("original");
      if (entry.field("status") == "accepted" || entry.has("lines")) facts_.decided = entry.id;
    }
    if (!facts_.decided.empty()) {
      auto read = read_entry(settings_.streams.results, facts_.decided, facts_.decision);
      if (!read) return read;
    }
    if (facts_.decision) facts_.asked = facts_.decision->field("request");
    if (facts_.asked.empty() && facts_.decided.empty() && !facts_.results.empty()) {
      facts_.asked = facts_.results.back().field("request");  // malformed, or not decided at all
    }
    if (facts_.asked.empty()) return true;
    return read_entry(settings_.streams.orders, facts_.asked, facts_.request);
  }

  Result<bool> read_entry(const std::string& stream, const std::string& id, std::optional<Entry>& entry) {
    auto reply = client_.ask(Command::of("XRANGE", stream, id, id));
    if (!reply) return reply.failure();
    const auto entries = entries_of(reply->view());
    if (entries.empty()) return true;
    entry = entries.front();
    facts_.pages.push_back(std::move(*reply));
    return true;
  }

  Result<bool> search_waiting() {
    const std::string& orders = settings_.streams.orders;
    const auto position = client_.ask(Command::of("HGET", order::position_key(orders), "id"));
    if (!position) return position.failure();
    const std::string from = (*position)->is_nil() ? "-" : "(" + std::string((*position)->text());
    order::Decoder decoder(settings_.limits());
    order::Request request;
    std::string detail;
    order::Fields fields;
    std::size_t left = most_;
    return read_pages(client_, orders, from, "+", [&](const std::vector<Entry>& page) {
      for (const Entry& entry : page) {
        if (left == 0 || facts_.waiting.size() == kWaitingMax) {
          facts_.waiting_searched = false;
          return false;
        }
        --left;
        fields.clear();
        for (const auto& [name, value] : entry.fields) fields.insert(fields.end(), {name, value});
        (void)decoder.decode(fields, request, detail);  // a malformed one has the ID that its result will name
        if (request.id == facts_.order) facts_.waiting.emplace_back(entry.id);
      }
      return true;
    });
  }

  Client& client_;
  const settings::Settings& settings_;
  const std::size_t most_;
  OrderFacts facts_;
};

}  // namespace

Result<OrderFacts> read_order(Client& client, const settings::Settings& settings, const std::string& order,
                              std::size_t most) {
  return OrderSearch(client, settings, order, most).run();
}

}  // namespace orderd::tools
