// A third implementation of the rules, for requests whose meaning is known without decoding.
#include "audit/books.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace orderd::test {
namespace {

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

std::string stock_key(const std::string& sku) {
  return "product:" + sku + ":stock";
}

std::string digest_of(const Clerk::Asked& asked) {
  auto lines = asked.lines;
  std::sort(lines.begin(), lines.end());
  std::string text = asked.customer;
  for (const auto& [sku, quantity] : lines) text += "/" + sku + "/" + std::to_string(quantity);
  std::string digest(16, '0');
  for (std::size_t i = 0, hash = std::hash<std::string>()(text); i < digest.size(); ++i, hash >>= 4U) {
    digest[i] = "0123456789abcdef"[hash & 15U];
  }
  return digest;
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
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
      {{{"order", R"({"id":"m-3","sku":"shoe","quantity":1.0})"}}, "m-3", ""},
      {{{"order", R"({"id":"m-4","customer":"","sku":"shoe","quantity":1})"}}, "m-4", ""},
      {{{"order", R"({"id":"m-5","id":"m-5","sku":"shoe","quantity":1})"}}, "", ""},
      {{{"order", R"({"id":"m-6","sku":"shoe","quantity":1})"}, {"id", "m-6"}}, "", ""},
      {{{"order", R"({"id":"m-7","customer":"c","items":[]})"}}, "m-7", "c"},
      {{{"request", "1-1"}, {"result", "1-1"}, {"detail", "x"}}, "", ""},
      {{{"id", "\xff\xfe"}, {"sku", "shoe"}, {"quantity", "1"}}, "", ""},
  };
  const std::size_t dice = random.number(100);
  if (dice < 8 && !sent.empty()) return sent[random.number(sent.size())];
  if (dice < 12 && !sent.empty()) {
    const std::string id = sent[random.number(sent.size())].order;
    return {{{"id", id}, {"sku", "shoe"}, {"quantity", "7"}}, id, "", {{"shoe", 7}}};
  }
  if (dice < 20) return kMalformed[random.number(kMalformed.size())];
  if (dice < 22) return {{{"id", "foreign"}, {"sku", "shoe"}, {"quantity", "1"}}, "foreign", "", {{"shoe", 1}}};
  Clerk::Asked asked;
  asked.order = name_of(random, pushed++);
  const std::string sku = kSkus[random.number(std::size(kSkus))];
  const auto quantity = static_cast<int64_t>(1 + random.number(3));
  const std::string number = std::to_string(quantity);
  const std::string start = "{\"id\":" + Json(asked.order).dump();
  if (dice < 40) {
    asked.customer = "c";
    asked.lines = {{"shoe", sku == "shoe" ? 2 + quantity : 2}};
    if (sku != "shoe") asked.lines.emplace_back(sku, quantity);
    asked.fields = {{"order", start + R"(,"customer":"c","items":[{"sku":"shoe","quantity":1},{"sku":")" + sku +
                                  R"(","quantity":)" + number + R"(},{"sku":"shoe","quantity":1}],"x":1e999})"}};
  } else if (dice < 60) {
    asked.lines = {{sku, quantity}};
    asked.fields = {{"order", start + R"(,"sku":")" + sku + R"(","quantity":)" + number + "}"}};
  } else {
    asked.lines = {{sku, quantity}};
    asked.fields = {{"id", asked.order}, {"sku", sku}, {"quantity", number}, {"note", "n"}};
    if (random.chance(50)) asked.customer = "c-" + std::to_string(random.number(9));
    if (!asked.customer.empty()) asked.fields.insert(asked.fields.begin() + 1, {"customer", asked.customer});
  }
  sent.push_back(asked);
  return asked;
}

}  // namespace

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

std::size_t Books::request_of(std::size_t result) const {
  const std::string id = results.at(result).field("request");
  for (std::size_t i = 0; i < orders.size(); ++i) {
    if (orders[i].id == id) return i;
  }
  return orders.size();
}

