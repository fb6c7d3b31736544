// Requests, the position, dead letters, keys.
#include <algorithm>

#include "audit/sabotage.h"

namespace orderd::test {
namespace {

bool malformed(const Entry& entry) {
  return has_reason(entry, "malformed");
}
bool lettered(const Entry& entry) {
  return has_status(entry, "letter");
}
bool accepted(const Entry& entry) {
  return has_status(entry, "accepted");
}

// A result for a request that does not exist.
void add_result(Books& books, const std::string& order, const std::string& request) {
  const int64_t left = stock_before(books, books.results.size(), "sock") - 1;
  books.results.push_back({id_behind(books.results),
                           {{"order", order},
                            {"request", request},
                            {"status", "accepted"},
                            {"lines", R"([{"sku":"sock","quantity":1,"remaining":)" + std::to_string(left) + "}]"}}});
  books.keys["product:sock:stock"] = std::to_string(left);
}

// An unused ID in the middle of the orders stream.
std::string id_between(const Books& books, Random& random) {
  return id_after(books.orders[random.number(books.orders.size() / 2)].id);
}

// Adds a request that must have been settled, but has no result.
void pass_over(Books& books, Random& random) {
  std::size_t place = 1 + random.number(books.orders.size() / 2);
  const auto ms = [&](std::size_t at) { return books.orders[at].id.substr(0, books.orders[at].id.find('-')); };
  while (ms(place) == ms(place - 1)) ++place;
  const Entry entry{id_after(books.orders[place - 1].id), {{"id", "new"}, {"sku", "sock"}, {"quantity", "1"}}};
  books.orders.insert(books.orders.begin() + static_cast<std::ptrdiff_t>(place), entry);
}

std::vector<Sabotage> positions() {
  return {
      {"the position moved forward", "position_differs",
       [](Books& books, Random&) { books.position["id"] = books.orders.back().id; }},
      {"the position moved back", "position_differs",
       [](Books& books, Random& random) {
         books.position["id"] = books.orders[random.number(books.orders.size() / 2)].id;
       }},
      {"the position moved beyond the stream", "position_differs",
       [](Books& books, Random&) { books.position["id"] = id_behind(books.orders, 1000); }},
      {"the position set to the beginning", "position_differs",
       [](Books& books, Random&) { books.position["id"] = "0-0"; }},
      {"a count that is too small", "position_differs", [](Books& books, Random&) { books.position["count"] = "7"; }},
      {"a count that is too large", "position_differs",
       [](Books& books, Random&) { books.position["count"] = "1000000"; }},
      {"a position that names another result", "position_differs",
       [](Books& books, Random& random) {
         books.position["result"] = books.results[random.number(books.results.size() / 2)].id;
       }},
      {"a position that is not an ID", "position_differs",
       [](Books& books, Random&) { books.position["id"] = "yesterday"; }},
      {"a position that is not a hash", "position_differs",
       [](Books& books, Random&) {
         books.position.clear();
         books.keys["orders:position"] = "1-0";
       }},
      {"a floor that hides results", "position_differs",
       [](Books& books, Random&) { books.position["floor"] = books.results[books.results.size() / 2].id; }},
      {"the next request settled without the position", "position_differs",
       [](Books& books, Random&) { add_result(books, "u-0", books.orders[books.orders.size() - 5].id); }},
  };
}

std::vector<Sabotage> requests() {
  return {
      {"a request passed over", "missing_result", pass_over},
      {"waiting requests passed over by the position", "missing_result",
       [](Books& books, Random&) { books.position["id"] = books.orders[books.orders.size() - 2].id; }},
      {"waiting requests passed over by a result", "missing_result",
       [](Books& books, Random&) { add_result(books, "u-4", books.orders.back().id); }},
      {"a result for a request with a future ID", "invented_request",
       [](Books& books, Random&) { add_result(books, "new", id_behind(books.orders, 1000)); }},
      {"a result for a request that never existed", "invented_request",
       [](Books& books, Random& random) { add_result(books, "new", id_between(books, random)); }},
      {"a request dropped from the middle", "invented_request",
       [](Books& books, Random& random) {
         const std::string first = books.orders.front().id;
         const std::size_t place = books.request_of(pick(
             books, random, [&](const Entry& entry) { return accepted(entry) && entry.field("request") != first; }));
         books.orders.erase(books.orders.begin() + static_cast<std::ptrdiff_t>(place));
       }},
      {"a request edited", "content_differs",
       [](Books& books, Random& random) {
         const std::size_t result = pick(books, random, accepted);
         books.orders[books.request_of(result)].fields = {
             {"id", books.results[result].field("order")}, {"sku", "other"}, {"quantity", "1"}};
       }},
      {"a well-formed request reported as malformed", "malformed_differs",
       [](Books& books, Random& random) {
         Entry& victim = books.results[pick(books, random, accepted)];
         take_out(victim, "lines");
         put(victim, "status", "rejected");
         put(victim, "reason", "malformed");
         put(victim, "detail", "no");
         books.dead.push_back({id_behind(books.results, 5),
                               {{"request", victim.field("request")}, {"result", victim.id}, {"detail", "no"}}});
       }},
      {"a malformed request accepted", "malformed_differs",
       [](Books& books, Random& random) {
         Entry& victim = books.results[pick(books, random, malformed)];
         std::erase_if(books.dead, [&](const Entry& letter) { return letter.field("result") == victim.id; });
         for (const char* name : {"reason", "detail"}) take_out(victim, name);
         put(victim, "order", "m");
         put(victim, "status", "accepted");
         put(victim, "lines", R"([{"sku":"new","quantity":1,"remaining":5}])");
         books.keys["product:new:stock"] = "5";
       }},
  };
}

std::vector<Sabotage> letters_and_keys() {
  return {
      {"a dead letter dropped", "dead_letter_missing",
       [](Books& books, Random& random) {
         books.dead.erase(books.dead.begin() + static_cast<std::ptrdiff_t>(random.number(books.dead.size())));
       }},
      {"a dead letter of a well-formed request", "dead_letter_forged",
       [](Books& books, Random& random) {
         const Entry& victim = books.results[pick(books, random, accepted)];
         books.dead.push_back(
             {id_behind(books.dead), {{"request", victim.field("request")}, {"result", victim.id}, {"detail", "no"}}});
       }},
      {"a dead letter twice", "dead_letter_forged",
       [](Books& books, Random& random) {
         Entry copy = books.dead[random.number(books.dead.size())];
         copy.id = id_behind(books.dead);
         books.dead.push_back(copy);
       }},
      {"a dead letter with another detail", "dead_letter_forged",
       [](Books& books, Random& random) { put(books.dead[random.number(books.dead.size())], "detail", "no"); }},
      {"a dead letter that names no result", "dead_letter_forged",
       [](Books& books, Random& random) { put(books.dead[random.number(books.dead.size())], "result", "x"); }},
      {"the entry about a discarded letter dropped", "dead_letter_missing",
       [](Books& books, Random& random) {
         books.results.erase(books.results.begin() + static_cast<std::ptrdiff_t>(pick(books, random, lettered)));
       }},
      {"a letter requeued twice", "dead_letter_forged",
       [](Books& books, Random& random) {
         Entry copy = books.results[pick(books, random, lettered)];
         copy.id = id_behind(books.results);
         books.results.push_back(copy);
       }},
      {"a letter requeued and still there", "dead_letter_forged",
       [](Books& books, Random& random) {
         const Entry& letter = books.dead[random.number(books.dead.size())];
         books.results.push_back({id_behind(books.results),
                                  {{"status", "letter"},
                                   {"change", "requeue"},
                                   {"letter", letter.id},
                                   {"result", letter.field("result")},
                                   {"pushed", books.orders.back().id}}});
       }},
      {"a letter of a well-formed request discarded", "dead_letter_forged",
       [](Books& books, Random& random) {
         const std::string result = books.results[pick(books, random, accepted)].id;
         put(books.results[pick(books, random, lettered)], "result", result);
       }},
      {"the detail of a malformed result edited", "dead_letter_forged",
       [](Books& books, Random& random) {
         // One whose letter still exists: the content of a requeued or discarded letter is unknown.
         const auto kept = [&](const Entry& result) {
           return malformed(result) && std::any_of(books.dead.begin(), books.dead.end(), [&](const Entry& letter) {
                    return letter.field("result") == result.id;
                  });
         };
         put(books.results[pick(books, random, kept)], "detail", "no");
       }},
      {"stock added by hand", "stock_key_differs",
       [](Books& books, Random&) {
         std::string& stock = books.keys["product:shoe:stock"];
         stock = std::to_string(std::stoll(stock) + 1);
       }},
      {"a stock key below zero", "stock_key_differs",
       [](Books& books, Random&) { books.keys["product:few:stock"] = "-1"; }},
      {"a stock key that is not a number", "stock_key_differs",
       [](Books& books, Random&) { books.keys["product:sock:stock"] = "many"; }},
      {"a stock key deleted", "stock_key_differs",
       [](Books& books, Random&) { books.keys.erase("product:sock:stock"); }},
      {"a stock key without an entry", "stock_key_differs",
       [](Books& books, Random&) { books.keys["product:nope:stock"] = "5"; }},
      {"a record of another result", "record_differs",
       [](Books& books, Random& random) {
         const Entry& victim = books.results[pick(books, random, accepted)];
         books.keys["orders:order:" + victim.field("order")] = "0123456789abcdefa1-1";
       }},
      {"a record of another outcome", "record_differs",
       [](Books& books, Random& random) {
         const Entry& victim = books.results[pick(books, random, accepted)];
         books.keys["orders:order:" + victim.field("order")] = "0123456789abcdefr" + victim.id;
       }},
      {"a foreign record", "record_differs",
       [](Books& books, Random& random) {
         books.keys["orders:order:" + books.results[pick(books, random, accepted)].field("order")] = "paid";
       }},
      {"a record with extra content", "record_differs",
       [](Books& books, Random& random) {
         const Entry& victim = books.results[pick(books, random, accepted)];
         books.keys["orders:order:" + victim.field("order")] += " " + victim.field("request");
       }},
  };
}

}  // namespace

std::vector<Sabotage> other_sabotages() {
  std::vector<Sabotage> all = requests();
  for (auto& each : positions()) all.push_back(std::move(each));
  for (auto& each : letters_and_keys()) all.push_back(std::move(each));
  return all;
}

}  // namespace orderd::test
