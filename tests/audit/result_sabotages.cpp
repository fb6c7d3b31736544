// Results that are missing, repeated, out of order, or changed.
#include "audit/sabotage.h"

namespace orderd::test {
namespace {

bool accepted(const Entry& entry) {
  return has_status(entry, "accepted");
}
bool accepted_shoes(const Entry& entry) {
  return accepted(entry) && lines_of(entry)[0]["sku"] == "shoe";
}
bool refused(const Entry& entry) {
  return has_reason(entry, "insufficient_stock");
}
bool duplicate(const Entry& entry) {
  return has_status(entry, "duplicate");
}
bool stock_change(const Entry& entry) {
  return has_status(entry, "stock") && !lines_of(entry)[0]["before"].is_null();
}
bool lettered(const Entry& entry) {
  return has_status(entry, "letter");
}
std::ptrdiff_t at(std::size_t place) {
  return static_cast<std::ptrdiff_t>(place);
}

void drop(Books& books, std::size_t place) {
  books.results.erase(books.results.begin() + at(place));
}

// Two adjacent results without a common SKU: everything except their order is right.
void swap_requests(Books& books, Random& random) {
  const auto apart = [&](std::size_t place) {
    if (place + 1 == books.results.size()) return false;
    const Entry& one = books.results[place];
    const Entry& two = books.results[place + 1];
    return accepted(one) && accepted(two) && lines_of(one).size() == 1 && lines_of(two).size() == 1 &&
           lines_of(one)[0]["sku"] != lines_of(two)[0]["sku"];
  };
  const std::size_t place = pick(books, random, [&](const Entry& entry) {
    return apart(static_cast<std::size_t>(&entry - books.results.data()));
  });
  std::swap(books.results[place].fields, books.results[place + 1].fields);
}

void deduct_twice(Books& books, Random& random) {
  const std::size_t place = pick(books, random, accepted_shoes);
  const auto quantity = lines_of(books.results[place])[0]["quantity"].get<int64_t>();
  // All later entries, and the key, agree with the theft.
  for (std::size_t i = place; i < books.results.size(); ++i) {
    if (!books.results[i].has("lines")) continue;
    Json lines = lines_of(books.results[i]);
    for (Json& line : lines) {
      for (const char* member : {"remaining", "available", "before"}) {
        if (line["sku"] == "shoe" && line.contains(member) && line[member].is_number() &&
            (i > place || member[0] == 'r')) {
          line[member] = line[member].get<int64_t>() - quantity;
        }
      }
    }
    put(books.results[i], "lines", lines.dump());
  }
  books.keys["product:shoe:stock"] = std::to_string(std::stoll(books.keys["product:shoe:stock"]) - quantity);
}

void accept_twice(Books& books, Random& random) {
  Entry& victim = books.results[pick(
      books, random, [](const Entry& entry) { return duplicate(entry) && entry.field("outcome") == "accepted"; })];
  const std::string original = victim.field("original");
  for (const Entry& entry : books.results) {
    if (entry.id == original) put(victim, "lines", entry.field("lines"));
  }
  take_out(victim, "outcome");
  take_out(victim, "original");
  put(victim, "status", "accepted");
}

void accepted_becomes_refused(Books& books, Random& random) {
  Entry& victim = books.results[pick(books, random, accepted)];
  Json lines = lines_of(victim);
  for (Json& line : lines) {
    line["available"] = line["remaining"].get<int64_t>() + line["quantity"].get<int64_t>();
    line.erase("remaining");
  }
  put(victim, "status", "rejected");
  put(victim, "reason", "insufficient_stock");
  put(victim, "lines", lines.dump());
}

void refused_becomes_accepted(Books& books, Random& random) {
  Entry& victim = books.results[pick(books, random, refused)];
  Json lines = lines_of(victim);
  for (Json& line : lines) {
    const int64_t there = line["available"].is_number() ? line["available"].get<int64_t>() : 0;
    line["remaining"] = there - line["quantity"].get<int64_t>();
    line.erase("available");
  }
  put(victim, "status", "accepted");
  take_out(victim, "reason");
  put(victim, "lines", lines.dump());
}

void forge_fields(Entry& victim, const std::string& status, const std::string& original, const std::string& outcome) {
  for (const char* name : {"lines", "reason", "detail"}) take_out(victim, name);
  put(victim, "status", status);
  put(victim, "original", original);
  put(victim, "outcome", outcome);
}

std::vector<Sabotage> duplicates() {
  return {
      {"a duplicate whose original never existed", "duplicate_unjustified",
       [](Books& books, Random& random) {
         Entry& victim = books.results[pick(books, random, duplicate)];
         put(victim, "original", id_after(victim.field("original")));
       }},
      {"a duplicate of another order", "duplicate_unjustified",
       [](Books& books, Random& random) {
         const std::size_t place = pick(books, random, duplicate);
         const std::string right = books.results[place].field("original");
         const std::size_t other =
             pick(books, random, [&](const Entry& entry) { return accepted(entry) && entry.id != right; });
         put(books.results[place], "original", books.results[other].id);
       }},
      {"a duplicate of itself", "duplicate_unjustified",
       [](Books& books, Random& random) {
         Entry& victim = books.results[pick(books, random, duplicate)];
         put(victim, "original", victim.id);
       }},
      {"a duplicate of a later result", "duplicate_unjustified",
       [](Books& books, Random& random) {
         put(books.results[pick(books, random, duplicate)], "original", books.results.back().id);
       }},
      {"a duplicate with the wrong outcome", "duplicate_unjustified",
       [](Books& books, Random& random) {
         Entry& victim = books.results[pick(books, random, duplicate)];
         put(victim, "outcome", victim.field("outcome") == "accepted" ? "rejected" : "accepted");
       }},
      {"id_reused becomes duplicate", "duplicate_unjustified",
       [](Books& books, Random& random) {
         Entry& victim =
             books.results[pick(books, random, [](const Entry& entry) { return has_reason(entry, "id_reused"); })];
         for (const Entry& entry : books.results) {
           if (entry.field("order") != victim.field("order")) continue;
           forge_fields(victim, "duplicate", entry.id, accepted(entry) ? "accepted" : "rejected");
           break;
         }
       }},
      {"duplicate becomes id_reused", "reuse_unjustified",
       [](Books& books, Random& random) {
         Entry& victim = books.results[pick(books, random, duplicate)];
         take_out(victim, "outcome");
         take_out(victim, "original");
         put(victim, "status", "rejected");
         put(victim, "reason", "id_reused");
       }},
      {"a first order becomes id_reused", "reuse_unjustified",
       [](Books& books, Random& random) {
         Entry& victim = books.results[pick(books, random, accepted)];
         take_out(victim, "lines");
         put(victim, "status", "rejected");
         put(victim, "reason", "id_reused");
       }},
      {"a first order becomes wrong_lane", "lane_differs",
       [](Books& books, Random& random) {
         Entry& victim = books.results[pick(books, random, accepted)];
         take_out(victim, "lines");
         put(victim, "status", "rejected");
         put(victim, "reason", "wrong_lane");
         put(victim, "detail", "it belongs elsewhere");
       }},
      {"an order ID is accepted twice", "decided_twice", accept_twice},
  };
}

std::vector<Sabotage> stock() {
  return {
      {"deducted twice, and everything after it agrees", "chain_broken", deduct_twice},
      {"remaining edited", "chain_broken",
       [](Books& books, Random& random) {
         Entry& victim = books.results[pick(books, random, accepted)];
         edit_line(victim, 0, "remaining", lines_of(victim)[0]["remaining"].get<int64_t>() + 1);
       }},
      {"available edited", "chain_broken",
       [](Books& books, Random& random) {
         Entry& victim = books.results[pick(books, random, [](const Entry& entry) {
           return refused(entry) && lines_of(entry).size() == 1 && lines_of(entry)[0]["quantity"] == 3 &&
                  lines_of(entry)[0]["available"] != 1;
         })];
         edit_line(victim, 0, "available", 1);
       }},
      {"remaining below zero", "negative_stock",
       [](Books& books, Random& random) {
         edit_line(books.results[pick(books, random, accepted)], 0, "remaining", -1);
       }},
      {"available below zero", "negative_stock",
       [](Books& books, Random& random) {
         edit_line(books.results[pick(books, random, refused)], 0, "available", -1);
       }},
      {"a quantity of zero", "bad_quantity",
       [](Books& books, Random& random) { edit_line(books.results[pick(books, random, accepted)], 0, "quantity", 0); }},
      {"a quantity below zero", "bad_quantity",
       [](Books& books, Random& random) { edit_line(books.results[pick(books, random, refused)], 0, "quantity", -2); }},
      {"accepted becomes refused", "refusal_unjustified", accepted_becomes_refused},
      {"a refusal that could be met", "refusal_unjustified",
       [](Books& books, Random& random) {
         Entry& victim = books.results[pick(books, random, refused)];
         for (std::size_t i = 0; i < lines_of(victim).size(); ++i) edit_line(victim, i, "available", 1000);
       }},
      {"refused becomes accepted", "negative_stock", refused_becomes_accepted},
      {"insufficient_stock becomes unknown_sku", "reason_differs",
       [](Books& books, Random& random) { put(books.results[pick(books, random, refused)], "reason", "unknown_sku"); }},
      {"unknown_sku becomes insufficient_stock", "reason_differs",
       [](Books& books, Random& random) {
         const auto good = [](const Entry& entry) { return has_reason(entry, "unknown_sku"); };
         put(books.results[pick(books, random, good)], "reason", "insufficient_stock");
       }},
      {"a change of stock with another before", "stock_entry_wrong",
       [](Books& books, Random& random) {
         Entry& victim = books.results[pick(books, random, stock_change)];
         edit_line(victim, 0, "before", lines_of(victim)[0]["before"].get<int64_t>() + 1);
       }},
      {"a change of stock that adds up but does not follow", "chain_broken",
       [](Books& books, Random& random) {
         Entry& victim = books.results[pick(books, random, stock_change)];
         const Json line = lines_of(victim)[0];
         edit_line(victim, 0, "before", line["before"].get<int64_t>() + 1);
         edit_line(victim, 0, "quantity", line["quantity"].get<int64_t>() - 1);
       }},
      {"a change of stock dropped", "chain_broken",
       [](Books& books, Random& random) { drop(books, pick(books, random, stock_change)); }},
  };
}

std::vector<Sabotage> entries() {
  return {
      {"a result dropped", "missing_result",
       [](Books& books, Random& random) {
         drop(books, pick(books, random, [](const Entry& entry) { return entry.has("request"); }));
       }},
      {"an accepted result dropped", "chain_broken",
       [](Books& books, Random& random) {
         // Not the last one of its SKU, where the key would differ.
         const std::size_t last = pick(books, random, [&](const Entry& entry) {
           return accepted_shoes(entry) &&
                  stock_before(books, books.results.size(), "shoe") < lines_of(entry)[0]["remaining"].get<int64_t>();
         });
         drop(books, std::max<std::size_t>(last, 1));
       }},
      {"a result written twice", "second_result",
       [](Books& books, Random& random) {
         Entry copy = books.results[pick(books, random, [](const Entry& entry) { return entry.has("request"); })];
         copy.id = id_behind(books.results);
         books.results.push_back(copy);
       }},
      {"two requests settled in the wrong order", "request_order", swap_requests},
      {"a result moved to the end", "request_order",
       [](Books& books, Random& random) {
         const std::size_t place = pick(books, random, [&](const Entry& entry) {
           return entry.has("request") && &entry != &books.results.back();
         });
         Entry moved = books.results[place];
         drop(books, place);
         moved.id = id_behind(books.results);
         books.results.push_back(moved);
       }},
      {"two results swapped", "chain_broken",
       [](Books& books, Random& random) {
         const std::size_t one = pick(books, random, accepted_shoes);
         const Json left = lines_of(books.results[one])[0]["remaining"];
         const std::size_t two = pick(books, random, [&](const Entry& entry) {
           return accepted_shoes(entry) && lines_of(entry)[0]["remaining"] != left;
         });
         std::swap(books.results[one].fields, books.results[two].fields);
       }},
      {"a quantity edited", "content_differs",
       [](Books& books, Random& random) {
         Entry& victim = books.results[pick(books, random, accepted)];
         edit_line(victim, 0, "quantity", lines_of(victim)[0]["quantity"].get<int64_t>() + 1);
       }},
      {"an SKU edited", "content_differs",
       [](Books& books, Random& random) {
         edit_line(books.results[pick(books, random, accepted)], 0, "sku", "other");
       }},
      {"a customer edited", "content_differs",
       [](Books& books, Random& random) {
         put(books.results[pick(books, random, [](const Entry& entry) { return entry.has("customer"); })], "customer",
             "x");
       }},
      {"an order ID edited", "content_differs",
       [](Books& books, Random& random) { put(books.results[pick(books, random, accepted)], "order", "another"); }},
      {"an unknown status", "bad_result",
       [](Books& books, Random& random) { put(books.results[pick(books, random, accepted)], "status", "maybe"); }},
      {"lines that are not JSON", "bad_result",
       [](Books& books, Random& random) { put(books.results[pick(books, random, accepted)], "lines", "[{]"); }},
      {"an unknown reason", "bad_result",
       [](Books& books, Random& random) { put(books.results[pick(books, random, refused)], "reason", "mood"); }},
      {"lines of a duplicate", "bad_result",
       [](Books& books, Random& random) {
         put(books.results[pick(books, random, duplicate)], "lines", R"([{"sku":"a","quantity":1,"remaining":1}])");
       }},
      {"an unknown change of a letter", "bad_result",
       [](Books& books, Random& random) { put(books.results[pick(books, random, lettered)], "change", "burn"); }},
      {"a letter that answers a request", "bad_result",
       [](Books& books, Random& random) {
         put(books.results[pick(books, random, lettered)], "request", books.orders.front().id);
       }},
      {"a letter requeued without a new request", "bad_result",
       [](Books& books, Random& random) {
         Entry& victim = books.results[pick(books, random, lettered)];
         put(victim, "change", "requeue");
         take_out(victim, "pushed");
       }},
      {"an empty entry", "bad_result",
       [](Books& books, Random& random) {
         books.results[pick(books, random, accepted)].fields = {{"", ""}};
       }},
  };
}

}  // namespace

std::vector<Sabotage> result_sabotages() {
  std::vector<Sabotage> all = entries();
  for (auto& each : stock()) all.push_back(std::move(each));
  for (auto& each : duplicates()) all.push_back(std::move(each));
  return all;
}

}  // namespace orderd::test
