// Requests, the position, dead letters, keys.
#include <algorithm>

#include "audit/sabotage.h"

namespace orderd::test {
namespace {

// A result for a request that does not exist.
void add_result(Books& books, const std::string& order, const std::string& request) {
  std::string& key = books.keys["product:sock:stock"];
  key = std::to_string(std::stoll(key) - 1);
  append(books.results, {"",
                         {{"order", order},
                          {"request", request},
                          {"status", "accepted"},
                          {"lines", R"([{"sku":"sock","quantity":1,"remaining":)" + key + "}]"}}});
}

// An entry of the first half.
const Entry& early(const std::vector<Entry>& entries, Random& random) {
  return entries[random.number(entries.size() / 2)];
}

// Adds a request that must have been settled, but has no result.
void pass_over(Books& books, Random& random) {
  std::size_t place = 1 + random.number(books.orders.size() / 2);
  while (std::stoull(books.orders[place].id) == std::stoull(books.orders[place - 1].id)) ++place;
  const Entry entry{id_after(books.orders[place - 1].id), {{"id", "new"}, {"sku", "sock"}, {"quantity", "1"}}};
  books.orders.insert(books.orders.begin() + static_cast<std::ptrdiff_t>(place), entry);
}

void drop_request(Books& books, Random& random) {
  const std::string first = books.orders.front().id;
  const auto later = [&](const Entry& entry) { return accepted(entry) && entry.field("request") != first; };
  drop(books.orders, books.request_of(pick(books, random, later)));
}

void edit_request(Books& books, Random& random) {
  const Entry& result = pick(books, random, accepted);
  books.request_of(result).fields = {{"id", result.field("order")}, {"sku", "other"}, {"quantity", "1"}};
}

void report_as_malformed(Books& books, Random& random) {
  Entry& victim = pick(books, random, accepted);
  rewrite(victim, {{"status", "rejected"}, {"reason", "malformed"}, {"detail", "no"}}, {"lines"});
  books.dead.push_back(
      {id_behind(books.results, 5), {{"request", victim.field("request")}, {"result", victim.id}, {"detail", "no"}}});
}

void accept_malformed(Books& books, Random& random) {
  Entry& victim = pick(books, random, malformed);
  std::erase_if(books.dead, [&](const Entry& letter) { return letter.field("result") == victim.id; });
  rewrite(victim, {{"order", "m"}, {"status", "accepted"}, {"lines", R"([{"sku":"new","quantity":1,"remaining":5}])"}},
          {"reason", "detail"});
  books.keys["product:new:stock"] = "5";
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
       [](Books& books, Random& random) { add_result(books, "new", id_after(early(books.orders, random).id)); }},
      {"a request dropped from the middle", "invented_request", drop_request},
      {"a request edited", "content_differs", edit_request},
      {"a well-formed request reported as malformed", "malformed_differs", report_as_malformed},
      {"a malformed request accepted", "malformed_differs", accept_malformed},
  };
}

// Sets a field of the position.
Falsify position(const std::string& field, const std::string& value) {
  return [=](Books& books, Random&) { books.position[field] = value; };
}

void write_string(Books& books, Random& /*random*/) {
  books.position.clear();
  books.keys["orders:position"] = "1-0";
}

std::vector<Sabotage> positions() {
  const std::string check = "position_differs";
  return {
      {"the position moved forward", check,
       [](Books& books, Random&) { books.position["id"] = books.orders.back().id; }},
      {"the position moved beyond the stream", check,
       [](Books& books, Random&) { books.position["id"] = id_behind(books.orders, 1000); }},
      {"a count that is too small", check, position("count", "7")},
      {"a count that is too large", check, position("count", "1000000")},
      {"a position that names another result", check,
       [](Books& books, Random& random) { books.position["result"] = early(books.results, random).id; }},
      {"a position that is not an ID", check, position("id", "yesterday")},
      {"a position that is not a hash", check, write_string},
      {"a floor that hides results", check,
       [](Books& books, Random&) { books.position["floor"] = books.results[books.results.size() / 2].id; }},
      {"the next request settled without the position", check,
       [](Books& books, Random&) { add_result(books, "u-0", books.orders[books.orders.size() - 5].id); }},
  };
}

