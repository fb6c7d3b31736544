// A snapshot is taken for each request and formatted: nothing is kept up to date without a request. The status page is
// the exception: rates are recorded every second, and while pages are open each second's view is made once for all of
// them.
#include "admin/admin.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "admin/health.h"
#include "admin/metrics.h"
#include "admin/page_files.h"
#include "admin/view_text.h"

namespace orderd::admin {
namespace {

constexpr Milliseconds kListenAgain{10'000};
constexpr Milliseconds kMeasureLag{250};
constexpr Milliseconds kTick{1000};
constexpr Milliseconds kServerAnswers{50};

Page page_of(const Health& health) {
  return {.status = health.good ? 200U : 503U, .body = health.text};
}

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// `retry`: after how many ms a page reconnects when the stream has ended.
std::string event_of(const View& view) {
  return "retry: 2000\ndata: " + json_of(view) + "\n\n";
}

}  // namespace

Admin::Admin(Loop& loop, ListenAddress address, const std::vector<Lane>& lanes, Look look)
    : loop_(loop),
      address_(std::move(address)),
      look_(std::move(look)),
      start_seconds_(now_seconds()),
      lag_timer_(loop, [this] { measure_lag(); }),
      again_(loop, [this] { listen(); }),
      tick_(loop, [this] { tick(); }),
      publish_(loop, [this] { publish(); }) {
  for (const Lane& lane : lanes) glances_.push_back(std::make_unique<Glance>(loop, lane.topology, lane.options));
  listen();
  tick();
}

void Admin::listen() {
  auto server = HttpServer::listen(loop_, address_, [this](std::string_view path) { return page(path); });
  if (server) {
    server_ = std::move(*server);
    spdlog::info("status page, metrics and health at http://{}", server_->address().text());
    return measure_lag();
  }
  if (!std::exchange(complained_, true)) {
    spdlog::error(
        "no metrics and no health: cannot listen on {}: {}. Orders are not affected. Stop the other program, or give "
        "this daemon another admin.listen; orderd retries every {} s",
        address_.text(), server.error(), kListenAgain.count() / 1000);
  }
  again_.start(kListenAgain);
}

void Admin::measure_lag() {
  const uint64_t now_us = Loop::precise_us();
  if (lag_due_us_ > 0) lag_ms_.observe(now_us > lag_due_us_ ? (now_us - lag_due_us_) / 1000 : 0);
  lag_due_us_ = now_us + static_cast<uint64_t>(std::chrono::microseconds(kMeasureLag).count());
  lag_timer_.start(kMeasureLag);
}

void Admin::tick() {
  tick_.start(kTick);
  Snapshot seen;
  look_(seen);
  rates_.sample(seen, loop_.now_ms());
  if (!server_ || server_->streams() == 0) return;
  look_at_server();
  publish_.start(kServerAnswers);
}

void Admin::look_at_server() {
  for (const auto& glance : glances_) glance->look();
}

void Admin::publish() {
  if (server_ && server_->streams() > 0) server_->publish(event_of(view()));
}

Page Admin::page(std::string_view path) {
  if (path == "/metrics") return {.type = kMetricsType, .body = metrics_text(snapshot())};
  if (path == "/livez") return page_of(live());
  if (path == "/readyz") return page_of(ready(snapshot()));
  if (path == "/version") return {.body = "orderd " ORDERD_VERSION "\n"};
  if (path == "/page.css") return {.type = "text/css; charset=utf-8", .body = std::string(page_css)};
  if (path == "/page.js") return {.type = "text/javascript; charset=utf-8", .body = std::string(page_js)};
  if (path == "/icon.svg") return {.type = "image/svg+xml", .body = std::string(icon_svg)};
  return status_page(path);
}

// The same view in three forms.
Page Admin::status_page(std::string_view path) {
  const bool html = path == "/", json = path == "/status.json", events = path == "/events";
  if (!html && !json && !events) {
    return {.status = 404, .body = "not found; try /, /metrics, /livez, /readyz or /version\n"};
  }
  look_at_server();
  if (html) return {.type = "text/html; charset=utf-8", .body = html_of(view(), page_html)};
  if (json) return {.type = "application/json", .body = json_of(view())};
  return {.type = "text/event-stream", .body = event_of(view()), .stream = true};
}

Snapshot Admin::snapshot() const {
  Snapshot made;
  look_(made);
  made.loop_lag_ms = lag_ms_;
  made.process = read_process_facts();
  made.process.start_seconds = start_seconds_;
  for (std::size_t i = 0; i < std::min(made.lanes.size(), glances_.size()); ++i) {
    made.lanes[i].server = glances_[i]->view();
  }
  return made;
}

View Admin::view() const {
  return make_view(snapshot(), rates_, static_cast<uint64_t>(now_seconds() * 1000));
}

}  // namespace orderd::admin
