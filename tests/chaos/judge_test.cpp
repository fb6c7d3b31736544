// Tests the fault injector's judge: ledgers that keep or break the promises after the orders stream was replaced.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "order-chaos/audit_check.h"
#include "order-chaos/order_check.h"

namespace orderd::chaos {
namespace {

EntryId id(uint64_t ms) {
  return {ms, 0};
}

struct Story {
  Record record;
  Ledger ledger;

  Story() {
    pushed({1, 2, 3});
    settled({1, 2, 3});
  }
  void pushed(const std::vector<uint64_t>& requests) {
    for (const uint64_t request : requests) ledger.requests.insert(id(request));
  }
  void settled(const std::vector<uint64_t>& requests) {
    for (const uint64_t request : requests) {
      const EntryId result = id(1000 + ledger.order.size());
      ledger.order.emplace_back(result, id(request));
      ledger.by_request[id(request)].push_back({result, "", "accepted", "", "", false});
    }
  }
  // The stream is absent with `waiting` in it; orders pushed meanwhile get the IDs 20 to 29; then it is back.
  void away(const std::vector<uint64_t>& waiting) {
    pushed(waiting);
    Absence absence{{}, {id(20), id(29)}};
    for (const uint64_t request : waiting) absence.waiting.insert(id(request));
    record.absences.push_back(absence);
    record.discarded.push_back(absence.meanwhile);
  }
  // The stream is deleted, and recreated with IDs from 0-1 on.
  void recreate() {
    record.discarded.push_back({id(1), id(3)});
    record.recreated.insert({0, 1});
    ledger.requests = {{0, 1}, {0, 2}};
  }
  void settled_anew(uint64_t sequence) {
    settled({0});
    ledger.order.back().second = {0, sequence};
    ledger.by_request.erase(id(0));
    ledger.by_request[{0, sequence}].push_back({ledger.order.back().first, "", "accepted", "", "", false});
  }
  [[nodiscard]] OrderCheck check() const { return check_order(record, ledger); }
};

void check_is_good(const OrderCheck& check, std::size_t restarts, std::size_t unanswered) {
  CHECK(check.out_of_order.empty());
  CHECK(check.passed_over.empty());
  CHECK(check.restarts.size() == restarts);
  CHECK(check.unanswered.size() == unanswered);
}

}  // namespace

TEST_CASE("results in the order of their requests pass and others do not") {
  Story story;
  check_is_good(story.check(), 0, 0);
  SUBCASE("an earlier request") {
    story.settled({5, 4});
  }
  SUBCASE("the same request again") {
    story.settled({3});
  }
  CHECK(story.check().out_of_order.size() == 1);
}

TEST_CASE("a stream that was recreated with smaller IDs is settled once, from its first entry on") {
  Story story;
  story.recreate();
  SUBCASE("once") {
    story.settled_anew(1);
    story.settled_anew(2);
    return check_is_good(story.check(), 1, 0);
  }
  SUBCASE("not from its first entry on") {
    story.settled_anew(2);
  }
  SUBCASE("twice") {
    story.settled_anew(1);
    story.settled_anew(2);
    story.settled_anew(1);
  }
  SUBCASE("while the previous stream still exists") {
    story.record.discarded.clear();
    story.settled_anew(1);
  }
  CHECK(story.check().out_of_order.size() == 1);
}

TEST_CASE("requests of an absent stream are settled in order when it is back, or not at all") {
  Story story;
  story.away({11, 12, 13});
  SUBCASE("before newer requests") {
    story.settled({11, 12, 13, 21});
    return check_is_good(story.check(), 0, 0);
  }
  SUBCASE("after it came back") {
    story.settled({11, 21, 22, 12, 13, 31});
    return check_is_good(story.check(), 1, 0);
  }
  SUBCASE("not at all") {
    story.settled({11, 21, 22, 31});
    return check_is_good(story.check(), 0, 2);
  }
  SUBCASE("after it came back, except the first one") {
    story.settled({21, 22, 12, 13});
    CHECK(story.check().passed_over.size() == 2);
    CHECK(story.check().out_of_order.size() == 1);
  }
  SUBCASE("after it came back, except one in the middle") {
    story.settled({21, 22, 11, 13});
    CHECK(story.check().passed_over.size() == 1);
  }
  SUBCASE("not at all, and nothing overtook it") {
    story.settled({11, 31});
    CHECK(story.check().passed_over.size() == 2);
  }
  SUBCASE("after newer requests, when the stream is back") {
    story.settled({21, 31, 11, 12, 13});
    CHECK(story.check().out_of_order.size() == 1);
  }
  SUBCASE("twice") {
    story.settled({21, 11, 12, 13, 22, 11, 12, 13});
    CHECK(story.check().out_of_order.size() == 1);
  }
}

TEST_CASE("the audit must name each request without a result, and nothing that no fault explains") {
  OrderCheck order;
  order.restarts = {id(1001)};
  order.unanswered = {id(12)};
  const std::vector<IdRange> discarded = {{id(20), id(29)}};
  nlohmann::json said = {{"violations",
                          {{{"check", "missing_result"}, {"request", "12-0"}},
                           {{"check", "request_order"}, {"result", "1001-0"}, {"request", "11-0"}},
                           {{"check", "invented_request"}, {"result", "1000-0"}, {"request", "21-0"}},
                           {{"check", "chain_broken"}, {"detail", "available is null, but there was 7"}}}}};
  auto& violations = said["violations"];
  const auto complaint = [&](int status = 3) { return check_audit({status, said.dump(), ""}, order, discarded); };
  CHECK(!complaint());
  SUBCASE("another exit status") {
    CHECK(complaint(0));
    CHECK(complaint(1));
    return;
  }
  SUBCASE("no output") {
    said = "";
    CHECK(complaint());
  }
  SUBCASE("it does not name the request without a result") {
    violations.erase(0);
  }
  SUBCASE("it names another request") {
    violations.push_back({{"check", "missing_result"}, {"request", "13-0"}});
  }
  SUBCASE("the order restarts elsewhere") {
    violations.push_back({{"check", "request_order"}, {"result", "1002-0"}, {"request", "11-0"}});
  }
  SUBCASE("a request that no fault removed") {
    violations.push_back({{"check", "invented_request"}, {"result", "1002-0"}, {"request", "30-0"}});
  }
  SUBCASE("a broken stock chain") {
    violations.push_back({{"check", "chain_broken"}, {"detail", "remaining is 6, but there was 8 and 1 were sold"}});
  }
  SUBCASE("a second result") {
    violations.push_back({{"check", "second_result"}, {"result", "1001-0"}, {"request", "21-0"}});
  }
  CHECK(complaint());
}

TEST_CASE("the audit is clean when there is nothing to name") {
  CHECK(!check_audit({0, R"({"violations":[]})", ""}, {}, {}));
  CHECK(check_audit({3, R"({"violations":[]})", ""}, {}, {}));
}

}  // namespace orderd::chaos
