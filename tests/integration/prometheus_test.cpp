// A real Prometheus scrapes a real orderd: it accepts the metrics, it answers the dashboard's queries, and an alert
// fires when no daemon is active.
#include <doctest/doctest.h>

#include <cctype>
#include <fstream>
#include <iomanip>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "integration/watched.h"

namespace orderd::test {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

// Scrapes one daemon, five times a second. `rules`: a file of alerts; empty: none.
class Prometheus {
 public:
  explicit Prometheus(uint16_t daemon_port, const std::string& rules = "") : port_(free_port()) {
    std::ofstream(files_.file("prometheus.yml")) << "global: { scrape_interval: 200ms, evaluation_interval: 200ms }\n"
                                                 << (rules.empty() ? "" : "rule_files: [ '" + rules + "' ]\n")
                                                 << "scrape_configs:\n"
                                                    "  - job_name: orderd\n"
                                                    "    static_configs: [ { targets: [ '127.0.0.1:"
                                                 << daemon_port << "' ] } ]\n";
    process_ = std::make_unique<Process>(std::vector<std::string>{
        "prometheus", "--config.file=" + files_.file("prometheus.yml"), "--storage.tsdb.path=" + files_.file("data"),
        "--web.listen-address=127.0.0.1:" + std::to_string(port_), "--scrape.discovery-reload-interval=200ms"});
    wait_to_say(*process_, "Server is ready to receive web requests");
  }
  // The response of its API to a path.
  [[nodiscard]] json get(const std::string& path) const {
    const HttpAnswer answer = http(port_, "/api/v1/" + path);
    REQUIRE_MESSAGE(answer.status == 200, path, answer.body);
    return json::parse(answer.body)["data"];
  }
  // The value of a query with one sample; nullopt: no sample.
  [[nodiscard]] std::optional<double> query(const std::string& text) const {
    const json found = get("query?query=" + encoded(text))["result"];
    if (found.size() != 1) return std::nullopt;
    return std::stod(found[0]["value"][1].get<std::string>());
  }
  void end() { test::end(*process_); }
  [[nodiscard]] static std::string encoded(const std::string& text) {
    std::ostringstream out;
    for (const unsigned char c : text) {
      if (std::isalnum(c) != 0) {
        out << c;
      } else {
        out << '%' << std::hex << std::setw(2) << std::setfill('0') << static_cast<int>(c);
      }
    }
    return out.str();
  }

 private:
  TemporaryDirectory files_;
  uint16_t port_;
  std::unique_ptr<Process> process_;
};

void collect(const json& part, std::vector<std::string>& queries) {
  if (part.is_object() && part.contains("expr")) queries.push_back(part["expr"]);
  for (const auto& each : part) {
    if (each.is_structured()) collect(each, queries);
  }
}

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

}  // namespace

TEST_CASE_FIXTURE(WatchedSale, "Prometheus scrapes orderd and has its results") {
  Prometheus prometheus(daemon.port);
  const auto query = [&](const std::string& text) { return prometheus.query(text); };
  wait_for([&] { return query("up") == 1; }, 60s, "the first scrape");
  sale.sell(500);
  const auto settled = static_cast<double>(sale.results());
  wait_for([&] { return query("sum(orderd_results_total)") == settled; }, 60s, "the results to be scraped");
  CHECK(query("sum(orderd_requests_per_call_sum)") == settled);
  CHECK(query("orderd_end_to_end_seconds_count") == settled);
  CHECK(query("histogram_quantile(0.5,orderd_settle_seconds_bucket)").value_or(0) > 0);
  wait_for([&] { return query("orderd_requests_waiting") == 0; }, 60s, "nothing waits");
  CHECK(query("orderd_active") == 1);
  CHECK(query("orderd_lane_phase{phase=\"serving\"}") == 1);
  // It accepted every sample of every scrape.
  CHECK(query("scrape_samples_scraped-scrape_samples_post_metric_relabeling") == 0);
  prometheus.end();
}

TEST_CASE_FIXTURE(WatchedSale, "Prometheus answers each query of the dashboard") {
  Prometheus prometheus(daemon.port);
  sale.produce();
  sale.wait_for_results(500);
  wait_for([&] { return prometheus.query("sum(orderd_results_total)").value_or(0) > 0; }, 60s, "a scrape");
  std::vector<std::string> queries;
  std::ifstream file(std::string(ORDERD_SOURCE_DIR) + "/config/grafana/orderd.json");
  collect(json::parse(file), queries);
  CHECK(queries.size() > 20);
  for (std::string& query : queries) {
    replace_all(query, "$lane", "orders");
    replace_all(query, "$__rate_interval", "1m");
    CAPTURE(query);
    // There are no samples of events that did not happen; there are of everything else.
    const bool rare = contains(query, "server_errors") || contains(query, "changes(");
    wait_for([&] { return rare || !prometheus.get("query?query=" + Prometheus::encoded(query))["result"].empty(); },
             30s, query);
    (void)prometheus.get("query?query=" + Prometheus::encoded(query));
  }
  prometheus.end();
  sale.stop_producing();
}

TEST_CASE_FIXTURE(WatchedSale,
                  "the alert for no active daemon fires when the active daemon is frozen and ends when it continues") {
  daemon.until_ready_is(200, "serving");
  // With a shorter time than the shipped one, which config/prometheus/alerts_test.yml checks.
  const TemporaryDirectory files;
  std::ifstream shipped(ORDERD_SOURCE_DIR "/config/prometheus/alerts.yml");
  const std::string rules{std::istreambuf_iterator<char>(shipped), {}};
  std::ofstream(files.file("alerts.yml")) << std::regex_replace(rules, std::regex("for: 15s"), "for: 1s");
  Prometheus prometheus(daemon.port, files.file("alerts.yml"));
  // The firing alert of this name.
  const auto firing = [&](const std::string& name) {
    const json alerts = prometheus.get("alerts")["alerts"];
    for (const auto& alert : alerts) {
      if (alert["labels"]["alertname"] == name && alert["state"] == "firing") return alert;
    }
    return json();
  };
  wait_for([&] { return prometheus.query("orderd_active") == 1 && prometheus.get("alerts")["alerts"].empty(); }, 60s,
           "a scrape, and no alert");
  daemon.process->pause();
  if (!poll_until([&] { return firing("OrderdNobodyActive").is_object(); }, 60s)) FAIL(prometheus.get("alerts").dump());
  CHECK(firing("OrderdNobodyActive")["labels"]["lane"] == "orders");
  CHECK(firing("OrderdNobodyActive")["annotations"]["summary"] == "No orderd is active for orders: orders wait");
  CHECK(prometheus.query("up") == 0);
  daemon.process->resume();
  wait_for([&] { return firing("OrderdNobodyActive").is_null(); }, 60s, "the alert to end");
  prometheus.end();
}

}  // namespace orderd::test
