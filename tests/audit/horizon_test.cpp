// What the audit cannot see is reported as not checked, not as a violation: streams that were trimmed, deleted or
// recreated, and wrong clocks.
#include <doctest/doctest.h>

#include <iterator>
#include <sstream>

#include "audit/books.h"
#include "audit/report.h"

namespace orderd::test {
namespace {

constexpr std::size_t kRequests = 1000;
constexpr uint64_t kStart = 1'790'000'000'000;  // the clerk's clock
constexpr uint64_t kHour = 3'600'000;

// A desk with the books of a sale, and its audit.
struct Laid {
  explicit Laid(const Books& laid) : books(laid) { books.lay_out(desk.admin()); }
  Json audit(const Words& more = {}, int status = 0) {
    return report_of(desk.run(joined({"audit", "--json"}, more)), status);
  }
  Desk desk;
  Books books;
};

Books sale() {
  Random random(test_seed());
  return hold_sale(random, kRequests).books;
}

void serve_orders(Clerk& clerk, const std::string& prefix, int count) {
  for (int i = 0; i < count; ++i) clerk.serve(simple_order(prefix + std::to_string(i)));
}

// A clerk who has served `count` simple orders.
Clerk clerk_with(int count) {
  Clerk clerk;
  clerk.books.keys["product:sock:stock"] = "1000000";
  serve_orders(clerk, "o-", count);
  return clerk;
}

TEST_CASE("what the audit cannot see is reported as not checked") {
  const Books books = sale();
  const std::string result = books.results[kRequests / 2].id;
  const std::string last = books.results[kRequests * 3 / 4].id;
  const std::size_t letters = books.dead.size() / 2;
  using Counts = std::vector<std::pair<std::string, uint64_t>>;
  struct Case {
    std::string hidden_by;         // a command, or flags of the audit
    Counts unchecked;              // what, and how many; 0: at least one
    Json report = Json::object();  // members of the report
  };
  const Counts of_trimmed_results = {{"results before", 0}, {"requests without a result", 0},
                                     {"dead letters", 0},   {"id_reused", 0},
                                     {"duplicates", 0},     {"the exact count", 0}};
  const Counts of_trimmed_requests = {
      {"requests and their contents", kRequests / 2}, {"contents of duplicates", 0}, {"contents of id_reused", 0}};
  const Counts of_range = {{"results before", 0}, {"results after", 0}, {"stock keys", 0}, {"the position", 0}};
  const Counts of_empty_range = {{"results after", 1}, {"requests after --to", books.orders.size()}};
  const std::vector<Case> cases = {
      {"", {{"stock before the first entry", 0}}},
      {"XTRIM results MINID " + result, of_trimmed_results},
      {"XTRIM results MAXLEN 0", {{"the position", 1}}},
      {"XTRIM orders:dead MINID " + books.dead[letters].id, {{"dead letters of malformed results", letters}}},
      {"XTRIM orders MINID " + books.orders[kRequests / 2].id, of_trimmed_requests, {{"waiting", 5}}},
      {"DEL orders", {{"requests and their contents", books.orders.size() - 5}}, {{"waiting", 0}}},
      {"--from " + result + " --to " + last, of_range, {{"results", kRequests / 4 + 1}}},
      {"--to 1-1", of_empty_range, {{"results", 0}, {"requests", 0}, {"waiting", 0}}},
      {"--processing.dedup_window 0s", {{"order IDs decided twice", 0}}},
      {"DEL orders:position", {{"the position", 1}}},
      // Recovered from the newest result when 300 were settled.
      {"HSET orders:position base 300 count " + std::to_string(kRequests - 300), {{"the exact count", 1}}},
  };
  Laid laid(books);
  for (const Case& each : cases) {
    CAPTURE(each.hidden_by);
    std::istringstream text(each.hidden_by);
    const Words words(std::istream_iterator<std::string>(text), {});
    const bool flags = each.hidden_by.starts_with("--");
    books.lay_out(laid.desk.admin());
    if (!flags && !words.empty()) ask(laid.desk.admin(), words);
    const Json report = laid.audit(flags ? words : Words());
    for (const auto& [what, count] : each.unchecked) {
      CAPTURE(what);
      CHECK(not_checked(report, what) >= std::max<uint64_t>(count, 1));
      if (count > 0) CHECK(not_checked(report, what) == count);
    }
    for (const auto& [member, value] : each.report.items()) CHECK_MESSAGE(report[member] == value, member);
    CHECK(report["horizon"]["position"].is_null() == (each.hidden_by == "DEL orders:position"));
  }
}

TEST_CASE("with --to each request before that of the next result needs a result and without a next one all do") {
  Clerk clerk = clerk_with(0);
  clerk.push(simple_order("passed over").fields);
  serve_orders(clerk, "o-", 5);
  Laid laid(clerk.books);
  const auto check = [&laid](const std::string& to, uint64_t requests, uint64_t missing) {
    CAPTURE(to);
    const Json report = laid.audit({"--to", to}, 3);
    CHECK(report["requests"] == requests);
    CHECK(report["waiting"] == 0);
    CHECK(violations(report, "missing_result") == missing);
    CHECK(not_checked(report, "requests after --to") == 6 - requests);
    CHECK(not_checked(report, "the position") == (requests < 6 ? 1 : 0));
  };
  check("1-1", 1, 1);
  check(clerk.books.results[1].id, 3, 1);
  check(clerk.books.results.back().id, 6, 1);
  ask(laid.desk.admin(), {"DEL", "results"});
  check("1-1", 6, 6);
}

TEST_CASE("dead letters missing in the middle are violations") {
  Laid laid(sale());
  // More than were requeued or discarded.
  const Entry* const letters = &laid.books.dead[laid.books.dead.size() / 2];
  ask(laid.desk.admin(), {"XDEL", "orders:dead", letters[0].id, letters[1].id, letters[2].id, letters[3].id});
  CHECK(violations(laid.audit({}, 3), "dead_letter_missing") == 4);
}

TEST_CASE("with little memory the results are read several times and the verdict is the same") {
  Random random(test_seed());
  Laid laid(hold_sale(random, 60'000).books);
  Json roomy = laid.audit();
  Json tight = laid.audit({"--memory", "1MiB"});
  CHECK(roomy["passes"] == 1);
  CHECK(tight["passes"] == 3);
  CHECK(tight["checks"] == roomy["checks"]);
  const std::string victim = laid.books.results[30'000].id;
  ask(laid.desk.admin(), {"XDEL", "results", victim});
  roomy = laid.audit({}, 3);
  tight = laid.audit({"--memory", "1MiB"}, 3);
  CHECK(tight["checks"] == roomy["checks"]);
  CHECK(tight["violation_count"].get<uint64_t>() > 0);
}

TEST_CASE(
    "a position that was recovered when the orders stream had just been recreated does not count the result it took") {
  Clerk clerk = clerk_with(50);
  const Entry newest = clerk.books.results.back();
  const std::string floor = clerk.books.results[48].id;
  clerk.recreate_orders();
  clerk.set_clock(kStart + kHour);
  serve_orders(clerk, "n-", 30);
  clerk.books.position["floor"] = floor;
  clerk.books.position["start"] = newest.field("request");
  Laid laid(clerk.books);
  CHECK(violations(laid.audit(), "position_differs") == 0);
  ask(laid.desk.admin(), {"HSET", "orders:position", "count", "29"});
  CHECK(violations(laid.audit({}, 3), "position_differs") == 1);
}

TEST_CASE("entries that were deleted before they were settled are counted and need no result") {
  Clerk clerk = clerk_with(20);
  clerk.push(simple_order("gone").fields);
  clerk.books.deleted.push_back(clerk.books.orders.back().id);
  serve_orders(clerk, "p-", 5);
  clerk.books.position["deleted"] = "1";
  Laid laid(clerk.books);
  const Json report = laid.audit();
  CHECK(report["deleted_unsettled"] == 1);
  CHECK(report["requests"] == 25);
}

TEST_CASE("an orders stream that was recreated with smaller IDs is distinguished from the previous one") {
  Clerk clerk = clerk_with(50);
  clerk.recreate_orders();
  // The clock was moved backwards: results continue from the last ID, requests restart below.
  clerk.set_clock(kStart - kHour);
  SUBCASE("nothing was settled since") {
    clerk.push(simple_order("new").fields);
    Laid laid(clerk.books);
    CHECK(not_checked(laid.audit(), "requests and their contents") == 50);
    return;
  }
  serve_orders(clerk, "n-", 30);
  SUBCASE("orderd has recorded where") {
    Laid laid(clerk.books);
    const Json report = laid.audit();
    CHECK(not_checked(report, "requests and their contents") == 50);
    CHECK(report["requests"] == 30);
    const std::string& later = clerk.books.results[60].id;
    CHECK(not_checked(laid.audit({"--from", later}), "requests without a result") == 10);
    ask(laid.desk.admin(), {"HSET", "orders:position", "count", "31"});
    CHECK(violations(laid.audit({}, 3), "position_differs") == 1);
  }
  SUBCASE("it is unknown where") {
    // The key was deleted and recovered from the newest result.
    clerk.books.position.erase("floor");
    clerk.books.position["base"] = "30";
    clerk.books.position["count"] = "0";
    Laid laid(clerk.books);
    CHECK(violations(laid.audit({}, 3), "request_order") == 1);
    CHECK(violations(laid.audit({"--from", clerk.books.results[50].id}), "request_order") == 0);
  }
  SUBCASE("the new stream has overtaken the old IDs") {
    clerk.set_clock(kStart + kHour);
    serve_orders(clerk, "m-", 30);
    Laid laid(clerk.books);
    CHECK(laid.audit()["requests"] == 60);
  }
}

TEST_CASE("an orders stream that ends before the position is one violation rather than one for each result") {
  Clerk clerk = clerk_with(50);
  clerk.books.orders = {{"1-0", simple_order("new").fields}};
  Laid laid(clerk.books);
  const Json report = laid.audit({}, 3);
  CHECK(report["violation_count"] == 1);
  CHECK(violations(report, "position_differs") == 1);
  CHECK(not_checked(report, "requests and their contents") == 50);
}

TEST_CASE("IDs from the future are not taken as the time") {
  Clerk clerk = clerk_with(50);
  clerk.set_clock(9'000'000'000'000);
  SUBCASE("of requests: one entry, and all after it") {
    clerk.push(simple_order("x").fields);
    clerk.books.orders.pop_back();
  }
  SUBCASE("of results") {
    clerk.serve(simple_order("x"));
  }
  clerk.set_clock(kStart + 100'000);
  for (int i = 0; i < 100; ++i) {
    clerk.serve(simple_order("f-" + std::to_string(i)));
    clerk.serve({{{"id", ""}}, "", ""});
  }
  // Decided again: its record has expired by the server's clock, although the IDs are from the same millisecond.
  clerk.books.keys.erase("orders:order:f-1");
  clerk.serve(simple_order("f-1"));
  serve_orders(clerk, "o-", 5);
  const bool results_too = clerk.books.results.back().id.starts_with("9");
  Laid laid(clerk.books);
  const Json report = laid.audit({}, results_too ? 0 : 3);
  CHECK(report["violation_count"] == (results_too ? 0 : 1));
  CHECK(violations(report, "decided_twice") == (results_too ? 0 : 1));
  // Retention has trimmed according to its own record of the time.
  ask(laid.desk.admin(), {"XTRIM", "results", "MINID", laid.books.results[60].id});
  ask(laid.desk.admin(), {"XTRIM", "orders:dead", "MINID", laid.books.dead[10].id});
  CHECK(laid.audit()["violation_count"] == 0);
}

TEST_CASE("after stock was changed by hand the audit says how to continue and the next audit is clean") {
  Laid laid(clerk_with(3).books);
  const auto advice = [&laid](const Words& flags = {}) { return laid.audit(flags, 3)["advice"]; };
  CHECK(laid.audit()["advice"].empty());
  SUBCASE("and nothing was sold since") {
    ask(laid.desk.admin(), {"INCRBY", "product:sock:stock", "1"});
    const Ran text = laid.desk.run({"audit"});
    CHECK(text.status == 3);
    CHECK(text.says(
        "stock_key_differs: 1 violation\n  SKU sock: the ledger ends with 999997, 'product:sock:stock' holds 999998"));
    CHECK(text.says("violated: 1 violation"));
    CHECK(advice().at(0).get<std::string>().find("orderctl stock set SKU N --json") != std::string::npos);
    const Json set = laid.desk.run({"stock", "set", "sock", "999998", "--json"}).json().at(0);
    CHECK(advice().at(0).get<std::string>().ends_with("orderctl audit --from " + set["entry"].get<std::string>()));
    CHECK(laid.audit({"--from", set["entry"]})["advice"].empty());
  }
  SUBCASE("and something was sold since") {
    Clerk clerk = clerk_with(3);
    clerk.books.keys["product:sock:stock"] = "10";
    serve_orders(clerk, "n-", 3);
    clerk.books.lay_out(laid.desk.admin());
    const std::string from = clerk.books.results[3].id;
    CHECK(advice({"--max-findings", "1"}).at(0).get<std::string>().ends_with("orderctl audit --from " + from));
    CHECK(laid.audit({"--from", from})["advice"].empty());
  }
}

TEST_CASE("the results of another orders stream in the results stream are reported, with the remedy") {
  Laid laid(clerk_with(30).books);
  const std::string request = xadd(laid.desk.admin(), "web", {{"id", "w"}, {"sku", "hat"}, {"quantity", "1"}});
  xadd(laid.desk.admin(), "results",
       {{"order", "w"},
        {"request", request},
        {"status", "rejected"},
        {"reason", "unknown_sku"},
        {"lines", R"([{"sku":"hat","quantity":1,"available":null}])"}});
  CHECK(violations(laid.audit({}, 3), "invented_request") == 1);
  CHECK(laid.desk.run({"audit"}).says("set streams.results of one of them to another name"));
}

}  // namespace
}  // namespace orderd::test
