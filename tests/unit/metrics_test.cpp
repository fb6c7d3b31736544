// The contents of /metrics for a snapshot, and that docs/metrics.md lists all metrics and config/ queries existing
// ones. integration/prometheus_test.cpp shows that Prometheus accepts them.
#include "admin/metrics.h"

#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "support/text.h"

namespace orderd::admin {
namespace {

using test::contains;

LaneView lane_of(const std::string& name) {
  return {.name = name, .lease = std::chrono::milliseconds(3000), .status = {}};
}

std::string text_of(const LaneView& lane) {
  Snapshot snapshot;
  snapshot.lanes.push_back(lane);
  return metrics_text(snapshot);
}

// The sample's value as text; "none" if absent.
std::string sample(const std::string& text, const std::string& name_and_labels) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name_and_labels + " ")) return line.substr(name_and_labels.size() + 1);
  }
  return "none";
}
// The same of the lane "orders"; `labels`: those after that of the lane.
std::string of_orders(const std::string& text, const std::string& name, const std::string& labels = "") {
  return sample(text, name + "{lane=\"orders\"" + labels + "}");
}

TEST_CASE("results are counted by status and reason") {
  LaneView lane = lane_of("orders");
  for (std::size_t i = 0; i < lane::kOutcomes; ++i) lane.status.counters.outcomes[i] = 10 + i;
  const std::string text = text_of(lane);
  const auto result = [&](const std::string& status, const std::string& reason) {
    return of_orders(text, "orderd_results_total", ",status=\"" + status + "\",reason=\"" + reason + "\"");
  };
  CHECK(result("accepted", "") == "10");
  CHECK(result("rejected", "insufficient_stock") == "11");
  CHECK(result("rejected", "unknown_sku") == "12");
  CHECK(result("rejected", "bad_stock") == "13");
  CHECK(result("rejected", "bad_record") == "14");
  CHECK(result("rejected", "id_reused") == "15");
  CHECK(result("duplicate", "") == "16");
  CHECK(result("rejected", "malformed") == "17");
  CHECK(of_orders(text, "orderd_dead_letters_total") == "17");
}

TEST_CASE("unknown values are omitted rather than 0") {
  LaneView lane = lane_of("orders");
  const std::string unknown = text_of(lane);
  CHECK(of_orders(unknown, "orderd_active") == "0");
  lane.status.active_since_ms = 5;
  lane.status.waiting = 12;
  lane.status.oldest_waiting_ms = 1500;
  lane.status.position_ms = 0;
  lane.status.counters.errors.add("OOM command not allowed");
  const std::string known = text_of(lane);
  CHECK(of_orders(known, "orderd_active") == "1");
  CHECK(of_orders(known, "orderd_requests_waiting") == "12");
  CHECK(of_orders(known, "orderd_oldest_waiting_seconds") == "1.5");
  CHECK(of_orders(known, "orderd_position_age_seconds") == "0");
  CHECK(of_orders(known, "orderd_server_errors_total", ",error=\"OOM\"") == "1");
  for (const std::string name : {"orderd_requests_waiting", "orderd_oldest_waiting_seconds",
                                 "orderd_position_age_seconds", "orderd_server_errors_total", "process_open_fds"}) {
    CHECK_FALSE_MESSAGE(contains(unknown, name), name);
  }
}

TEST_CASE("exactly one phase of a lane is 1") {
  LaneView lane = lane_of("orders");
  for (std::size_t i = 0; i < lane::kPhaseNames.size(); ++i) {
    lane.status.phase = static_cast<lane::Phase>(i);
    const std::string text = text_of(lane);
    for (std::size_t j = 0; j < lane::kPhaseNames.size(); ++j) {
      const std::string name(lane::kPhaseNames[j]);
      CHECK(of_orders(text, "orderd_lane_phase", ",phase=\"" + name + "\"") == (i == j ? "1" : "0"));
    }
  }
}

TEST_CASE("histograms are cumulative, in base units, and the last bucket counts all") {
  LaneView lane = lane_of("orders");
  for (const uint64_t us : {50U, 100U, 101U, 1'000'000U, 99'000'000U}) lane.status.counters.settle_us.observe(us);
  for (const uint64_t ms : {0U, 3U, 5000U}) lane.status.counters.end_to_end_ms.observe(ms);
  const std::string text = text_of(lane);
  const auto bucket = [&](const std::string& name, const std::string& bound) {
    return of_orders(text, name + "_bucket", ",le=\"" + bound + "\"");
  };
  CHECK(bucket("orderd_settle_seconds", "0.0001") == "2");
  CHECK(bucket("orderd_settle_seconds", "0.0002") == "3");
  CHECK(bucket("orderd_settle_seconds", "0.8192") == "3");
  CHECK(bucket("orderd_settle_seconds", "1.6384") == "4");
  CHECK(bucket("orderd_settle_seconds", "13.1072") == "4");
  CHECK(bucket("orderd_settle_seconds", "+Inf") == "5");
  CHECK(of_orders(text, "orderd_settle_seconds_count") == "5");
  CHECK(of_orders(text, "orderd_settle_seconds_sum") == "100.000251");
  CHECK(bucket("orderd_end_to_end_seconds", "0.001") == "1");
  CHECK(bucket("orderd_end_to_end_seconds", "4194.304") == "3");
  CHECK(bucket("orderd_requests_per_call", "128") == "0");
}

