// The contents of the status page, and that nothing from a producer is markup there.
#include "admin/view.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "admin/page_files.h"
#include "admin/units.h"
#include "admin/view_text.h"
#include "support/text.h"

namespace orderd::admin {
namespace {

using lane::Phase;
using test::contains;

Snapshot one_lane(Phase phase) {
  Snapshot snapshot;
  snapshot.name = "shop-1";
  snapshot.lanes.push_back({.name = "orders", .lease = std::chrono::milliseconds(3000), .status = {}});
  snapshot.lanes[0].status.phase = phase;
  if (phase == Phase::kServing) {
    snapshot.lanes[0].status.active_since_ms = 1;
    snapshot.lanes[0].status.waiting = 1234;
    snapshot.lanes[0].status.oldest_waiting_ms = 12'000;
  }
  return snapshot;
}

View view_of(const Snapshot& snapshot) {
  return make_view(snapshot, Rates(), 1'795'657'044'063);
}

// Of this ID.
const auto& found(const auto& list, std::string_view id) {
  const auto at = std::find_if(list.begin(), list.end(), [&](const auto& each) { return each.id == id; });
  REQUIRE_MESSAGE(at != list.end(), id);
  return *at;
}
std::string figure(const View& view, std::string_view id) {
  return found(view.figures, id).cell.text;
}
// A row of a table, as "cell|cell".
std::string row(const View& view, std::string_view id, std::size_t index) {
  std::string text;
  for (const Cell& cell : found(view.tables, id).rows.at(index)) text += (text.empty() ? "" : "|") + cell.text;
  return text;
}

}  // namespace

TEST_CASE("an active daemon shows what waits and marks a late order as bad") {
  const View view = view_of(one_lane(Phase::kServing));
  CHECK(figure(view, "verdict") == "serving");
  CHECK(figure(view, "waiting") == "1,234");
  CHECK(figure(view, "oldest") == "12.0 s");
  CHECK(found(view.figures, "oldest").cell.tone == Tone::kBad);
  CHECK(found(view.tables, "lanes").rows.size() == 1);
  CHECK(row(view, "lanes", 0).starts_with("orders|serving, 0 in flight|shop-1 (this daemon)"));
}

TEST_CASE("a standby names the active daemon and does not know what waits") {
  Snapshot snapshot = one_lane(Phase::kStandby);
  snapshot.lanes[0].status.owner = "shop-2";
  const View view = view_of(snapshot);
  CHECK(figure(view, "verdict") == "standing by");
  CHECK(figure(view, "waiting") == "–");
  CHECK(row(view, "lanes", 0).starts_with("orders|standing by for 'shop-2'|shop-2"));
}

TEST_CASE("each lane has a row and the figures are sums") {
  Snapshot snapshot = one_lane(Phase::kServing);
  snapshot.lanes.push_back(snapshot.lanes[0]);
  snapshot.lanes[1].name = "wholesale";
  snapshot.lanes[1].status.blocked_by = "OOM";
  const View view = view_of(snapshot);
  CHECK(found(view.tables, "lanes").rows.size() == 2);
  CHECK(found(view.tables, "lanes").rows[1][1].tone == Tone::kBad);
  CHECK(figure(view, "waiting") == "2,468");
  CHECK(figure(view, "verdict") == "not ready");
}

TEST_CASE("unknown values are not shown as zero") {
  Snapshot snapshot = one_lane(Phase::kServing);
  ServerView& server = snapshot.lanes[0].server;
  const auto shown = [&](std::string_view id) { return figure(view_of(snapshot), id); };
  CHECK(shown("dead") == "–");
  CHECK(shown("results-note") == "asking the server …");
  server.dead_answer = server.stock_answer = server.results_answer = Answer::kNotAllowed;
  CHECK(shown("dead") == "not allowed");
  CHECK(shown("stock-note") == "not allowed");
  server.dead_answer = server.stock_answer = server.results_answer = Answer::kGood;
  CHECK(shown("dead") == "0");
  CHECK(shown("results-note") == "no result yet");
  server = {};
  server.trouble = "connection refused";
  CHECK(shown("results-note") == "connection refused");
}

TEST_CASE("stock is shown as it is, even if it is not a number") {
  Snapshot snapshot = one_lane(Phase::kServing);
  ServerView& server = snapshot.lanes[0].server;
  server.results_read = 50;
  server.stock = {{"shoe", "12345", 3}, {"hat", "0", 2}, {"sock", "many", 1}, {"scarf", std::nullopt, 1}};
  const View view = view_of(snapshot);
  REQUIRE(found(view.tables, "stock").rows.size() == 4);
  CHECK(row(view, "stock", 0) == "shoe|12,345|3 of 50");
  CHECK(row(view, "stock", 1).starts_with("hat|sold out|"));
  CHECK(row(view, "stock", 2).starts_with("sock|many|"));
  CHECK(row(view, "stock", 3).starts_with("scarf|no key|"));
}

TEST_CASE("a count has a comma before each three digits") {
  CHECK(count_text(0) == "0");
  CHECK(count_text(999) == "999");
  CHECK(count_text(1000) == "1,000");
  CHECK(count_text(UINT64_MAX) == "18,446,744,073,709,551,615");
}

TEST_CASE("a small rate has one decimal") {
  CHECK(rate_text(0) == "0");
  CHECK(rate_text(0.4) == "0.4");
  CHECK(rate_text(9.94) == "9.9");
  CHECK(rate_text(9.96) == "10");
  CHECK(rate_text(12'345.6) == "12,346");
}

TEST_CASE("a duration has at most two units, and a time is UTC") {
  CHECK(span_text(0) == "0 ms");
  CHECK(span_text(999) == "999 ms");
  CHECK(span_text(1000) == "1.0 s");
  CHECK(span_text(59'999) == "59.9 s");
  CHECK(span_text(60'000) == "1 min 0 s");
  CHECK(span_text(3'599'999) == "59 min 59 s");
  CHECK(span_text(3'600'000) == "1 h 0 min");
  CHECK(span_text(90'000'000) == "1 d 1 h");
  CHECK(time_text(1'795'657'044'063) == "2026-11-26 01:37:24 UTC");
}

TEST_CASE("each figure of a view has a place on the page and the reverse") {
  const View view = view_of(one_lane(Phase::kServing));
  std::string page(page_html);
  const auto take = [&](std::string_view id) {
    const std::string place = "{{" + std::string(id) + "}}";
    const std::size_t at = page.find(place);
    REQUIRE_MESSAGE(at != std::string::npos, place);
    page.erase(at, place.size());
  };
  for (const auto& each : view.figures) take(each.id);
  for (const auto& each : view.tables) take(each.id);
  for (const auto& each : view.paths) take(each.id);
  CHECK_FALSE(contains(page, "{{"));
}

TEST_CASE("hostile texts are text on the page and complete in the title") {
  const std::string image = "<img src=x onerror=alert(1)>";
  for (const std::string& text :
       {image, std::string("\"' onmouseover='alert(1)"), std::string("</td></table><script>x</script>"),
        std::string("{{version}}{{lanes}}"), std::string("&lt;b&gt;"), std::string("\u202Eesrever"),
        std::string(256, '<'), std::string("\0\xff\xfe\r\n", 5)}) {
    CAPTURE(text);
    Snapshot snapshot = one_lane(Phase::kServing);
    snapshot.name = snapshot.lanes[0].name = text;
    ServerView& server = snapshot.lanes[0].server;
    server.results = {{"1-0", text, text, text, text}};
    server.stock = {{text, text, 1}};
    const View view = view_of(snapshot);
    const std::string html = html_of(view, page_html);
    for (const std::string markup : {"<img src=x", "<script>x", "</table><", "onmouseover='", "<<"}) {
      CHECK_FALSE_MESSAGE(contains(html, markup), markup);
    }
    CHECK(contains(html, "&amp;lt;b&amp;gt;") == (text == "&lt;b&gt;"));
    CHECK(html.size() < 100'000);
    const auto parsed = nlohmann::json::parse(json_of(view));
    CHECK_FALSE(contains(json_of(view), "\n"));
    if (text[0] != '\0') CHECK(parsed["tables"]["results"][0][1][0] == text);
    const std::string escaped = "&lt;img src=x onerror=alert(1)&gt;";
    if (text == image) CHECK(contains(html, "title=\"" + escaped + "\">" + escaped + "</td>"));
  }
}

}  // namespace orderd::admin