Clerk::Clerk() {
  books.position = {{"id", "0-0"}, {"count", "0"}, {"result", ""}, {"base", "0"}};
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
  Fields fields = {{"order", asked.order}, {"request", request}, {"customer", asked.customer}};
  const std::string key = "orders:order:" + asked.order;
  const auto known = books.keys.find(key);
  std::string result;
  if (asked.lines.empty()) {
    fields.insert(fields.end(), {{"status", "rejected"}, {"reason", "malformed"}, {"detail", "it is wrong"}});
    result = add_result(fields);
    Fields letter = {{"request", request}, {"result", result}, {"detail", "it is wrong"}};
    letter.insert(letter.end(), asked.fields.begin(), asked.fields.end());
    books.dead.push_back({new_id(last_letter_), letter});
  } else if (known != books.keys.end() && known->second.size() < 17) {
    fields.insert(fields.end(), {{"status", "rejected"}, {"reason", "bad_record"}, {"detail", "it is foreign"}});
    result = add_result(fields);
  } else if (known != books.keys.end() && !known->second.starts_with(digest_of(asked))) {
    fields.insert(fields.end(), {{"status", "rejected"}, {"reason", "id_reused"}});
    result = add_result(fields);
  } else if (known != books.keys.end()) {
    fields.insert(fields.end(), {{"status", "duplicate"},
                                 {"outcome", known->second[16] == 'a' ? "accepted" : "rejected"},
                                 {"original", known->second.substr(17)}});
    result = add_result(fields);
  } else {
    bool accepted = false;
    decide(asked, fields, accepted);
    result = add_result(fields);
    books.keys[key] = digest_of(asked) + (accepted ? "a" : "r") + result;
  }
  books.position["id"] = request;
  books.position["count"] = std::to_string(++count_);
  books.position["result"] = result;
}

void Clerk::decide(const Asked& asked, Fields& fields, bool& accepted) {
  std::string reason;
  Json refused = Json::array();
  Json taken = Json::array();
  for (const auto& [sku, quantity] : asked.lines) {
    const auto key = books.keys.find(stock_key(sku));
    const bool number = key != books.keys.end() && is_number(key->second);
    const int64_t there = number ? std::stoll(key->second) : 0;
    const std::string why = key == books.keys.end() && sku != "list" ? "unknown_sku"
                            : !number                                ? "bad_stock"
                            : there < quantity                       ? "insufficient_stock"
                                                                     : "";
    if (reason.empty()) reason = why;
    refused.push_back({{"sku", sku}, {"quantity", quantity}, {"available", number ? Json(there) : Json()}});
    taken.push_back({{"sku", sku}, {"quantity", quantity}, {"remaining", there - quantity}});
  }
  accepted = reason.empty();
  fields.insert(fields.end(), {{"status", accepted ? "accepted" : "rejected"},
                               {"reason", reason},
                               {"lines", accepted ? taken.dump() : refused.dump()}});
  for (const Json& line : taken) {
    if (accepted) books.keys[stock_key(line["sku"])] = line["remaining"].dump();
  }
}

void Clerk::change_stock(const std::string& sku, const std::string& change, int64_t amount) {
  const auto key = books.keys.find(stock_key(sku));
  const bool number = key != books.keys.end() && is_number(key->second);
  const int64_t there = number ? std::stoll(key->second) : 0;
  const int64_t remaining = change == "set" ? amount : there + amount;
  Json line = {{"sku", sku}, {"before", nullptr}, {"quantity", nullptr}, {"remaining", remaining}};
  if (number) line["before"] = there;
  if (number || key == books.keys.end()) line["quantity"] = remaining - there;
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
    if (i == requests / 2) clerk.change_stock("shoe", "add", 50);
    if (i == requests / 2) clerk.discard_letter(0);
    if (i == requests / 2) clerk.discard_letter(clerk.books.dead.size() / 2);
    if (i == requests / 2) {
      clerk.requeue_letter(3, {{{"id", "again"}, {"sku", "sock"}, {"quantity", "1"}}, "again", "", {{"sock", 1}}});
    }
    if (i == requests / 2) clerk.change_stock("sock", "add", -3);
  }
  clerk.change_stock("bad", "set", 9);
  for (int i = 0; i < 5; ++i) clerk.push({{"id", "u-" + std::to_string(i)}, {"sku", "sock"}, {"quantity", "1"}});
  return clerk;
}

}  // namespace orderd::test
