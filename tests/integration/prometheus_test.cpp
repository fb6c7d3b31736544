// A real Prometheus scrapes a real orderd: it accepts the metrics and answers the dashboard's queries.
#include <fstream>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "integration/watched.h"

namespace orderd::test {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

// Scrapes one daemon, five times a second.
struct Prometheus {
  explicit Prometheus(uint16_t daemon_port) {
    std::ofstream(files.file("prometheus.yml"))
        << "global: { scrape_interval: 200ms }\n"
        << "scrape_configs: [ { job_name: orderd, static_configs: [ { targets: [ '127.0.0.1:" << daemon_port
        << "' ] } ] } ]\n";
    process = std::make_unique<Process>(std::vector<std::string>{
        "prometheus", "--config.file=" + files.file("prometheus.yml"), "--storage.tsdb.path=" + files.file("data"),
        "--web.listen-address=127.0.0.1:" + std::to_string(port), "--scrape.discovery-reload-interval=200ms"});
    wait_to_say(*process, "Server is ready to receive web requests");
  }
  ~Prometheus() { end(*process); }

  // The samples of a query; below, the value of one with one sample; nullopt: no sample.
  [[nodiscard]] json samples(const std::string& text) const {
    std::ostringstream encoded;
    encoded << std::hex << std::setfill('0');
    for (const unsigned char c : text) encoded << '%' << std::setw(2) << static_cast<int>(c);
    const HttpAnswer answer = http(port, "/api/v1/query?query=" + encoded.str());
    REQUIRE_MESSAGE(answer.status == 200, text, answer.body);
    return json::parse(answer.body)["data"]["result"];
  }
  [[nodiscard]] std::optional<double> query(const std::string& text) const {
    const json found = samples(text);
    if (found.size() != 1) return std::nullopt;
    return std::stod(found[0]["value"][1].get<std::string>());
  }

  TemporaryDirectory files;
  uint16_t port = free_port();
  std::unique_ptr<Process> process;
};

}  // namespace

TEST_CASE_FIXTURE(WatchedSale, "Prometheus scrapes orderd, has its results, and answers each query of the dashboard") {
  const Prometheus prometheus(daemon.port);
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
  // It answers each query of the dashboard.
  sale.produce();
  std::ifstream file(ORDERD_SOURCE_DIR "/config/grafana/orderd.json");
  const json dashboard = json::parse(file).flatten();
  std::size_t queries = 0;
  for (const auto& [path, value] : dashboard.items()) {
    if (!path.ends_with("/expr")) continue;
    ++queries;
    std::string text = std::regex_replace(value.get<std::string>(), std::regex("\\$lane"), "orders");
    text = std::regex_replace(text, std::regex("\\$__rate_interval"), "1m");
    // There are no samples of events that did not happen; there are of everything else.
    const bool rare = contains(text, "server_errors") || contains(text, "changes(");
    wait_for([&] { return !prometheus.samples(text).empty() || rare; }, 30s, text);
  }
  CHECK(queries > 20);
  sale.stop_producing();
}

}  // namespace orderd::test
