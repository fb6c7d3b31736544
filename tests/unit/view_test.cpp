// The contents of the status page, and that nothing from a producer is markup there.
#include "admin/view.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "admin/page_files.h"
#include "admin/view_text.h"

namespace orderd::admin {
namespace {

using lane::Phase;

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

Cell figure(const View& view, std::string_view id) {
  const auto found =
      std::find_if(view.figures.begin(), view.figures.end(), [&](const auto& each) { return each.id == id; });
  REQUIRE_MESSAGE(found != view.figures.end(), id);
  return found->cell;
}

std::vector<std::vector<Cell>> rows(const View& view, std::string_view id) {
  const auto found =
      std::find_if(view.tables.begin(), view.tables.end(), [&](const auto& each) { return each.id == id; });
  REQUIRE_MESSAGE(found != view.tables.end(), id);
  return found->rows;
}

}  // namespace

TEST_CASE("an active daemon shows what waits and marks a late order as bad") {
  const View view = view_of(one_lane(Phase::kServing));
  CHECK(figure(view, "verdict").text == "serving");
  CHECK(figure(view, "waiting").text == "1,234");
  CHECK(figure(view, "oldest").text == "12.0 s");
  CHECK(figure(view, "oldest").tone == Tone::kBad);
  const auto lanes = rows(view, "lanes");
  REQUIRE(lanes.size() == 1);
  CHECK(lanes[0][0].text == "orders");
  CHECK(lanes[0][1].text == "serving, 0 in flight");
  CHECK(lanes[0][2].text == "shop-1 (this daemon)");
}

TEST_CASE("a standby names the active daemon and does not know what waits") {
  Snapshot snapshot = one_lane(Phase::kStandby);
  snapshot.lanes[0].status.owner = "shop-2";
  const View view = view_of(snapshot);
  CHECK(figure(view, "verdict").text == "standing by");
  CHECK(figure(view, "waiting").text == "–");
  CHECK(rows(view, "lanes")[0][1].text == "standing by for 'shop-2'");
  CHECK(rows(view, "lanes")[0][2].text == "shop-2");
}

TEST_CASE("each lane has a row and the figures are sums") {
  Snapshot snapshot = one_lane(Phase::kServing);
  snapshot.lanes.push_back(snapshot.lanes[0]);
  snapshot.lanes[1].name = "wholesale";
  snapshot.lanes[1].status.blocked_by = "OOM";
  const View view = view_of(snapshot);
  CHECK(rows(view, "lanes").size() == 2);
  CHECK(rows(view, "lanes")[1][1].tone == Tone::kBad);
  CHECK(figure(view, "waiting").text == "2,468");
  CHECK(figure(view, "verdict").text == "not ready");
}

TEST_CASE("unknown values are not shown as zero") {
  Snapshot snapshot = one_lane(Phase::kServing);
  CHECK(figure(view_of(snapshot), "dead").text == "–");
  CHECK(figure(view_of(snapshot), "results-note").text == "asking the server …");
  ServerView& server = snapshot.lanes[0].server;
  server.dead_answer = server.stock_answer = server.results_answer = Answer::kNotAllowed;
  CHECK(figure(view_of(snapshot), "dead").text == "not allowed");
  CHECK(figure(view_of(snapshot), "stock-note").text == "not allowed");
  server.dead_answer = server.stock_answer = server.results_answer = Answer::kGood;
  CHECK(figure(view_of(snapshot), "dead").text == "0");
  CHECK(figure(view_of(snapshot), "results-note").text == "no result yet");
  server = {};
  server.trouble = "connection refused";
  CHECK(figure(view_of(snapshot), "results-note").text == "connection refused");
}

TEST_CASE("stock is shown as it is, even if it is not a number") {
  Snapshot snapshot = one_lane(Phase::kServing);
  ServerView& server = snapshot.lanes[0].server;
  server.results_read = 50;
  server.stock = {{"shoe", "12345", 3}, {"hat", "0", 2}, {"sock", "many", 1}, {"scarf", std::nullopt, 1}};
  const auto stock = rows(view_of(snapshot), "stock");
  REQUIRE(stock.size() == 4);
  CHECK(stock[0][1].text == "12,345");
  CHECK(stock[0][2].text == "3 of 50");
  CHECK(stock[1][1].text == "sold out");
  CHECK(stock[2][1].text == "many");
  CHECK(stock[3][1].text == "no key");
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
  CHECK(page.find("{{") == std::string::npos);
}

TEST_CASE("hostile texts are text on the page and complete in the title") {
  const std::string hostile[] = {"<img src=x onerror=alert(1)>",
                                 "\"' onmouseover='alert(1)",
                                 "</td></table><script>x</script>",
                                 "{{version}}{{lanes}}",
                                 "&lt;b&gt;",
                                 "\u202Eesrever",
                                 std::string(256, '<'),
                                 std::string("\0\xff\xfe\r\n", 5)};
  for (const std::string& text : hostile) {
    CAPTURE(text);
    Snapshot snapshot = one_lane(Phase::kServing);
    snapshot.name = snapshot.lanes[0].name = text;
    ServerView& server = snapshot.lanes[0].server;
    server.results = {{"1-0", text, text, text, text}};
    server.stock = {{text, text, 1}};
    const View view = view_of(snapshot);
    const std::string html = html_of(view, page_html);
    for (const char* markup : {"<img src=x", "<script>x", "</table><", "onmouseover='", "<<"}) {
      CHECK(html.find(markup) == std::string::npos);
    }
    CHECK((html.find("&amp;lt;b&amp;gt;") != std::string::npos) == (text == "&lt;b&gt;"));
    CHECK(html.size() < 100'000);
    const auto parsed = nlohmann::json::parse(json_of(view));
    CHECK(json_of(view).find('\n') == std::string::npos);
    if (text[0] != '\0') CHECK(parsed["tables"]["results"][0][1][0] == text);
    if (text == "<img src=x onerror=alert(1)>") {
      CHECK(html.find("title=\"&lt;img src=x onerror=alert(1)&gt;\">&lt;img src=x onerror=alert(1)&gt;</td>") !=
            std::string::npos);
    }
  }
}

}  // namespace orderd::admin