TEST_CASE("each lane has its samples, lane names are escaped, and process and log metrics are included") {
  Snapshot snapshot;
  snapshot.lanes = {lane_of("a"), lane_of("b\"\\ \xe2\x82\xac")};
  snapshot.lanes[1].status.in_flight = 3;
  snapshot.dropped_log_lines = 4;
  snapshot.process = {
      .cpu_seconds = 1.25, .start_seconds = 1.7e9, .resident_bytes = 4096, .open_files = 9, .open_files_max = 1024};
  const std::string text = metrics_text(snapshot);
  CHECK(sample(text, "orderd_requests_in_flight{lane=\"a\"}") == "0");
  CHECK(sample(text, "orderd_requests_in_flight{lane=\"b\\\"\\\\ \xe2\x82\xac\"}") == "3");
  CHECK(sample(text, "orderd_log_lines_dropped_total") == "4");
  CHECK(sample(text, "process_cpu_seconds_total") == "1.25");
  CHECK(sample(text, "process_start_time_seconds") == "1700000000");
  CHECK(sample(text, "process_resident_memory_bytes") == "4096");
  CHECK(sample(text, "process_open_fds") == "9");
  CHECK(sample(text, "process_max_fds") == "1024");
  CHECK(sample(text, "orderd_build_info{version=\"" ORDERD_VERSION "\"}") == "1");
  const ProcessFacts facts = read_process_facts();
  CHECK(facts.resident_bytes.value_or(0) > 100'000);
  CHECK(facts.open_files.value_or(0) >= 3);
}

// A file of the source tree.
std::string source(const std::string& path) {
  std::ifstream file(ORDERD_SOURCE_DIR "/" + path, std::ios::binary);
  REQUIRE_MESSAGE(file, path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string page() {
  std::string text =
      "# Metrics\n\n"
      "What `/metrics` has, for Prometheus; see [operations.md](operations.md) for what to alert on. `lane` is the "
      "name of the\n"
      "orders stream. What is not known is left out. This page is made from `src/admin/metrics.cpp`: where it is out "
      "of date,\n"
      "the unit test that compares the two fails and names the command that renews it.\n\n"
      "| metric | type | labels | is |\n| --- | --- | --- | --- |\n";
  for (const FamilyInfo& each : families()) {
    text.append("| `").append(each.name).append("` | ").append(each.type).append(" | ");
    text.append(each.labels.empty() ? "" : "`").append(each.labels).append(each.labels.empty() ? "" : "`");
    text.append(" | ").append(each.help).append(" |\n");
  }
  return text;
}

TEST_CASE("docs/metrics.md lists all metrics") {
  if (source("docs/metrics.md") == page()) return;
  const std::string fresh = ORDERD_BINARY_DIR "/metrics.md";
  std::ofstream(fresh, std::ios::binary) << page();
  FAIL("docs/metrics.md is out of date: cp ", fresh, " ", ORDERD_SOURCE_DIR, "/docs/metrics.md");
}

TEST_CASE("metrics follow the naming rules of Prometheus and have help texts") {
  for (const FamilyInfo& each : families()) {
    CAPTURE(each.name);
    CHECK(each.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
    CHECK((each.name.starts_with("orderd_") || each.name.starts_with("process_")));
    CHECK((each.type == "counter") == each.name.ends_with("_total"));
    CHECK(each.help.ends_with("."));
  }
}

std::set<std::string> names_in(const std::string& text) {
  static const std::regex kName("\\b(orderd|process)_[a-z_]+");
  std::set<std::string> names;
  for (std::sregex_iterator each(text.begin(), text.end(), kName), end; each != end; ++each) names.insert(each->str());
  return names;
}

// The names to query; a histogram has three.
std::set<std::string> served() {
  std::set<std::string> names;
  for (const FamilyInfo& each : families()) {
    const std::string name(each.name);
    if (each.type == "histogram") {
      names.insert({name + "_bucket", name + "_sum", name + "_count"});
    } else {
      names.insert(name);
    }
  }
  return names;
}

void collect(const nlohmann::json& json, std::vector<std::string>& queries) {
  if (json.is_object() && json.contains("expr")) queries.push_back(json["expr"]);
  for (const auto& each : json) {
    if (each.is_structured()) collect(each, queries);
  }
}

TEST_CASE("each query of the dashboard uses existing metrics") {
  std::vector<std::string> queries;
  collect(nlohmann::json::parse(source("config/grafana/orderd.json")), queries);
  CHECK(queries.size() > 20);
  const std::set<std::string> known = served();
  for (const std::string& query : queries) {
    CAPTURE(query);
    const std::set<std::string> names = names_in(query);
    CHECK((!names.empty() || contains(query, "up{")));
    for (const std::string& name : names) CHECK_MESSAGE(known.contains(name), name);
  }
}

TEST_CASE("each alert uses existing metrics and names a command") {
  const std::string alerts = source("config/prometheus/alerts.yml");
  const std::set<std::string> known = served();
  for (const std::string& name : names_in(alerts)) CHECK_MESSAGE(known.contains(name), name);
  const std::size_t count = test::count_of(alerts, "- alert: ");
  CHECK(count > 8);
  for (const std::string part : {" summary: ", " description: ", " command: ", "severity: "}) {
    CHECK_MESSAGE(test::count_of(alerts, part) == count, part);
  }
}

}  // namespace
}  // namespace orderd::admin
