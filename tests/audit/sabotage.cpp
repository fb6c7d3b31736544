// Helpers of the sabotages to choose and edit entries.
#include "audit/sabotage.h"

#include <doctest/doctest.h>

namespace orderd::test {

Which with_status(const std::string& status) {
  return [=](const Entry& entry) { return entry.field("status") == status; };
}

Which with_reason(const std::string& reason) {
  return [=](const Entry& entry) { return entry.field("status") == "rejected" && entry.field("reason") == reason; };
}

const Which accepted = with_status("accepted"), duplicate = with_status("duplicate"), lettered = with_status("letter");
const Which refused = with_reason("insufficient_stock"), malformed = with_reason("malformed");
const Which answer = [](const Entry& entry) { return entry.has("request"); };
const Which stock_change = [](const Entry& entry) {
  return entry.field("status") == "stock" && !lines_of(entry)[0]["before"].is_null();
};

Entry& pick(Books& books, Random& random, const Which& which) {
  std::vector<Entry*> found;
  for (Entry& entry : books.results) {
    if (which(entry)) found.push_back(&entry);
  }
  REQUIRE_FALSE(found.empty());
  return *found[random.number(found.size())];
}

Falsify edit(const Which& which, const std::function<void(Entry&, const Books&)>& change) {
  return [=](Books& books, Random& random) { change(pick(books, random, which), books); };
}

Falsify rewrite(const Which& which, const Fields& fields, const Words& removed) {
  return edit(which, [=](Entry& victim, const Books&) { rewrite(victim, fields, removed); });
}

Falsify set_member(const Which& which, const std::string& member, const Json& value) {
  return edit(which, [=](Entry& victim, const Books&) { edit_line(victim, 0, member, value); });
}

Falsify add_to_member(const Which& which, const std::string& member, int64_t by) {
  return edit(which, [=](Entry& victim, const Books&) {
    edit_line(victim, 0, member, lines_of(victim)[0][member].get<int64_t>() + by);
  });
}

Falsify drop(const Which& which) {
  return [=](Books& books, Random& random) { drop(books.results, pick(books, random, which)); };
}

Falsify repeat(const Which& which) {
  return [=](Books& books, Random& random) { append(books.results, pick(books, random, which)); };
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

void drop(std::vector<Entry>& entries, const Entry& entry) {
  entries.erase(entries.begin() + (&entry - entries.data()));
}

void append(std::vector<Entry>& entries, Entry entry) {
  entry.id = id_behind(entries);
  entries.push_back(std::move(entry));
}

std::string id_after(const std::string& id) {
  const std::size_t dash = id.find('-');
  return id.substr(0, dash + 1) + std::to_string(std::stoull(id.substr(dash + 1)) + 7777);
}

std::string id_behind(const std::vector<Entry>& entries, uint64_t by) {
  return std::to_string(std::stoull(entries.back().id) + by) + "-0";
}

}  // namespace orderd::test
