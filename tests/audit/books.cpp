// Reading and laying out; and the sale that makes true books.
#include "audit/books.h"

#include <doctest/doctest.h>
#include <signal.h>

#include "support/wait_for.h"

namespace orderd::test {
namespace {

using namespace std::chrono_literals;
constexpr auto kPatience = 60s;

void add_all(valkey::SyncClient& client, const std::string& stream, const std::vector<Entry>& all) {
  for (const Entry& entry : all) {
    Words words = {"XADD", stream, entry.id};
    for (const auto& [name, value] : entry.fields) {
      words.push_back(name);
      words.push_back(value);
    }
    client.append(command_of(words));
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto reply = client.read();
    REQUIRE(reply.ok());
    REQUIRE_MESSAGE(!(*reply)->is_error(), (*reply)->text());
  }
}

std::string name_of(Random& random, std::size_t pushed) {
  static constexpr const char* kOdd[] = {"é", "鞋-", "a b ", "q\\\"", "\\"};
  return (random.chance(10) ? std::string(kOdd[random.number(std::size(kOdd))]) : "") + "o-" + std::to_string(pushed);
}

std::string quoted(const std::string& text) {
  return Json(text).dump();
}

// A request that may be anything a producer sends.
Fields request(Random& random, std::size_t& pushed, std::vector<Fields>& sent) {
  static constexpr const char* kSkus[] = {"shoe", "sock", "hat", "few", "nope", "bad", "list", "späte"};
  static const std::vector<Fields> kMalformed = {
      {{"id", "m-1"}, {"sku", "shoe"}, {"quantity", "-1"}},
      {{"id", "m-2"}, {"customer", "c"}, {"sku", "sh oe"}, {"quantity", "1"}},
      {{"order", "{"}},
      {{"order", R"({"id":"m-3","sku":"shoe","quantity":1.0})"}},
      {{"order", R"({"id":"m-4","customer":"","sku":"shoe","quantity":1})"}},
      {{"order", R"({"id":"m-5","id":"m-5","sku":"shoe","quantity":1})"}},
      {{"order", R"({"id":"m-6","sku":"shoe","quantity":1})"}, {"id", "m-6"}},
      {{"order", R"({"id":"m-7","customer":"c","items":[]})"}},
      {{"request", "1-1"}, {"result", "1-1"}, {"detail", "x"}},
      {{"id", std::string("\xff\xfe")}, {"sku", "shoe"}, {"quantity", "1"}},
  };
  const std::size_t dice = random.number(100);
  if (dice < 8 && !sent.empty()) return sent[random.number(sent.size())];
  if (dice < 12 && !sent.empty()) {
    Fields other = sent[random.number(sent.size())];
    const Fields renamed = {{"id", other.front().second}, {"sku", "shoe"}, {"quantity", "7"}};
    return other.front().first == "id" ? renamed : other;
  }
  if (dice < 20) return kMalformed[random.number(kMalformed.size())];
  const std::string id = name_of(random, pushed++);
  const std::string sku = kSkus[random.number(std::size(kSkus))];
  const std::string quantity = std::to_string(1 + random.number(3));
  Fields fields;
  if (dice < 40) {
    fields = {{"order", "{\"id\":" + quoted(id) + R"(,"customer":"c","items":[{"sku":"shoe","quantity":1},{"sku":")" +
                            sku + "\",\"quantity\":" + quantity + R"(},{"sku":"shoe","quantity":1}],"x":1e999})"}};
  } else if (dice < 60) {
    fields = {{"order", "{\"id\":" + quoted(id) + ",\"sku\":\"" + sku + "\",\"quantity\":" + quantity + "}"}};
  } else {
    fields = {{"id", id}, {"sku", sku}, {"quantity", quantity}, {"note", "n"}};
    if (random.chance(50)) fields.insert(fields.begin() + 1, {"customer", "c-" + std::to_string(random.number(9))});
  }
  sent.push_back(fields);
  return fields;
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

Books Books::read(valkey::SyncClient& client) {
  Books books;
  books.orders = entries(client, "orders");
  books.results = entries(client, "results");
  books.dead = entries(client, "orders:dead");
  books.pending = pending_ids(client, "orders", "orderd");
  const auto groups = send(client, command_of({"XINFO", "GROUPS", "orders"}));
  const valkey::Reply group = groups->at(0);
  for (std::size_t i = 0; i + 1 < group.size(); i += 2) {
    if (group.at(i).text() == "last-delivered-id") books.delivered = group.at(i + 1).text();
  }
  const auto keys = send(client, command_of({"KEYS", "*"}));
  for (std::size_t i = 0; i < keys->size(); ++i) {
    const std::string key(keys->at(i).text());
    if (ask(client, {"TYPE", key}) == "string") books.keys[key] = ask(client, {"GET", key});
  }
  return books;
}

void Books::lay_out(valkey::SyncClient& client) const {
  ask(client, {"FLUSHALL"});
  add_all(client, "orders", orders);
  add_all(client, "results", results);
  add_all(client, "orders:dead", dead);
  for (const auto& [key, value] : keys) set(client, key, value);
  ask(client, {"RPUSH", "product:list:stock", "x"});
  ask(client, {"XGROUP", "CREATE", "orders", "orderd", delivered});
  for (const std::string& id : pending) {
    (void)send(client, command_of({"XCLAIM", "orders", "orderd", "ghost", "0", id, "FORCE", "JUSTID"}));
  }
}

std::size_t Books::request_of(std::size_t result) const {
  const std::string id = results.at(result).field("request");
  for (std::size_t i = 0; i < orders.size(); ++i) {
    if (orders[i].id == id) return i;
  }
  return orders.size();
}

void hold_sale(Desk& desk, Random& random, std::size_t requests) {
  valkey::SyncClient& admin = desk.admin();
  std::size_t pushed = 0;
  std::vector<Fields> sent;
  // Lost: delivered to a consumer that is dead, and deleted.
  ask(admin, {"XGROUP", "CREATE", "orders", "orderd", "0", "MKSTREAM"});
  for (int i = 0; i < 3; ++i) xadd(admin, "orders", {{"id", "lost"}, {"sku", "shoe"}, {"quantity", "1"}});
  for (const Entry& entry : read_group(admin, "orders", "orderd", "ghost")) ask(admin, {"XDEL", "orders", entry.id});
  REQUIRE(desk.run({"stock", "set", "shoe", "200"}).status == 0);
  set(admin, "product:sock:stock", "100000");
  set(admin, "product:späte:stock", "1000");
  set(admin, "product:few:stock", "2");
  set(admin, "product:bad:stock", "foo");
  ask(admin, {"RPUSH", "product:list:stock", "x"});
  const Words settings = {"--processing.claim_idle", "200ms"};
  const auto consumer = [&](const std::string& name) {
    Words words = settings;
    words.insert(words.end(), {"--streams.consumer", name});
    return words;
  };
  Process one = desk.start_orderd(consumer("one"));
  Process two = desk.start_orderd(consumer("two"));
  for (std::size_t i = 0; i < requests; ++i) {
    xadd(admin, "orders", request(random, pushed, sent));
    if (i == requests / 3) CHECK(desk.run({"stock", "set", "hat", "40"}).status == 0);
    if (i == requests / 2) CHECK(desk.run({"stock", "add", "shoe", "50"}).status == 0);
    if (i == requests / 2) CHECK(desk.run({"stock", "add", "sock", "-3"}).status == 0);
    if (i == requests * 2 / 3) two.signal(SIGKILL);
  }
  // Without its last entries `bad` becomes good: set replaces what was no number.
  CHECK(desk.run({"stock", "set", "bad", "9"}).status == 0);
  const auto changes = [&] {
    std::size_t count = 0;
    for (const Entry& entry : entries(admin, "results")) count += entry.field("status") == "stock" ? 1 : 0;
    return count;
  };
  wait_for([&] { return length(admin, "results") == requests + 3 + changes(); }, kPatience,
           "a result for each request");
  wait_for([&] { return pending_count(admin, "orders", "orderd") == 0; }, kPatience, "nothing pending");
  one.signal(SIGTERM);
  CHECK(one.wait() == 0);
  for (int i = 0; i < 3; ++i) {
    xadd(admin, "orders", {{"id", "p-" + std::to_string(i)}, {"sku", "sock"}, {"quantity", "1"}});
  }
  CHECK(read_group(admin, "orders", "orderd", "ghost").size() == 3);
  for (int i = 0; i < 2; ++i) {
    xadd(admin, "orders", {{"id", "u-" + std::to_string(i)}, {"sku", "sock"}, {"quantity", "1"}});
  }
}

}  // namespace orderd::test
