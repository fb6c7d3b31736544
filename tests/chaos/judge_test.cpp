// Tests the fault injector's judge: ledgers that keep or break the promises, also after the orders stream was replaced,
// and the verdict of the audit.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "order-chaos/judge.h"

namespace orderd::chaos {
namespace {

StreamId id(uint64_t ms) {
  return {ms, 0};
}

// A stream that held 11 to 13, which were settled; then a fault.
enum class Story {
  kNoFault,
  kRecreated,      // deleted, and recreated with IDs from 1 on
  kRecreatedOnly,  // the same, but the previous stream still exists
  kAway,           // absent with 21 to 23 in it; orders pushed meanwhile got the IDs 30 to 39; then it was back
};

OrderCheck check(Story story, std::vector<uint64_t> settled) {
  Record record;
  Ledger ledger;
  ledger.requests = {id(11), id(12), id(13)};
  if (story == Story::kRecreated || story == Story::kRecreatedOnly) {
    record.recreated.insert(id(1));
    ledger.requests = {id(1), id(2)};
  }
  if (story == Story::kRecreated) record.discarded = {{id(11), id(13)}};
  if (story == Story::kAway) {
    record.absences.push_back({{id(21), id(22), id(23)}, {id(30), id(39)}});
    record.discarded = {{id(30), id(39)}};
    ledger.requests.insert({id(21), id(22), id(23)});
  }
  settled.insert(settled.begin(), {11, 12, 13});
  for (const uint64_t request : settled) {
    const StreamId result = id(1000 + ledger.order.size());
    ledger.order.emplace_back(result, id(request));
    ledger.by_request[id(request)].push_back({result, "", "accepted", "", "", false});
  }
  return check_order(record, ledger);
}

using Acknowledged = std::map<std::string, std::string>;  // the order of each request

test::Entry result(const std::string& request, const std::string& order, const std::string& status = "accepted",
                   const std::string& reason = "") {
  return {"9-" + request.substr(0, 1),
          {{"order", order}, {"request", request}, {"status", status}, {"reason", reason}}};
}

// The orders stream has 1-0 and 2-0. Of an order 'b' a producer also does not know the request.
Verdict verdict_of(const std::vector<test::Entry>& results, const Acknowledged& acknowledged, bool lossy = false) {
  Record record;
  for (const auto& [request, order] : acknowledged) record.add({.id = order}, Outcome::kOk, id_of(request));
  record.add({.id = "b"}, Outcome::kUnknown);
  if (lossy) record.data_losses.push_back({id(9), true, "a failover"});
  Ledger ledger;
  ledger.requests = {id(1), id(2)};
  for (const test::Entry& entry : results) add_result(ledger, entry);
  return judge_ledger(record, ledger);
}

}  // namespace

TEST_CASE("requests are settled in order unless a fault explains it") {
  const struct {
    std::string name;
    Story story;
    std::vector<uint64_t> settled;
    std::size_t restarts, unanswered, out_of_order, passed_over;
  } rows[] = {
      {"in order", Story::kNoFault, {}, 0, 0, 0, 0},
      {"an earlier request", Story::kNoFault, {15, 14}, 0, 0, 1, 0},
      {"the same request again", Story::kNoFault, {13}, 0, 0, 1, 0},
      {"recreated: once", Story::kRecreated, {1, 2}, 1, 0, 0, 0},
      {"recreated: not from its first entry on", Story::kRecreated, {2}, 0, 0, 1, 0},
      {"recreated: twice", Story::kRecreated, {1, 2, 1}, 1, 0, 1, 0},
      {"recreated: while the previous stream still exists", Story::kRecreatedOnly, {1}, 0, 0, 1, 0},
      {"absent: before newer requests", Story::kAway, {21, 22, 23, 31}, 0, 0, 0, 0},
      {"absent: after it came back", Story::kAway, {21, 31, 32, 22, 23, 41}, 1, 0, 0, 0},
      {"absent: not at all", Story::kAway, {21, 31, 32, 41}, 0, 2, 0, 0},
      {"absent: after it came back, except the first one", Story::kAway, {31, 32, 22, 23}, 0, 1, 1, 2},
      {"absent: after it came back, except one in the middle", Story::kAway, {31, 32, 21, 23}, 1, 1, 0, 1},
      {"absent: not at all, and nothing overtook it", Story::kAway, {21, 41}, 0, 0, 0, 2},
      {"absent: after newer requests, when the stream is back", Story::kAway, {31, 41, 21, 22, 23}, 0, 0, 1, 0},
      {"absent: twice", Story::kAway, {31, 21, 22, 23, 32, 21, 22, 23}, 1, 0, 1, 0},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    const OrderCheck found = check(row.story, row.settled);
    CHECK(found.restarts.size() == row.restarts);
    CHECK(found.unanswered.size() == row.unanswered);
    CHECK(found.out_of_order.size() == row.out_of_order);
    CHECK(found.passed_over.size() == row.passed_over);
  }
}

TEST_CASE("the audit must name each request without a result, and nothing that no fault explains") {
  OrderCheck order;
  order.restarts = {id(1001)};
  order.unanswered = {id(12)};
  Record record;
  record.discarded = {{id(20), id(29)}};
  record.foreign_stock = {{"shoe", 2}};
  const nlohmann::json begins = {
      {"check", "chain_broken"}, {"sku", "shoe"}, {"detail", "available is null, but there was 7"}};
  using Json = nlohmann::json;
  const auto complaint = [&](int status, const Json& said) {
    return check_audit({status, said.dump(), ""}, order, record);
  };
  const Json missing = {{"check", "missing_result"}, {"request", "12-0"}};
  Json explained = {missing,
                    {{"check", "request_order"}, {"result", "1001-0"}, {"request", "11-0"}},
                    {{"check", "invented_request"}, {"result", "1000-0"}, {"request", "21-0"}},
                    begins,
                    begins,
                    {{"check", "chain_broken"},
                     {"sku", "shoe"},
                     {"detail", "remaining and quantity make 7, but there was no key, or not a whole number"}},
                    {{"check", "stock_key_differs"},
                     {"sku", "shoe"},
                     {"detail", "the ledger ends with not a whole number, 'product:shoe:stock' holds 7"}}};
  CHECK(!complaint(3, {{"violations", explained}}));
  CHECK(complaint(0, {{"violations", explained}}));
  CHECK(complaint(1, {{"violations", explained}}));
  CHECK(complaint(3, ""));
  for (const Json& other : {
           begins,
           Json{{"check", "missing_result"}, {"request", "13-0"}},
           Json{{"check", "request_order"}, {"result", "1002-0"}, {"request", "11-0"}},
           Json{{"check", "invented_request"}, {"result", "1002-0"}, {"request", "30-0"}},
           Json{{"check", "chain_broken"}, {"sku", "sock"}, {"detail", "available is null, but there was 7"}},
           Json{{"check", "chain_broken"},
                {"sku", "shoe"},
                {"detail", "remaining and quantity make 6, but there was 7"}},
           Json{{"check", "stock_key_differs"},
                {"sku", "shoe"},
                {"detail", "the ledger ends with 8, 'product:shoe:stock' holds not a whole number"}},
           Json{{"check", "stock_key_differs"},
                {"sku", "shoe"},
                {"detail", "the ledger ends with no key, 'product:shoe:stock' holds 7"}},
           Json{{"check", "second_result"}, {"result", "1001-0"}, {"request", "21-0"}},
       }) {
    CAPTURE(other.dump());
    Json more = explained;
    more.push_back(other);
    CHECK(complaint(3, {{"violations", more}}));
  }
  explained.erase(0);
  CHECK(complaint(3, {{"violations", explained}}));  // it does not name the request without a result
  order.unanswered.clear();
  CHECK(!complaint(0, {{"violations", Json::array()}}));
  CHECK(complaint(3, {{"violations", Json::array()}}));
}

TEST_CASE("each reply comes once, in the list that its request names, and is missing only if a right was") {
  const auto verdict = [](const std::vector<std::string>& lists, StreamId replied_until) {
    Record record;
    record.replied_until = replied_until;
    record.add({.id = "a", .reply_to = "me"}, Outcome::kOk, id(1));
    record.add({.id = "b"}, Outcome::kOk, id(2));
    Ledger ledger;
    for (const test::Entry& entry : {result("1-0", "a"), result("2-0", "b")}) add_result(ledger, entry);
    for (const std::string& list : lists) {
      ledger.replies.emplace_back(list,
                                  R"({"result":"9-1","order":"a","request":"1-0","status":"accepted","reason":""})");
    }
    const Verdict found = judge_ledger(record, ledger);
    return found.violations.empty() ? "" : found.violations.front().substr(0, found.violations.front().find(':'));
  };
  CHECK(verdict({"me"}, id(9)) == "");
  CHECK(verdict({"me"}, {9, 1}) == "");
  CHECK(verdict({}, {9, 1}) == "no reply");
  CHECK(verdict({}, id(9)) == "");
  CHECK(verdict({"me", "me"}, id(9)) == "duplicate reply");
  CHECK(verdict({"me", "you"}, id(9)) == "duplicate reply");
  CHECK(verdict({"you"}, id(9)) == "a reply in the list 'you'");
}

TEST_CASE("a ledger that keeps the promises passes, and lost requests are counted if a fault may lose them") {
  const std::vector<test::Entry> results = {result("1-0", "a"), result("2-0", "b")};
  const Acknowledged more = {{"1-0", "a"}, {"3-0", "b"}, {"4-0", "c"}};
  const Verdict verdict = verdict_of(results, more, true);
  CHECK(verdict.violations.empty());
  CHECK(verdict.forgotten == 2);
  CHECK(verdict.recovered == 1);
  CHECK(verdict_of(results, more).violations.size() == 2);
}

TEST_CASE("each violation of a ledger is found") {
  const Acknowledged both = {{"1-0", "a"}, {"2-0", "b"}};
  const test::Entry first = result("1-0", "a"), second = result("2-0", "b");
  const struct {
    std::vector<test::Entry> results;
    std::string wrong;
    Acknowledged acknowledged;
  } rows[] = {
      {{first}, "no result: 2-0 of the order 'b'", both},
      {{first, second, result("2-0", "b", "duplicate")}, "out of order: 9-2 answers 2-0 after 2-0", both},
      {{second, first}, "out of order: 9-1 answers 1-0 after 2-0", both},
      {{first, second, result("3-0", "c")}, "a result without a request: 9-3 of the order 'c'", both},
      {{first, result("2-0", "x")}, "another order's result: 2-0 of the order 'b' got that of 'x'", both},
      {{first, result("2-0", "b", "rejected", "malformed")},
       "wrongly malformed or well-formed: 2-0 of the order 'b': rejected malformed",
       both},
      {{first, result("2-0", "b", "rejected", "bad_record")},
       "bad_record, but the record was valid: 2-0 of the order 'b'",
       both},
      {{first, result("2-0", "b", "rejected", "wrong_lane")}, "wrong lane: 2-0 of the order 'b'", both},
      {{first, result("2-0", "a")}, "accepted twice: 'a' by 9-1 and 9-2", {{"1-0", "a"}, {"2-0", "a"}}},
  };
  for (const auto& row : rows) {
    const Verdict verdict = verdict_of(row.results, row.acknowledged);
    REQUIRE(!verdict.violations.empty());
    CHECK(verdict.violations.front() == row.wrong);
    CHECK(verdict.forgotten == 0);
  }
}

}  // namespace orderd::chaos
