// Helpers of the sabotages to choose and edit entries.
#include "audit/sabotage.h"

#include <doctest/doctest.h>

namespace orderd::test {

std::size_t pick(const Books& books, Random& random, const std::function<bool(const Entry&)>& good) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < books.results.size(); ++i) {
    if (good(books.results[i])) places.push_back(i);
  }
  REQUIRE_FALSE(places.empty());
  return places[random.number(places.size())];
}

bool has_status(const Entry& entry, const std::string& status) {
  return entry.field("status") == status;
}

bool has_reason(const Entry& entry, const std::string& reason) {
  return has_status(entry, "rejected") && entry.field("reason") == reason;
}

Json lines_of(const Entry& entry) {
  return Json::parse(entry.field("lines"));
}

void edit_line(Entry& entry, std::size_t line, const std::string& member, const Json& value) {
  Json lines = lines_of(entry);
  lines.at(line)[member] = value;
  put(entry, "lines", lines.dump());
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
