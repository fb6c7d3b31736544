// The contents of /metrics for a snapshot, and that docs/metrics.md lists all metrics. integration/prometheus_test.cpp
// shows that Prometheus accepts them.
#include "admin/metrics.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

namespace orderd::admin {
namespace {

LaneView lane_of(const std::string& name) {
  LaneView lane{.name = name, .lease = std::chrono::milliseconds(3000), .status = {}};
  return lane;
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

TEST_CASE("results are counted by status and reason") {
  LaneView lane = lane_of("orders");
  for (std::size_t i = 0; i < lane::kOutcomes; ++i) lane.status.counters.outcomes[i] = 10 + i;
  const std::string text = text_of(lane);
  const auto result = [&](const std::string& status, const std::string& reason) {
    return sample(text, "orderd_results_total{lane=\"orders\",status=\"" + status + "\",reason=\"" + reason + "\"}");
  };
  CHECK(result("accepted", "") == "10");
  CHECK(result("rejected", "insufficient_stock") == "11");
  CHECK(result("rejected", "unknown_sku") == "12");
  CHECK(result("rejected", "bad_stock") == "13");
  CHECK(result("rejected", "bad_record") == "14");
  CHECK(result("rejected", "id_reused") == "15");
  CHECK(result("duplicate", "") == "16");
  CHECK(result("rejected", "malformed") == "17");
  CHECK(sample(text, "orderd_dead_letters_total{lane=\"orders\"}") == "17");
}

TEST_CASE("unknown values are omitted rather than 0") {
  LaneView lane = lane_of("orders");
  const std::string unknown = text_of(lane);
  for (const char* name : {"orderd_requests_waiting", "orderd_oldest_waiting_seconds", "orderd_position_age_seconds",
                           "orderd_server_errors_total", "process_open_fds"}) {
    CHECK(unknown.find(name) == std::string::npos);
  }
  CHECK(sample(unknown, "orderd_active{lane=\"orders\"}") == "0");
  lane.status.active_since_ms = 5;
  lane.status.waiting = 12;
  lane.status.oldest_waiting_ms = 1500;
  lane.status.position_ms = 0;
  lane.status.counters.errors.add("OOM command not allowed");
  const std::string known = text_of(lane);
  CHECK(sample(known, "orderd_active{lane=\"orders\"}") == "1");
  CHECK(sample(known, "orderd_requests_waiting{lane=\"orders\"}") == "12");
  CHECK(sample(known, "orderd_oldest_waiting_seconds{lane=\"orders\"}") == "1.5");
  CHECK(sample(known, "orderd_position_age_seconds{lane=\"orders\"}") == "0");
  CHECK(sample(known, "orderd_server_errors_total{lane=\"orders\",error=\"OOM\"}") == "1");
}

TEST_CASE("exactly one phase of a lane is 1") {
  LaneView lane = lane_of("orders");
  for (std::size_t i = 0; i < lane::kPhaseNames.size(); ++i) {
    lane.status.phase = static_cast<lane::Phase>(i);
    const std::string text = text_of(lane);
    for (std::size_t j = 0; j < lane::kPhaseNames.size(); ++j) {
      const std::string name = std::string(lane::kPhaseNames[j]);
      CHECK(sample(text, "orderd_lane_phase{lane=\"orders\",phase=\"" + name + "\"}") == (i == j ? "1" : "0"));
    }
  }
}

TEST_CASE("histograms are cumulative, in base units, and the last bucket counts all") {
  LaneView lane = lane_of("orders");
  for (const uint64_t us : {50U, 100U, 101U, 1'000'000U, 99'000'000U}) lane.status.counters.settle_us.observe(us);
  for (const uint64_t ms : {0U, 3U, 5000U}) lane.status.counters.end_to_end_ms.observe(ms);
  const std::string text = text_of(lane);
  const auto bucket = [&](const std::string& name, const std::string& bound) {
    return sample(text, name + "_bucket{lane=\"orders\",le=\"" + bound + "\"}");
  };
  CHECK(bucket("orderd_settle_seconds", "0.0001") == "2");
  CHECK(bucket("orderd_settle_seconds", "0.0002") == "3");
  CHECK(bucket("orderd_settle_seconds", "0.8192") == "3");
  CHECK(bucket("orderd_settle_seconds", "1.6384") == "4");
  CHECK(bucket("orderd_settle_seconds", "13.1072") == "4");
  CHECK(bucket("orderd_settle_seconds", "+Inf") == "5");
  CHECK(sample(text, "orderd_settle_seconds_count{lane=\"orders\"}") == "5");
  CHECK(sample(text, "orderd_settle_seconds_sum{lane=\"orders\"}") == "100.000251");
  CHECK(bucket("orderd_end_to_end_seconds", "0.001") == "1");
  CHECK(bucket("orderd_end_to_end_seconds", "4194.304") == "3");
  CHECK(bucket("orderd_requests_per_call", "128") == "0");
}

TEST_CASE("each lane has its samples and lane names are escaped") {
  Snapshot snapshot;
  snapshot.lanes = {lane_of("a"), lane_of("b\"\\ \xe2\x82\xac")};
  snapshot.lanes[1].status.in_flight = 3;
  const std::string text = metrics_text(snapshot);
  CHECK(sample(text, "orderd_requests_in_flight{lane=\"a\"}") == "0");
  CHECK(sample(text, "orderd_requests_in_flight{lane=\"b\\\"\\\\ \xe2\x82\xac\"}") == "3");
}

TEST_CASE("process and log metrics are included") {
  Snapshot snapshot;
  snapshot.dropped_log_lines = 4;
  snapshot.process = {
      .cpu_seconds = 1.25, .start_seconds = 1.7e9, .resident_bytes = 4096, .open_files = 9, .open_files_max = 1024};
  const std::string text = metrics_text(snapshot);
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
  std::ifstream file(ORDERD_SOURCE_DIR "/docs/metrics.md", std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (text.str() == page()) return;
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

}  // namespace
}  // namespace orderd::admin
