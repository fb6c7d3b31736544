// The status page of a running orderd over HTTP: its content without JavaScript, its event stream, and bad clients.
// tests/browser has the tests with a browser.
#include <map>
#include <nlohmann/json.hpp>

#include "integration/guarded.h"
#include "integration/watched.h"

namespace orderd::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kStreams = 16;

// An open stream of views. HTTP/1.0, so that it is not chunked.
class Events {
 public:
  explicit Events(uint16_t port, int receive_buffer = 0) : connection_(port, receive_buffer) {
    CHECK(connection_.send("GET /events HTTP/1.0\r\nHost: localhost\r\n\r\n"));
  }
  // Reads until a view satisfies `wanted`.
  template <class Wanted>
  nlohmann::json until(Wanted wanted) {
    while (true) {
      const std::size_t at = bytes_.find("\ndata: ");
      const std::size_t end = at == std::string::npos ? at : bytes_.find("\n\n", at);
      if (end == std::string::npos) {
        const std::string more = connection_.read_some();
        REQUIRE_MESSAGE(!more.empty(), "the stream has ended: ", bytes_);
        bytes_ += more;
        continue;
      }
      const auto view = nlohmann::json::parse(bytes_.substr(at + 7, end - at - 7));
      bytes_.erase(0, end + 2);
      if (wanted(view)) return view;
    }
  }
  // The header of the response.
  [[nodiscard]] HttpAnswer head() {
    bytes_ = connection_.read_some();
    return parse_answer(bytes_);
  }
  [[nodiscard]] const HttpConnection& connection() const { return connection_; }

 private:
  HttpConnection connection_;
  std::string bytes_;
};

bool has_one_result(const nlohmann::json& view) {
  return view["tables"]["results"].size() == 1;
}

// Waits until the page without JavaScript contains this.
std::string until_page_has(uint16_t port, const std::string& part) {
  std::string html;
  if (!poll_until([&] { return contains(html = http(port, "/").body, part); }, 30s)) {
    FAIL("no ", part, " in ", html);
  }
  return html;
}

}  // namespace

