// The admin server of a daemon: /metrics, /livez, /readyz and /version. A port that is in use is no reason not to serve
// orders: it says so and tries again.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "admin/http_server.h"
#include "admin/snapshot.h"
#include "base/listen_address.h"
#include "loop/loop.h"

namespace orderd::admin {

class Admin {
 public:
  // Sets the lanes and the dropped log lines; the rest is the admin's.
  using Look = std::function<void(Snapshot& snapshot)>;

  // Begins to listen.
  Admin(Loop& loop, ListenAddress address, Look look);
  Admin(const Admin&) = delete;
  Admin& operator=(const Admin&) = delete;

 private:
  void listen();
  void measure_lag();
  [[nodiscard]] Page page(std::string_view path) const;
  [[nodiscard]] Snapshot snapshot() const;

  Loop& loop_;
  ListenAddress address_;
  Look look_;
  double start_seconds_;
  LoopLag lag_ms_;
  uint64_t lag_due_us_ = 0;
  Timer lag_timer_;
  Timer again_;
  bool complained_ = false;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace orderd::admin
