// A third implementation of the rules, for requests whose meaning is known without decoding.
#include "audit/books.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <iomanip>
#include <sstream>

namespace orderd::test {
namespace {

std::string stock_key(const std::string& sku) {
  return "product:" + sku + ":stock";
}

std::string digest_of(const Clerk::Asked& asked) {
  auto lines = asked.lines;
  std::sort(lines.begin(), lines.end());
  std::ostringstream digest;
  digest << std::hex << std::setfill('0') << std::setw(16)
         << std::hash<std::string>()(asked.customer + Json(lines).dump());
  return digest.str();
}

// The number that a key holds; null if it holds none.
Json number_in(const Books& books, const std::string& key) {
  const auto found = books.keys.find(key);
  const Json value = found == books.keys.end() ? Json() : Json::parse(found->second, nullptr, false);
  return value.is_number() ? value : Json();
}

std::string name_of(Random& random, std::size_t pushed) {
  static constexpr const char* kOdd[] = {"é", "鞋-", "a b ", "q\\\"", "\\"};
  return (random.chance(10) ? std::string(kOdd[random.number(std::size(kOdd))]) : "") + "o-" + std::to_string(pushed);
}

// A random request, as a producer might send it.
Clerk::Asked request(Random& random, std::size_t& pushed, std::vector<Clerk::Asked>& sent) {
  static constexpr const char* kSkus[] = {"shoe", "sock", "hat", "few", "nope", "bad", "list", "späte"};
  static const std::vector<Clerk::Asked> kMalformed = {
      {{{"id", "m-1"}, {"sku", "shoe"}, {"quantity", "-1"}}, "m-1", ""},
      {{{"id", "m-2"}, {"customer", "c"}, {"sku", "sh oe"}, {"quantity", "1"}}, "m-2", "c"},
      {{{"order", "{"}}, "", ""},
      {{{"order", R"({"id":"m-6","sku":"shoe","quantity":1})"}, {"id", "m-6"}}, "", ""},
      {{{"order", R"({"id":"m-7","customer":"c","items":[]})"}}, "m-7", "c"},
      {{{"request", "1-1"}, {"result", "1-1"}, {"detail", "x"}}, "", ""},
      {{{"id", "\xff\xfe"}, {"sku", "shoe"}, {"quantity", "1"}}, "", ""},
  };
  const std::size_t dice = random.number(100);
  if (dice < 8 && !sent.empty()) return sent[random.number(sent.size())];
  if (dice < 12 && !sent.empty()) return simple_order(sent[random.number(sent.size())].order, "shoe", 7);
  if (dice < 20) return kMalformed[random.number(kMalformed.size())];
  if (dice < 22) return simple_order("foreign", "shoe");
  const std::string sku = kSkus[random.number(std::size(kSkus))];
  const auto quantity = static_cast<int64_t>(1 + random.number(3));
  Clerk::Asked asked = simple_order(name_of(random, pushed++), sku, quantity);
  asked.fields.emplace_back("note", "n");
  Json json = {{"id", asked.order}, {"sku", sku}, {"quantity", quantity}};
  if (random.chance(50)) {
    json["customer"] = asked.customer = "c-" + std::to_string(random.number(9));
    asked.fields.emplace_back("customer", asked.customer);
  }
  if (dice < 40) {
    const Json shoe = {{"sku", "shoe"}, {"quantity", 1}};
    json["items"] = {shoe, {{"sku", sku}, {"quantity", quantity}}, shoe};
    json["sku"] = json["quantity"] = nullptr;
    asked.lines = {{"shoe", sku == "shoe" ? 2 + quantity : 2}};
    if (sku != "shoe") asked.lines.emplace_back(sku, quantity);
  }
  if (dice < 60) asked.fields = {{"order", json.dump()}};
  sent.push_back(asked);
  return asked;
}

}  // namespace

void append_all(valkey::SyncClient& client, const std::string& stream, const std::vector<Entry>& all) {
  for (const Entry& entry : all) {
    std::vector<std::string> words = {"XADD", stream, entry.id};
    for (const auto& [name, value] : entry.fields) words.insert(words.end(), {name, value});
    client.append(command_of(words));
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto reply = client.read();
    REQUIRE(reply.ok());
    REQUIRE_MESSAGE(!(*reply)->is_error(), (*reply)->text());
  }
}

Clerk::Asked simple_order(const std::string& id, const std::string& sku, int64_t quantity) {
  return {{{"id", id}, {"sku", sku}, {"quantity", std::to_string(quantity)}}, id, "", {{sku, quantity}}};
}

void put(Entry& entry, const std::string& name, const std::string& value) {
  for (auto& field : entry.fields) {
    if (field.first != name) continue;
    field.second = value;
    return;
  }
  entry.fields.emplace_back(name, value);
}

void take_out(Entry& entry, const std::string& name) {
  std::erase_if(entry.fields, [&](const auto& field) { return field.first == name; });
}

void Books::lay_out(valkey::SyncClient& client) const {
  ask(client, {"FLUSHALL"});
  append_all(client, "orders", orders);
  append_all(client, "results", results);
  append_all(client, "orders:dead", dead);
  for (const std::string& id : deleted) CHECK(ask_number(client, {"XDEL", "orders", id}) == 1);
  for (const auto& [key, value] : keys) set(client, key, value);
  for (const auto& [field, value] : position) ask(client, {"HSET", "orders:position", field, value});
  ask(client, {"RPUSH", "product:list:stock", "x"});
}

Entry& Books::request_of(const Entry& result) {
  const auto found =
      std::find_if(orders.begin(), orders.end(), [&](const Entry& each) { return each.id == result.field("request"); });
  REQUIRE(found != orders.end());
  return *found;
}

// Like XADD with '*': from the clock, and always larger than the last.
std::string Clerk::new_id(std::string& last) {
  const std::size_t dash = last.find('-');
  const uint64_t ms = std::stoull(last.substr(0, dash));
  const uint64_t next = std::stoull(last.substr(dash + 1)) + 1;
  return last = now_ > ms ? std::to_string(now_) + "-0" : std::to_string(ms) + "-" + std::to_string(next);
}

void Clerk::push(const Fields& fields) {
  books.orders.push_back({new_id(last_order_), fields});
}

void Clerk::serve(const Asked& asked) {
  push(asked.fields);
  settle(asked);
  now_ += books.orders.size() % 3;
}

void Clerk::recreate_orders() {
  books.orders.clear();
  last_order_ = "0-0";
  count_ = 0;
  books.position = {{"id", "0-0"}, {"count", "0"}, {"result", ""}, {"base", "0"}, {"floor", last_result_}};
}

std::string Clerk::add_result(const Fields& fields) {
  Entry result{new_id(last_result_), {}};
  for (const auto& field : fields) {
    if (!field.second.empty() || field.first == "order") result.fields.push_back(field);
  }
  books.results.push_back(result);
  return result.id;
}

void Clerk::settle(const Asked& asked) {
  const std::string request = books.orders.back().id;
  const auto known = books.keys.find("orders:order:" + asked.order);
  const bool is_known = known != books.keys.end() && !asked.lines.empty();
  Fields outcome;
  if (asked.lines.empty()) {
    outcome = {{"status", "rejected"}, {"reason", "malformed"}, {"detail", "it is wrong"}};
  } else if (!is_known) {
    outcome = decide(asked);
  } else if (known->second.size() < 17) {
    outcome = {{"status", "rejected"}, {"reason", "bad_record"}, {"detail", "it is foreign"}};
  } else if (!known->second.starts_with(digest_of(asked))) {
    outcome = {{"status", "rejected"}, {"reason", "id_reused"}};
  } else {
    outcome = {{"status", "duplicate"},
               {"outcome", known->second[16] == 'a' ? "accepted" : "rejected"},
               {"original", known->second.substr(17)}};
  }
  Fields fields = {{"order", asked.order}, {"request", request}, {"customer", asked.customer}};
  fields.insert(fields.end(), outcome.begin(), outcome.end());
  const std::string result = add_result(fields);
  if (asked.lines.empty()) {
    Fields letter = {{"request", request}, {"result", result}, {"detail", "it is wrong"}};
    letter.insert(letter.end(), asked.fields.begin(), asked.fields.end());
    books.dead.push_back({new_id(last_letter_), letter});
  } else if (!is_known) {
    const bool accepted = outcome.front().second == "accepted";
    books.keys["orders:order:" + asked.order] = digest_of(asked) + (accepted ? "a" : "r") + result;
  }
  books.position["id"] = request;
  books.position["count"] = std::to_string(++count_);
  books.position["result"] = result;
}

Fields Clerk::decide(const Asked& asked) {
  std::string reason;
  Json refused = Json::array(), taken = Json::array();
  for (const auto& [sku, quantity] : asked.lines) {
    const bool unknown = !books.keys.contains(stock_key(sku)) && sku != "list";
    const Json available = number_in(books, stock_key(sku));
    const int64_t there = available.is_null() ? 0 : available.get<int64_t>();
    const std::string why = unknown               ? "unknown_sku"
                            : available.is_null() ? "bad_stock"
                            : there < quantity    ? "insufficient_stock"
                                                  : "";
    if (reason.empty()) reason = why;
    refused.push_back({{"sku", sku}, {"quantity", quantity}, {"available", available}});
    taken.push_back({{"sku", sku}, {"quantity", quantity}, {"remaining", there - quantity}});
  }
  if (!reason.empty()) return {{"status", "rejected"}, {"reason", reason}, {"lines", refused.dump()}};
  for (const Json& line : taken) books.keys[stock_key(line["sku"])] = line["remaining"].dump();
  return {{"status", "accepted"}, {"lines", taken.dump()}};
}

void Clerk::change_stock(const std::string& sku, const std::string& change, int64_t amount) {
  const bool exists = books.keys.contains(stock_key(sku));
  const Json before = number_in(books, stock_key(sku));
  const int64_t there = before.is_null() ? 0 : before.get<int64_t>();
  const int64_t remaining = change == "set" ? amount : there + amount;
  Json line = {{"sku", sku}, {"before", before}, {"quantity", nullptr}, {"remaining", remaining}};
  if (!before.is_null() || !exists) line["quantity"] = remaining - there;
  add_result({{"status", "stock"}, {"change", change}, {"reason", "r"}, {"lines", Json::array({line}).dump()}});
  books.keys[stock_key(sku)] = std::to_string(remaining);
}

void Clerk::discard_letter(std::size_t place) {
  const Entry letter = books.dead.at(place);
  books.dead.erase(books.dead.begin() + static_cast<std::ptrdiff_t>(place));
  add_result({{"status", "letter"},
              {"change", "discard"},
              {"letter", letter.id},
              {"result", letter.field("result")},
              {"reason", "r"}});
}

void Clerk::requeue_letter(std::size_t place, const Asked& pushed) {
  discard_letter(place);
  push(pushed.fields);
  put(books.results.back(), "change", "requeue");
  put(books.results.back(), "pushed", books.orders.back().id);
  settle(pushed);
}

Clerk hold_sale(Random& random, std::size_t requests) {
  Clerk clerk;
  std::size_t pushed = 0;
  std::vector<Clerk::Asked> sent;
  clerk.change_stock("shoe", "set", 200);
  clerk.books.keys["product:sock:stock"] = "100000";
  clerk.books.keys["product:späte:stock"] = "1000";
  clerk.books.keys["product:few:stock"] = "2";
  clerk.books.keys["product:bad:stock"] = "foo";
  clerk.books.keys["orders:order:foreign"] = "1";
  for (std::size_t i = 0; i < requests; ++i) {
    clerk.serve(request(random, pushed, sent));
    if (i == requests / 3) clerk.change_stock("hat", "set", 40);
    if (i != requests / 2) continue;
    clerk.change_stock("shoe", "add", 50);
    clerk.discard_letter(0);
    clerk.discard_letter(clerk.books.dead.size() / 2);
    clerk.requeue_letter(3, simple_order("again"));
    clerk.change_stock("sock", "add", -3);
  }
  clerk.change_stock("bad", "set", 9);
  for (int i = 0; i < 5; ++i) clerk.push(simple_order("u-" + std::to_string(i)).fields);
  return clerk;
}

}  // namespace orderd::test
