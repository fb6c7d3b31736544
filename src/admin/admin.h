// The admin server of a daemon: the status page at /, /metrics, /livez, /readyz and /version. If its port is in use,
// orders are still served: it logs that and retries.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "admin/glance.h"
#include "admin/http_server.h"
#include "admin/rates.h"
#include "admin/snapshot.h"
#include "admin/view.h"
#include "base/listen_address.h"
#include "loop/loop.h"

namespace orderd::admin {

class Admin {
 public:
  // Sets the daemon's name, the lanes and the dropped log lines; Admin sets the rest.
  using Look = std::function<void(Snapshot& snapshot)>;

  struct Lane {
    const lane::Options& options;
    valkey::Topology& topology;
  };
  // Starts listening. `lanes`: in the order of `look`; what they refer to must outlive this.
  Admin(Loop& loop, ListenAddress address, const std::vector<Lane>& lanes, Look look);
  Admin(const Admin&) = delete;
  Admin& operator=(const Admin&) = delete;

 private:
  void listen();
  void measure_lag();
  void tick();
  void look_at_server();
  void publish();
  [[nodiscard]] Page page(std::string_view path);
  [[nodiscard]] Page status_page(std::string_view path);
  [[nodiscard]] Snapshot snapshot() const;
  [[nodiscard]] View view() const;

  Loop& loop_;
  ListenAddress address_;
  Look look_;
  double start_seconds_;
  LoopLag lag_ms_;
  uint64_t lag_due_us_ = 0;
  Timer lag_timer_;
  Timer again_;
  bool complained_ = false;
  std::vector<std::unique_ptr<Glance>> glances_;  // one for each lane
  Rates rates_;
  Timer tick_;     // each second
  Timer publish_;  // a moment later, when the server has replied
  std::unique_ptr<HttpServer> server_;
};

}  // namespace orderd::admin