TEST_CASE_FIXTURE(WatchedSale,
                  "the page works without JavaScript, shows hostile IDs as text, and each file has its type") {
  push_order(sale.client(), "o-1");
  push_order(sale.client(), "o-2", "wig");
  push_order(sale.client(), "<img src=x onerror=alert(1)>\"'&", "<script>alert(1)</script>");
  xadd(sale.client(), "orders", {{"id", "bad"}});
  sale.settle();
  const std::string html = until_page_has(daemon.port, ">malformed</td>");
  for (const char* part :
       {"<span id=\"name\">only</span>", "<span id=\"verdict\" class=\"good\">serving</span>",
        "<span id=\"dead\" class=\"warn\">1</span>", ">orders</td>", ">accepted</td>", ">unknown_sku</td>",
        "<td>shoe</td><td>999,999</td>", "<td>wig</td><td class=\"bad\">no key</td>", ">o-1</td>",
        "&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;</td>", ">&lt;script&gt;alert(1)&lt;/script&gt;</td>"}) {
    CHECK_MESSAGE(contains(html, part), part, html);
  }
  for (const char* part : {"<img src=x", "<script>", "{{"}) CHECK_MESSAGE(!contains(html, part), part, html);
  CHECK(html.size() < 100'000);
  for (const auto& [path, type] : std::map<std::string, std::string>{{"/", "text/html; charset=utf-8"},
                                                                     {"/page.css", "text/css; charset=utf-8"},
                                                                     {"/page.js", "text/javascript; charset=utf-8"},
                                                                     {"/icon.svg", "image/svg+xml"},
                                                                     {"/status.json", "application/json"},
                                                                     {"/events", "text/event-stream"},
                                                                     {"/livez", "text/plain; charset=utf-8"},
                                                                     {"/version", "text/plain; charset=utf-8"}}) {
    const HttpAnswer head = http(daemon.port, path, "HEAD");
    INFO(path, head.head);
    CHECK(head.status == 200);
    CHECK(head.body.empty());
    CHECK(contains(head.head, "Content-Type: " + type + "\r\n"));
    for (const char* header : {"X-Content-Type-Options: nosniff\r\n", "Cache-Control: no-store\r\n",
                               "Content-Security-Policy: default-src 'self'\r\n"}) {
      CHECK(contains(head.head, header));
    }
    CHECK(http(daemon.port, path, "POST").status == 405);
    CHECK(http(daemon.port, path, "GET", "Host: evil.example\r\n").status == 421);
  }
}

TEST_CASE("the stream shows orders as they are settled and ends when the daemon stops") {
  Sale sale;
  const Watched daemon(sale, "only");
  daemon.until_ready_is(200, "serving");
  Events events(daemon.port);
  const HttpAnswer head = events.head();
  CHECK(head.status == 200);
  CHECK(contains(head.head, "Content-Type: text/event-stream\r\n"));
  events.until([](const auto& view) { return view["figures"]["results-note"][0] == "no result yet"; });
  push_order(sale.client(), "o-1");
  const auto seen = events.until(has_one_result);
  CHECK(seen["tables"]["results"][0][1][0] == "o-1");
  CHECK(seen["tables"]["stock"][0][1][0] == "999,999");
  events.until([](const auto& view) { return view["tables"]["lanes"][0][6][0] == "1"; });
  end(*daemon.process);
  (void)events.connection().read_all();  // returns at EOF
}

TEST_CASE("a standby is ready and shows the active daemon and the server's values until it takes over") {
  Sale sale;
  const Watched active(sale, "shop-1");
  active.until_ready_is(200, "serving");
  const Watched standby(sale, "shop-2");
  standby.until_ready_is(200, "'orders': standing by for 'shop-1'\n");
  CHECK(standby.sample("orderd_active{lane=\"orders\"}") == 0);
  CHECK(standby.sample("orderd_lane_phase{lane=\"orders\",phase=\"standby\"}") == 1);
  CHECK_FALSE(standby.sample("orderd_requests_waiting{lane=\"orders\"}").has_value());
  push_order(sale.client(), "o-1");
  sale.settle();
  Events events(standby.port);
  const auto seen = events.until(has_one_result);
  CHECK(seen["tables"]["lanes"][0][2][0] == "shop-1");
  CHECK(seen["figures"]["verdict"][0] == "standing by");
  kill(*active.process);
  events.until([](const auto& view) { return view["tables"]["lanes"][0][2][0] == "shop-2 (this daemon)"; });
  standby.until_ready_is(200, "serving");
  CHECK(standby.sample("orderd_active{lane=\"orders\"}") == 1);
  end(*standby.process);
}

TEST_CASE_FIXTURE(WatchedSale, "16 streams are served and further clients can still get a view") {
  std::vector<std::unique_ptr<Events>> streams;
  for (std::size_t i = 0; i < kStreams; ++i) {
    streams.push_back(std::make_unique<Events>(daemon.port));
    CHECK(streams.back()->head().status == 200);
  }
  CHECK(http(daemon.port, "/events").status == 503);
  CHECK(http(daemon.port, "/status.json").status == 200);
  CHECK(daemon.get("/livez").status == 200);
  streams.pop_back();
  wait_for([&] { return Events(daemon.port).head().status == 200; }, 30s, "the slot of the closed one");
}

TEST_CASE_FIXTURE(WatchedSale, "a stream whose client does not read is closed") {
  // Long texts and small buffers, so that the kernel's buffer for a client fills up soon.
  const std::string sku(120, 's');
  for (int i = 0; i < 50; ++i) push_order(sale.client(), std::to_string(i) + std::string(120, 'i'), sku);
  sale.settle();
  std::vector<std::unique_ptr<Events>> streams;
  for (std::size_t i = 0; i < kStreams; ++i) streams.push_back(std::make_unique<Events>(daemon.port, 4096));
  CHECK(Events(daemon.port).head().status == 503);
  wait_for([&] { return Events(daemon.port).head().status == 200; }, 120s, "a stream that is not read to be closed");
  CHECK(daemon.get("/livez").status == 200);
}

TEST_CASE("values without read rights are shown as not allowed and nothing else is affected") {
  Guarded shop;
  const auto daemon = shop.daemon("orderd", {"ORDERD_ADMIN_LISTEN=127.0.0.1:0"});
  wait_to_say(*daemon, "ready: ");
  const std::string log = daemon->errors();
  const std::string place = "http://127.0.0.1:";
  const auto port = static_cast<uint16_t>(std::stoi(log.substr(log.find(place) + place.size())));
  auto producer = shop.as("producer");
  push_order(producer, "o-1");
  until_page_has(port, "<td>shoe</td><td>99</td>");
  until_page_has(port, "<span id=\"dead\">0</span>");
  CHECK(send(shop.admin, command_of({"ACL", "LOG"})).view().size() == 0);
  CHECK(ask(shop.admin, {"ACL", "SETUSER", "orderd", "-xrevrange", "-xlen"}) == "OK");
  until_page_has(port, "<span id=\"dead\" class=\"warn\">not allowed</span>");
  until_page_has(port, "<span id=\"results-note\" class=\"warn\">not allowed</span>");
  push_order(producer, "o-2");
  wait_for([&] { return get(shop.admin, "product:shoe:stock") == "98"; }, 20s, "the order to be settled");
  CHECK_FALSE(says(*daemon, "NOPERM"));
  end(*daemon);
}

TEST_CASE_FIXTURE(WatchedSale, "a page without viewers has no connection to the server") {
  daemon.until_ready_is(200, "serving");
  const auto connected = [&] { return !clients_named(sale.client(), "orderd-page:only").empty(); };
  CHECK_FALSE(connected());
  (void)daemon.get("/");
  wait_for(connected, 20s, "the connection of the page");
  wait_for([&] { return !connected(); }, 40s, "the connection to be closed");
}

TEST_CASE("a frozen server makes a daemon not ready, the page shows it, and both recover") {
  Sale sale;
  const Watched daemon(sale, "only", {"ORDERD_VALKEY_REPLY_TIMEOUT=300ms", "ORDERD_VALKEY_CONNECT_TIMEOUT=300ms"});
  push_order(sale.client(), "o-1");
  sale.settle();
  Events events(daemon.port);
  events.until(has_one_result);
  sale.server.pause();
  events.until([](const auto& view) {
    return view["tables"]["results"].empty() && view["figures"]["results-note"][1] == "warn" &&
           view["figures"]["verdict"][0] == "not ready";
  });
  daemon.until_ready_is(503, "not ready: 'orders': not connected: ");
  CHECK(daemon.get("/livez").status == 200);
  CHECK(daemon.sample("orderd_active{lane=\"orders\"}") == 0);
  sale.server.resume();
  events.until(has_one_result);
  daemon.until_ready_is(200, "serving");
  CHECK(daemon.sample("orderd_reconnects_total{lane=\"orders\"}").value_or(0) >= 1);
  end(*daemon.process);
}

}  // namespace orderd::test
