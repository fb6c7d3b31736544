// Unknown values are a dash, never a 0. With several lanes figures are sums, and results and SKUs of all lanes are
// merged.
#include "admin/view.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <optional>

#include "admin/health.h"
#include "admin/units.h"
#include "base/number.h"
#include "base/stream_id.h"

namespace orderd::admin {
namespace {

constexpr std::string_view kUnknown = "–";
constexpr std::size_t kRateSeconds = 5;
constexpr std::size_t kResultRows = 12;
constexpr std::size_t kStockRows = 10;
constexpr uint64_t kLateMs = 10'000;  // no request should wait longer

Cell cell(std::string text, Tone tone = Tone::kPlain) {
  return {std::move(text), tone};
}
Cell unknown() {
  return {std::string(kUnknown), Tone::kMuted};
}

// Adds up what is known.
void add(std::optional<uint64_t>& sum, std::optional<uint64_t> value) {
  if (value) sum = sum.value_or(0) + *value;
}

Cell count_cell(std::optional<uint64_t> count) {
  return count ? cell(count_text(*count)) : unknown();
}

Cell oldest_cell(std::optional<uint64_t> ms) {
  if (!ms) return unknown();
  if (*ms == 0) return cell("none", Tone::kMuted);
  return cell(span_text(*ms), *ms >= kLateMs ? Tone::kBad : Tone::kPlain);
}

Cell active_cell(const LaneView& lane, const std::string& name) {
  if (lane.status.active_since_ms > 0) return cell(name + " (this daemon)");
  return lane.status.owner.empty() ? unknown() : cell(lane.status.owner);
}

Cell state_cell(const LaneView& lane) {
  const Health health = verdict(lane);
  const bool standby = lane.status.phase == lane::Phase::kStandby;
  return cell(health.text, !health.good ? Tone::kBad : standby ? Tone::kMuted : Tone::kGood);
}

std::vector<std::vector<Cell>> lane_rows(const Snapshot& snapshot, const Rates& rates) {
  std::vector<std::vector<Cell>> rows;
  for (std::size_t i = 0; i < snapshot.lanes.size(); ++i) {
    const LaneView& lane = snapshot.lanes[i];
    rows.push_back({cell(lane.name), state_cell(lane), active_cell(lane, snapshot.name),
                    cell(rate_text(rates.per_second(i, kRateSeconds))), count_cell(lane.status.waiting),
                    oldest_cell(lane.status.oldest_waiting_ms), cell(count_text(lane.status.counters.settled())),
                    lane.status.position.empty() ? unknown() : cell(lane.status.position)});
  }
  return rows;
}

// The time of day is enough: only the latest results are shown.
std::string clock_of(std::string_view id) {
  constexpr uint64_t kYear10000 = 253'402'300'800'000;
  const uint64_t ms = time_of(id);
  if (ms >= kYear10000) return std::string(id);
  const uint64_t day_ms = ms % 86'400'000;
  return fmt::format("{:02}:{:02}:{:02}.{:03}", day_ms / 3'600'000, day_ms / 60'000 % 60, day_ms / 1000 % 60,
                     day_ms % 1000);
}

std::vector<std::vector<Cell>> result_rows(const Snapshot& snapshot) {
  std::vector<const ResultSeen*> results;
  for (const LaneView& lane : snapshot.lanes) {
    for (const ResultSeen& each : lane.server.results) results.push_back(&each);
  }
  std::stable_sort(results.begin(), results.end(),
                   [](const ResultSeen* a, const ResultSeen* b) { return time_of(a->id) > time_of(b->id); });
  results.resize(std::min(results.size(), kResultRows));
  std::vector<std::vector<Cell>> rows;
  for (const ResultSeen* each : results) {
    const Tone tone = each->status == "accepted"   ? Tone::kGood
                      : each->status == "rejected" ? Tone::kWarn
                                                   : Tone::kMuted;
    rows.push_back({cell(clock_of(each->id), Tone::kMuted), cell(each->order),
                    cell(each->reason.empty() ? each->status : each->reason, tone), cell(each->what)});
  }
  return rows;
}

std::vector<std::vector<Cell>> stock_rows(const Snapshot& snapshot) {
  std::vector<std::pair<const StockSeen*, std::size_t>> stock;  // and of how many results
  for (const LaneView& lane : snapshot.lanes) {
    for (const StockSeen& each : lane.server.stock) stock.emplace_back(&each, lane.server.results_read);
  }
  std::stable_sort(stock.begin(), stock.end(),
                   [](const auto& a, const auto& b) { return a.first->results > b.first->results; });
  stock.resize(std::min(stock.size(), kStockRows));
  std::vector<std::vector<Cell>> rows;
  for (const auto& [each, of] : stock) {
    Cell left = each->left ? cell(*each->left) : cell("no key", Tone::kBad);
    if (each->left) {
      const auto units = parse_number<uint64_t>(*each->left);
      left = !units       ? cell(*each->left, Tone::kBad)
             : *units > 0 ? cell(count_text(*units))
                          : cell("sold out", Tone::kWarn);
    }
    rows.push_back({cell(each->sku), left, cell(fmt::format("{} of {}", each->results, of), Tone::kMuted)});
  }
  return rows;
}

// Why a list from the server is missing; empty if it is not.
Cell note(const Snapshot& snapshot, Answer ServerView::*answer, const std::vector<std::vector<Cell>>& rows,
          const char* none) {
  for (const LaneView& lane : snapshot.lanes) {
    const Answer given = lane.server.*answer;
    if (given == Answer::kNotAllowed) return cell("not allowed", Tone::kWarn);
    if (given == Answer::kFailed) return cell("the server could not answer", Tone::kWarn);
    if (!lane.server.trouble.empty()) return cell(lane.server.trouble, Tone::kWarn);
    if (given == Answer::kNone) return cell("asking the server …", Tone::kMuted);
  }
  return cell(rows.empty() ? none : "", Tone::kMuted);
}

Cell dead_cell(const Snapshot& snapshot) {
  uint64_t letters = 0;
  for (const LaneView& lane : snapshot.lanes) {
    if (lane.server.dead_answer == Answer::kNotAllowed) return cell("not allowed", Tone::kWarn);
    if (lane.server.dead_answer != Answer::kGood) return unknown();
    letters += lane.server.dead;
  }
  return cell(count_text(letters), letters > 0 ? Tone::kWarn : Tone::kPlain);
}

// Bars of 5 units in a box of 600 by 100.
void add_bar(std::string& path, std::size_t bar, double from, double to) {
  if (to - from < 0.05) return;
  path += fmt::format("M{} {:.1f}v{:.1f}h4v{:.1f}z", bar * 5, 100 - from, from - to, to - from);
}

void draw_chart(const Rates& rates, View& view) {
  const auto bars = rates.bars();
  uint64_t highest = 1;
  for (const Rates::Counts& bar : bars) highest = std::max(highest, bar.all());
  const double unit = 100.0 / static_cast<double>(highest);
  std::string accepted, duplicate, rejected;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const double first = static_cast<double>(bars[i].accepted) * unit;
    const double second = first + static_cast<double>(bars[i].duplicate) * unit;
    const double third = second + static_cast<double>(bars[i].rejected) * unit;
    add_bar(accepted, i, 0, first);
    add_bar(duplicate, i, first, second);
    add_bar(rejected, i, second, third);
  }
  view.paths = {{"chart-accepted", accepted}, {"chart-duplicate", duplicate}, {"chart-rejected", rejected}};
  const Rates::Counts sum = rates.sum();
  view.figures.push_back({"accepted", cell(count_text(sum.accepted))});
  view.figures.push_back({"rejected", cell(count_text(sum.rejected))});
  view.figures.push_back({"duplicate", cell(count_text(sum.duplicate))});
  view.figures.push_back(
      {"peak", cell(rate_text(static_cast<double>(highest) / static_cast<double>(Rates::kBarSeconds)))});
}

void add_headline(const Snapshot& snapshot, const Rates& rates, View& view) {
  std::optional<uint64_t> waiting, oldest;
  double now = 0, minute = 0;
  for (std::size_t i = 0; i < snapshot.lanes.size(); ++i) {
    const lane::Status& status = snapshot.lanes[i].status;
    add(waiting, status.waiting);
    if (status.oldest_waiting_ms) oldest = std::max(oldest.value_or(0), *status.oldest_waiting_ms);
    now += rates.per_second(i, kRateSeconds);
    minute += rates.per_second(i, 60);
  }
  view.figures.push_back({"rate", cell(rate_text(now))});
  view.figures.push_back({"rate-minute", cell(rate_text(minute))});
  view.figures.push_back({"waiting", count_cell(waiting)});
  view.figures.push_back({"oldest", oldest_cell(oldest)});
  view.figures.push_back({"dead", dead_cell(snapshot)});
}

}  // namespace