// A random dead letter.
Entry& any_letter(Books& books, Random& random) {
  return books.dead[random.number(books.dead.size())];
}

void requeue_and_keep(Books& books, Random& random) {
  const Entry& letter = any_letter(books, random);
  append(books.results, {"",
                         {{"status", "letter"},
                          {"change", "requeue"},
                          {"letter", letter.id},
                          {"result", letter.field("result")},
                          {"pushed", books.orders.back().id}}});
}

void write_letter(Books& books, Random& random) {
  const Entry& victim = pick(books, random, accepted);
  append(books.dead, {"", {{"request", victim.field("request")}, {"result", victim.id}, {"detail", "no"}}});
}

// One whose letter still exists: the content of a requeued or discarded letter is unknown.
void edit_detail(Books& books, Random& random) {
  const auto kept = [&](const Entry& result) {
    return malformed(result) && std::any_of(books.dead.begin(), books.dead.end(),
                                            [&](const Entry& letter) { return letter.field("result") == result.id; });
  };
  put(pick(books, random, kept), "detail", "no");
}

std::vector<Sabotage> letters() {
  const std::string missing = "dead_letter_missing", forged = "dead_letter_forged";
  return {
      {"a dead letter dropped", missing,
       [](Books& books, Random& random) { drop(books.dead, any_letter(books, random)); }},
      {"a dead letter of a well-formed request", forged, write_letter},
      {"a dead letter twice", forged,
       [](Books& books, Random& random) { append(books.dead, any_letter(books, random)); }},
      {"a dead letter with another detail", forged,
       [](Books& books, Random& random) { put(any_letter(books, random), "detail", "no"); }},
      {"a dead letter with another value", forged,
       [](Books& books, Random& random) { any_letter(books, random).fields.back().second += "0"; }},
      {"a dead letter without its last field", forged,
       [](Books& books, Random& random) { any_letter(books, random).fields.pop_back(); }},
      {"a dead letter that names no result", forged,
       [](Books& books, Random& random) { put(any_letter(books, random), "result", "x"); }},
      {"the entry about a discarded letter dropped", missing, drop(lettered)},
      {"a letter requeued twice", forged, repeat(lettered)},
      {"a letter requeued and still there", forged, requeue_and_keep},
      {"a letter of a well-formed request discarded", forged,
       [](Books& books, Random& random) {
         put(pick(books, random, lettered), "result", pick(books, random, accepted).id);
       }},
      {"the detail of a malformed result edited", forged, edit_detail},
  };
}

// Writes a stock key.
Falsify stock(const std::string& sku, const std::string& value) {
  return [=](Books& books, Random&) { books.keys["product:" + sku + ":stock"] = value; };
}

// Writes the record of an accepted order: `value` with its result's ID for % and what the record was for &.
Falsify record(const std::string& value) {
  return [=](Books& books, Random& random) {
    const Entry& victim = pick(books, random, accepted);
    std::string& record = books.keys["orders:order:" + victim.field("order")];
    std::string written;
    for (const char c : value) written += c == '%' ? victim.id : c == '&' ? record : std::string(1, c);
    record = written;
  };
}

std::vector<Sabotage> keys() {
  return {
      {"stock added by hand", "stock_key_differs",
       [](Books& books, Random&) { books.keys["product:shoe:stock"] += "0"; }},
      {"a stock key below zero", "stock_key_differs", stock("few", "-1")},
      {"a stock key deleted", "stock_key_differs",
       [](Books& books, Random&) { books.keys.erase("product:sock:stock"); }},
      {"a stock key without an entry", "stock_key_differs", stock("nope", "5")},
      {"a record of another result", "record_differs", record("0123456789abcdefa1-1")},
      {"a record of another outcome", "record_differs", record("0123456789abcdefr%")},
      {"a foreign record", "record_differs", record("paid")},
      {"a record with extra content", "record_differs", record("& 1-1 x")},
  };
}

}  // namespace

std::vector<Sabotage> other_sabotages() {
  std::vector<Sabotage> all = requests();
  for (const auto& theme : {positions(), letters(), keys()}) all.insert(all.end(), theme.begin(), theme.end());
  return all;
}

}  // namespace orderd::test
