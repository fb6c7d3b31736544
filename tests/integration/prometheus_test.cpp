// A real Prometheus scrapes a real orderd.
#include <doctest/doctest.h>
#include <signal.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "integration/watched.h"

namespace orderd::test {

TEST_CASE("Prometheus scrapes orderd and answers what it has settled") {
  using namespace std::chrono_literals;
  Sale sale(test_seed());
  const Watched daemon(sale, "only");
  const TemporaryDirectory files;
  const uint16_t port = free_port();
  std::ofstream(files.file("prometheus.yml")) << "global: { scrape_interval: 200ms }\n"
                                                 "scrape_configs:\n"
                                                 "  - job_name: orderd\n"
                                                 "    static_configs: [ { targets: [ '127.0.0.1:"
                                              << daemon.port << "' ] } ]\n";
  Process prometheus({"prometheus", "--config.file=" + files.file("prometheus.yml"),
                      "--storage.tsdb.path=" + files.file("data"),
                      "--web.listen-address=127.0.0.1:" + std::to_string(port)});
  wait_for([&] { return prometheus.errors().find("Server is ready to receive web requests") != std::string::npos; },
           60s, "Prometheus to start: " + prometheus.errors());
  // The value of a query with one sample; nothing: no sample.
  const auto query = [&](const std::string& encoded) -> std::optional<double> {
    const HttpAnswer answer = http(port, "/api/v1/query?query=" + encoded);
    REQUIRE_MESSAGE(answer.status == 200, answer.body);
    const auto found = nlohmann::json::parse(answer.body)["data"]["result"];
    if (found.size() != 1) return std::nullopt;
    return std::stod(found[0]["value"][1].get<std::string>());
  };
  wait_for([&] { return query("up") == 1; }, 60s, "the first scrape");
  sale.produce();
  sale.wait_for_results(500);
  sale.stop_producing();
  sale.settle();
  const auto settled = static_cast<double>(sale.results());
  wait_for([&] { return query("sum(orderd_results_total)") == settled; }, 60s, "the results to be scraped");
  CHECK(query("sum(orderd_requests_per_call_sum)") == settled);
  CHECK(query("orderd_end_to_end_seconds_count") == settled);
  CHECK(query("histogram_quantile(0.5,orderd_settle_seconds_bucket)").value_or(0) > 0);
  wait_for([&] { return query("orderd_requests_waiting") == 0; }, 60s, "nothing waits");
  CHECK(query("orderd_active") == 1);
  CHECK(query("orderd_lane_phase{phase=%22serving%22}") == 1);
  // It has taken every sample of every scrape.
  CHECK(query("scrape_samples_scraped-scrape_samples_post_metric_relabeling") == 0);
  prometheus.signal(SIGTERM);
  CHECK(prometheus.wait() == 0);
  end(*daemon.process);
}

}  // namespace orderd::test