View make_view(const Snapshot& snapshot, const Rates& rates, uint64_t now_ms) {
  View view;
  const bool good = ready(snapshot).good;
  const bool active = std::any_of(snapshot.lanes.begin(), snapshot.lanes.end(),
                                  [](const LaneView& lane) { return lane.status.active_since_ms > 0; });
  view.figures.push_back({"name", cell(snapshot.name)});
  view.figures.push_back({"version", cell(ORDERD_VERSION)});
  view.figures.push_back({"verdict", cell(!good    ? "not ready"
                                          : active ? "serving"
                                                   : "standing by",
                                          !good ? Tone::kBad : Tone::kGood)});
  view.figures.push_back({"as-of", cell(time_text(now_ms))});
  const auto start_ms = static_cast<uint64_t>(snapshot.process.start_seconds * 1000);
  view.figures.push_back({"uptime", cell(span_text(now_ms > start_ms ? now_ms - start_ms : 0))});
  add_headline(snapshot, rates, view);
  draw_chart(rates, view);
  view.tables = {
      {"lanes", lane_rows(snapshot, rates)}, {"stock", stock_rows(snapshot)}, {"results", result_rows(snapshot)}};
  view.figures.push_back(
      {"stock-note", note(snapshot, &ServerView::stock_answer, view.tables[1].rows, "no order yet")});
  view.figures.push_back(
      {"results-note", note(snapshot, &ServerView::results_answer, view.tables[2].rows, "no result yet")});
  return view;
}

}  // namespace orderd::admin
