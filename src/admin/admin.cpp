// A snapshot is taken for each request and made into text: nothing is kept up to date for somebody who may never ask.
#include "admin/admin.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

#include "admin/health.h"
#include "admin/metrics.h"

namespace orderd::admin {
namespace {

constexpr Milliseconds kListenAgain{10'000};
constexpr Milliseconds kMeasureLag{250};

Page page_of(const Health& health) {
  return {.status = health.good ? 200U : 503U, .body = health.text};
}

}  // namespace

Admin::Admin(Loop& loop, ListenAddress address, Look look)
    : loop_(loop),
      address_(std::move(address)),
      look_(std::move(look)),
      start_seconds_(std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count()),
      lag_timer_(loop, [this] { measure_lag(); }),
      again_(loop, [this] { listen(); }) {
  listen();
}

void Admin::listen() {
  auto server = HttpServer::listen(loop_, address_, [this](std::string_view path) { return page(path); });
  if (server) {
    server_ = std::move(*server);
    spdlog::info("metrics and health at http://{}", server_->address().text());
    return measure_lag();
  }
  if (!std::exchange(complained_, true)) {
    spdlog::error(
        "no metrics and no health: cannot listen on {}: {}. Orders are served all the same. Stop the other program, or "
        "give "
        "this daemon another admin.listen; orderd tries again every {} s",
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

Page Admin::page(std::string_view path) const {
  if (path == "/metrics") return {.type = kMetricsType, .body = metrics_text(snapshot())};
  if (path == "/livez") return page_of(live());
  if (path == "/readyz") return page_of(ready(snapshot()));
  if (path == "/version") return {.body = "orderd " ORDERD_VERSION "\n"};
  return {.status = 404, .body = "not found; there are /metrics, /livez, /readyz and /version\n"};
}

Snapshot Admin::snapshot() const {
  Snapshot made;
  look_(made);
  made.loop_lag_ms = lag_ms_;
  made.process = read_process_facts();
  made.process.start_seconds = start_seconds_;
  return made;
}

}  // namespace orderd::admin
