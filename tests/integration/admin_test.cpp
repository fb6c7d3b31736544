// /metrics, /livez, /readyz and /version of a running orderd: what they report when something is wrong, and how they
// handle bad clients.
#include <signal.h>

#include <filesystem>
#include <iterator>

#include "integration/orderctl_desk.h"
#include "integration/watched.h"

namespace orderd::test {

using namespace std::chrono_literals;

TEST_CASE_FIXTURE(WatchedSale, "the admin server shows the metrics, the health and the version") {
  daemon.until_ready_is(200, "ready\n'orders': serving, ");
  push_order(sale.client(), "o-1");
  xadd(sale.client(), "orders", {{"id", "bad"}});
  sale.settle();
  daemon.until_waiting_is(0);
  CHECK(daemon.sample("orderd_results_total{lane=\"orders\",status=\"accepted\",reason=\"\"}") == 1);
  CHECK(daemon.sample("orderd_results_total{lane=\"orders\",status=\"rejected\",reason=\"malformed\"}") == 1);
  CHECK(daemon.sample("orderd_dead_letters_total{lane=\"orders\"}") == 1);
  CHECK(daemon.sample("orderd_active{lane=\"orders\"}") == 1);
  CHECK(daemon.sample("orderd_lane_phase{lane=\"orders\",phase=\"serving\"}") == 1);
  CHECK(daemon.sample("orderd_oldest_waiting_seconds{lane=\"orders\"}") == 0);
  CHECK(daemon.sample("orderd_end_to_end_seconds_count{lane=\"orders\"}") == 2);
  CHECK(daemon.sample("orderd_position_age_seconds{lane=\"orders\"}").has_value());
  CHECK(daemon.sample("process_open_fds").value_or(0) > 5);

  const HttpAnswer metrics = daemon.get("/metrics");
  CHECK(metrics.status == 200);
  CHECK(contains(metrics.head, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  Process promtool({"promtool", "check", "metrics"}, {.input = metrics.body});
  CHECK(promtool.wait() == 0);
  CHECK((promtool.output() + promtool.errors()).empty());

  CHECK(daemon.get("/livez").body == "live\n");
  CHECK(daemon.get("/version").body.starts_with("orderd "));
}

TEST_CASE_FIXTURE(WatchedSale, "a blocking key, a pause or a full memory makes a daemon not ready until it is over") {
  daemon.until_ready_is(200, "serving");
  set(sale.client(), "results", "not a stream");
  push_order(sale.client(), "o-1");
  daemon.until_ready_is(503, "not ready: 'orders': cannot process orders: WRONGTYPE key results");
  CHECK(daemon.get("/livez").status == 200);
  daemon.until_waiting_is(1);
  CHECK(daemon.sample("orderd_oldest_waiting_seconds{lane=\"orders\"}").value_or(0) > 0);
  CHECK(daemon.sample("orderd_server_errors_total{lane=\"orders\",error=\"WRONGTYPE\"}").value_or(0) > 0);
  ask_number(sale.client(), {"DEL", "results"});
  daemon.until_ready_is(200, "serving");
  daemon.until_waiting_is(0);
  succeeded(orderctl_at(sale.url, {"pause", "--reason", "counting the shelf"}));
  daemon.until_ready_is(503, "not ready: 'orders': paused: counting the shelf; orderctl resume ends that\n");
  CHECK(daemon.get("/livez").status == 200);
  for (const char* id : {"o-2", "o-3", "o-4"}) push_order(sale.client(), id);
  CHECK(daemon.sample("orderd_lane_phase{lane=\"orders\",phase=\"paused\"}") == 1);
  CHECK(daemon.sample("orderd_active{lane=\"orders\"}") == 1);
  daemon.until_waiting_is(3);
  CHECK_FALSE(daemon.sample("orderd_oldest_waiting_seconds{lane=\"orders\"}").has_value());  // they were not read
  succeeded(orderctl_at(sale.url, {"resume"}));
  daemon.until_ready_is(200, "serving");
  daemon.until_waiting_is(0);
  daemon.process->pause();
  push_order(sale.client(), "o-5");
  ask(sale.client(), {"CONFIG", "SET", "maxmemory", "1"});
  daemon.process->resume();
  daemon.until_ready_is(503, "not ready: 'orders': cannot process orders: OOM ");
  daemon.until_waiting_is(1);
  ask(sale.client(), {"CONFIG", "SET", "maxmemory", "0"});
  daemon.until_ready_is(200, "serving");
}

TEST_CASE_FIXTURE(WatchedSale, "only GET of existing paths with a local Host header is allowed") {
  const uint16_t port = daemon.port;
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"}) {
    const HttpAnswer answer = http(port, "/metrics", method, "Content-Length: 5\r\n\r\nabcde");
    CHECK_MESSAGE(answer.status == 405, method);
    CHECK_MESSAGE(contains(answer.head, "Allow: GET, HEAD\r\n"), method);
  }
  for (const std::string path : {"/page.html", "/metrics/", "/Metrics", "//livez", "/..%2fetc/passwd", "/livezz"}) {
    CHECK_MESSAGE(http(port, path).status == 404, path);
  }
  CHECK(http(port, "/livez?x=1").status == 200);
  const HttpAnswer head = http(port, "/livez", "HEAD");
  CHECK(head.status == 200);
  CHECK(contains(head.head, "Content-Length: 5\r\n"));
  CHECK(head.body.empty());
  const auto status = [&](const std::string& host) {
    return http(port, "/livez", "GET", "Host: " + host + "\r\n").status;
  };
  for (const char* host : {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "", "a b", "[::1"}) {
    CHECK_MESSAGE(status(host) == 421, host);
  }
  for (const char* host : {"localhost", "LOCALHOST:9464", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:80"}) {
    CHECK_MESSAGE(status(host) == 200, host);
  }
  const HttpConnection old(port);
  CHECK(old.send("GET /livez HTTP/1.0\r\n\r\n"));
  CHECK(parse_answer(old.read_all()).status == 200);
}

TEST_CASE_FIXTURE(WatchedSale, "invalid requests are refused, silent or slow clients lose their connections") {
  const HttpConnection silent(daemon.port);
  const HttpConnection slow(daemon.port);
  CHECK(slow.send("GET /livez HTTP/1.1\r\nX: "));
  const std::string large(20'000, 'x');
  const std::vector<std::string> requests = {"\r\n\r\n",
                                             "GET\r\n\r\n",
                                             "*1\r\n$4\r\nPING\r\n",
                                             std::string(64, '\0'),
                                             "GET /" + large + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
                                             "GET /livez HTTP/1.1\r\nHost: localhost\r\nX: " + large + "\r\n\r\n",
                                             "GET /livez HTTP/1.1\r\nHost: localhost\r\n" + std::string(40'000, 'y')};
  // All at once: some are not refused before the daemon gives up waiting for the rest.
  std::vector<std::unique_ptr<HttpConnection>> connections;
  for (const std::string& bytes : requests) {
    connections.push_back(std::make_unique<HttpConnection>(daemon.port));
    (void)connections.back()->send(bytes);
  }
  for (std::size_t i = 0; i < requests.size(); ++i) {
    CAPTURE(requests[i].substr(0, 40));
    const int status = parse_answer(connections[i]->read_all()).status;
    CHECK((status == 0 || (status >= 400 && status < 500)));
  }
  wait_for([&] { return !slow.send("x") || !slow.silent(); }, 40s, "the slow connection to be closed");
  CHECK(silent.read_all().empty());
  CHECK(daemon.get("/livez").status == 200);
}

TEST_CASE_FIXTURE(WatchedSale, "64 connections are served and the next one waits until one closes or all end at once") {
  const std::string request = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";
  std::vector<std::unique_ptr<HttpConnection>> connections;
  for (int i = 0; i < 64; ++i) {
    connections.push_back(std::make_unique<HttpConnection>(daemon.port));
    CHECK(connections.back()->send(request));
    CHECK(parse_answer(connections.back()->read_some()).status == 200);
  }
  auto next = std::make_unique<HttpConnection>(daemon.port);
  CHECK(next->send(request));
  CHECK(connections.back()->send(request));  // accepted connections still work
  CHECK(parse_answer(connections.back()->read_some()).status == 200);
  CHECK(next->silent());
  connections.front().reset();
  CHECK(parse_answer(next->read_some()).status == 200);
  daemon.process->signal(SIGSTOP);
  connections.clear();
  next.reset();
  daemon.process->signal(SIGCONT);
  // None of them is counted any more, and nothing else wakes the daemon's HTTP server.
  const std::string descriptors = "/proc/" + std::to_string(daemon.process->pid()) + "/fd";
  const auto open = [&] { return std::distance(std::filesystem::directory_iterator(descriptors), {}); };
  wait_for([&] { return open() < 64; }, 20s, "the ends of all connections");
  CHECK(http(daemon.port, "/livez").status == 200);
}

TEST_CASE("a port in use is reported once and opened when it is free, and orders are served meanwhile") {
  Sale other;
  const Watched taken(other, "other");
  const std::string where = "127.0.0.1:" + std::to_string(taken.port);
  Sale sale;
  const auto daemon = sale.daemon("only", {"ORDERD_ADMIN_LISTEN=" + where});
  push_order(sale.client(), "o-1");
  sale.settle();
  const std::string complaint = "no metrics and no health: cannot listen on " + where + ": Address already in use. ";
  wait_to_say(*daemon, complaint);
  end(*taken.process);
  wait_to_say(*daemon, "metrics and health at http://" + where);
  CHECK(count_of(daemon->errors(), complaint) == 1);
  CHECK(http(taken.port, "/readyz").status == 200);
  end(*daemon);
}

}  // namespace orderd::test
