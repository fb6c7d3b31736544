// Results that are missing, repeated, out of order, or changed.
#include "audit/sabotage.h"

namespace orderd::test {
namespace {

const Fields kReused = {{"status", "rejected"}, {"reason", "id_reused"}};

bool accepted_shoes(const Entry& entry) {
  return accepted(entry) && lines_of(entry)[0]["sku"] == "shoe";
}

void move_to_the_end(Books& books, Random& random) {
  const Entry& victim =
      pick(books, random, [&](const Entry& entry) { return answer(entry) && &entry != &books.results.back(); });
  const Entry moved = victim;
  drop(books.results, victim);
  append(books.results, moved);
}

// All later entries, and the key, agree with the theft.
void deduct_twice(Books& books, Random& random) {
  const Entry& victim = pick(books, random, accepted_shoes);
  const auto quantity = lines_of(victim)[0]["quantity"].get<int64_t>();
  for (Entry* entry = &books.results.back(); entry >= &victim; --entry) {
    if (!entry->has("lines")) continue;
    Json lines = lines_of(*entry);
    for (Json& line : lines) {
      for (const char* member : {"remaining", "available", "before"}) {
        if (line["sku"] != "shoe" || !line.contains(member) || !line[member].is_number()) continue;
        line[member] = line[member].get<int64_t>() - quantity;
      }
    }
    put(*entry, "lines", lines.dump());
  }
  std::string& key = books.keys["product:shoe:stock"];
  key = std::to_string(std::stoll(key) - quantity);
}

void accept_twice(Books& books, Random& random) {
  Entry& victim =
      pick(books, random, [](const Entry& entry) { return duplicate(entry) && entry.field("outcome") == "accepted"; });
  for (const Entry& entry : books.results) {
    if (entry.id == victim.field("original")) put(victim, "lines", entry.field("lines"));
  }
  rewrite(victim, {{"status", "accepted"}}, {"outcome", "original"});
}

void reused_becomes_duplicate(Entry& victim, const Books& books) {
  for (const Entry& entry : books.results) {
    if (entry.field("order") != victim.field("order")) continue;
    const Fields fields = {
        {"status", "duplicate"}, {"original", entry.id}, {"outcome", accepted(entry) ? "accepted" : "rejected"}};
    return rewrite(victim, fields, {"lines", "reason", "detail"});
  }
}

std::vector<Sabotage> entries() {
  const auto empty = [](Entry& victim, const Books&) { victim.fields.assign(1, {"", ""}); };
  return {
      {"a result dropped", "missing_result", drop(answer)},
      {"a result written twice", "second_result", repeat(answer)},
      {"a result moved to the end", "request_order", move_to_the_end},
      {"a quantity edited", "content_differs", add_to_member(accepted, "quantity", 1)},
      {"an SKU edited", "content_differs", set_member(accepted, "sku", "other")},
      {"a customer edited", "content_differs",
       rewrite([](const Entry& entry) { return entry.has("customer"); }, {{"customer", "x"}})},
      {"an order ID edited", "content_differs", rewrite(accepted, {{"order", "another"}})},
      {"a field given twice", "bad_result",
       edit(accepted, [](Entry& victim, const Books&) { victim.fields.push_back(victim.fields.back()); })},
      {"an empty order ID", "bad_result", rewrite(accepted, {{"order", ""}})},
      {"an outcome of a first decision", "bad_result", rewrite(accepted, {{"outcome", "accepted"}})},
      {"an unknown status", "bad_result", rewrite(accepted, {{"status", "maybe"}})},
      {"lines that are not JSON", "bad_result", rewrite(accepted, {{"lines", "[{]"}})},
      {"an unknown reason", "bad_result", rewrite(refused, {{"reason", "mood"}})},
      {"lines of a duplicate", "bad_result",
       rewrite(duplicate, {{"lines", R"([{"sku":"a","quantity":1,"remaining":1}])"}})},
      {"an unknown change of a letter", "bad_result", rewrite(lettered, {{"change", "burn"}})},
      {"a letter that answers a request", "bad_result",
       edit(lettered, [](Entry& victim, const Books& books) { put(victim, "request", books.orders.front().id); })},
      {"a letter requeued without a new request", "bad_result", rewrite(lettered, {{"change", "requeue"}}, {"pushed"})},
      {"an empty entry", "bad_result", edit(accepted, empty)},
  };
}

std::vector<Sabotage> stock() {
  const auto could_be_met = [](Entry& victim, const Books&) {
    for (std::size_t i = 0; i < lines_of(victim).size(); ++i) edit_line(victim, i, "available", 1000);
  };
  const auto does_not_follow = [](Entry& victim, const Books&) {
    const Json line = lines_of(victim)[0];
    edit_line(victim, 0, "before", line["before"].get<int64_t>() + 1);
    edit_line(victim, 0, "quantity", line["quantity"].get<int64_t>() - 1);
  };
  return {
      {"deducted twice, and everything after it agrees", "chain_broken", deduct_twice},
      {"remaining edited", "chain_broken", add_to_member(accepted, "remaining", 1)},
      {"available edited", "chain_broken", add_to_member(refused, "available", -1)},
      {"remaining below zero", "negative_stock", set_member(accepted, "remaining", -1)},
      {"available below zero", "negative_stock", set_member(refused, "available", -1)},
      {"a quantity of zero", "bad_quantity", set_member(accepted, "quantity", 0)},
      {"a refusal that could be met", "refusal_unjustified", edit(refused, could_be_met)},
      {"insufficient_stock becomes unknown_sku", "reason_differs", rewrite(refused, {{"reason", "unknown_sku"}})},
      {"unknown_sku becomes insufficient_stock", "reason_differs",
       rewrite(with_reason("unknown_sku"), {{"reason", "insufficient_stock"}})},
      {"a change of stock with another before", "stock_entry_wrong", add_to_member(stock_change, "before", 1)},
      {"a change of stock that adds up but does not follow", "chain_broken", edit(stock_change, does_not_follow)},
      {"a change of stock dropped", "chain_broken", drop(stock_change)},
  };
}

std::vector<Sabotage> duplicates() {
  const auto another_outcome = [](Entry& victim, const Books&) {
    put(victim, "outcome", victim.field("outcome") == "accepted" ? "rejected" : "accepted");
  };
  const Fields wrong_lane = {{"status", "rejected"}, {"reason", "wrong_lane"}, {"detail", "it belongs elsewhere"}};
  return {
      {"a duplicate whose original never existed", "duplicate_unjustified",
       edit(duplicate,
            [](Entry& victim, const Books&) { put(victim, "original", id_after(victim.field("original"))); })},
      {"a duplicate with the wrong outcome", "duplicate_unjustified", edit(duplicate, another_outcome)},
      {"id_reused becomes duplicate", "duplicate_unjustified",
       edit(with_reason("id_reused"), reused_becomes_duplicate)},
      {"duplicate becomes id_reused", "reuse_unjustified", rewrite(duplicate, kReused, {"outcome", "original"})},
      {"a first order becomes id_reused", "reuse_unjustified", rewrite(accepted, kReused, {"lines"})},
      {"a first order becomes wrong_lane", "lane_differs", rewrite(accepted, wrong_lane, {"lines"})},
      {"an order ID is accepted twice", "decided_twice", accept_twice},
  };
}

}  // namespace

std::vector<Sabotage> result_sabotages() {
  std::vector<Sabotage> all = entries();
  for (const auto& theme : {stock(), duplicates()}) all.insert(all.end(), theme.begin(), theme.end());
  return all;
}

}  // namespace orderd::test
