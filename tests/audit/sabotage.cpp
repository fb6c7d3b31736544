// Helpers of the sabotages to choose and edit entries.
#include "audit/sabotage.h"

#include <doctest/doctest.h>

namespace orderd::test {

bool accepted(const Entry& entry) {
  return entry.field("status") == "accepted";
}
bool refused(const Entry& entry) {
  return has_reason(entry, "insufficient_stock");
}
bool malformed(const Entry& entry) {
  return has_reason(entry, "malformed");
}
bool duplicate(const Entry& entry) {
  return entry.field("status") == "duplicate";
}
bool lettered(const Entry& entry) {
  return entry.field("status") == "letter";
}
bool stock_change(const Entry& entry) {
  return entry.field("status") == "stock" && !lines_of(entry)[0]["before"].is_null();
}
bool answer(const Entry& entry) {
  return entry.has("request");
}
bool has_reason(const Entry& entry, const std::string& reason) {
  return entry.field("status") == "rejected" && entry.field("reason") == reason;
}

std::size_t pick(const Books& books, Random& random, const Which& which) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < books.results.size(); ++i) {
    if (which(books.results[i])) places.push_back(i);
  }
  REQUIRE_FALSE(places.empty());
  return places[random.number(places.size())];
}

Falsify edit(const Which& which, const std::function<void(Entry&)>& change) {
  return [=](Books& books, Random& random) { change(books.results[pick(books, random, which)]); };
}

Falsify rewrite(const Which& which, const Fields& fields, const Words& removed) {
  return edit(which, [=](Entry& victim) { rewrite(victim, fields, removed); });
}

Falsify set_member(const Which& which, const std::string& member, const Json& value) {
  return edit(which, [=](Entry& victim) { edit_line(victim, 0, member, value); });
}

Falsify add_to_member(const Which& which, const std::string& member, int64_t by) {
  return edit(which,
              [=](Entry& victim) { edit_line(victim, 0, member, lines_of(victim)[0][member].get<int64_t>() + by); });
}

void rewrite(Entry& entry, const Fields& fields, const Words& removed) {
  for (const std::string& name : removed) take_out(entry, name);
  for (const auto& [name, value] : fields) put(entry, name, value);
}

Json lines_of(const Entry& entry) {
  return Json::parse(entry.field("lines"));
}

void edit_line(Entry& entry, std::size_t line, const std::string& member, const Json& value) {
  Json lines = lines_of(entry);
  lines.at(line)[member] = value;
  put(entry, "lines", lines.dump());
}

void drop(std::vector<Entry>& entries, std::size_t place) {
  entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(place));
}

void append(std::vector<Entry>& entries, Entry entry) {
  entry.id = id_behind(entries);
  entries.push_back(std::move(entry));
}

int64_t stock_before(const Books& books, std::size_t place, const std::string& sku) {
  for (std::size_t i = place; i-- > 0;) {
    if (!books.results[i].has("lines")) continue;
    for (const Json& line : lines_of(books.results[i])) {
      if (line["sku"] != sku) continue;
      const Json& left = line.contains("remaining") ? line["remaining"] : line["available"];
      if (left.is_number()) return left.get<int64_t>();
    }
  }
  return 0;
}

std::string id_after(const std::string& id) {
  const std::size_t dash = id.find('-');
  return id.substr(0, dash + 1) + std::to_string(std::stoull(id.substr(dash + 1)) + 7777);
}

std::string id_behind(const std::vector<Entry>& entries, uint64_t by) {
  const std::string& last = entries.back().id;
  return std::to_string(std::stoull(last.substr(0, last.find('-'))) + by) + "-0";
}

}  // namespace orderd::test
