// The running daemon: one loop, its lanes, the signals, and, if configured, the admin server and the embedded server.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "admin/admin.h"
#include "daemon/service_manager.h"
#include "lane/lane.h"
#include "loop/loop.h"
#include "settings/load.h"
#include "settings/topology.h"
#include "valkey/embedded_server.h"

namespace orderd::daemon {

class Daemon : private lane::Lane::Listener {
 public:
  // `sources`: the sources of the settings; they are read again at SIGHUP.
  Daemon(settings::Settings settings, settings::Sources sources);
  ~Daemon() override;
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Serves until a signal or a fatal error. Returns the exit status: 0 or 1.
  [[nodiscard]] int run();

 private:
  void start_lanes();
  void on_stop_signal();
  void on_reload_signal();
  void reload();
  [[nodiscard]] std::string serves() const;
  void apply(const settings::Settings& settings);
  void fail(const std::string& what);
  void stop_server();
  void report();
  void look(admin::Snapshot& snapshot) const;
  [[nodiscard]] ServiceManager::Report report_to_manager() const;

  void on_finished() override;
  [[nodiscard]] bool on_cannot_start(const lane::Lane& lane, const std::string& what) override;

  settings::Settings settings_;
  settings::Sources sources_;
  Loop loop_;
  settings::Topologies topologies_;
  valkey::SharedConnections connections_;
  std::unique_ptr<valkey::EmbeddedServer> server_;
  order::Lanes names_;
  lane::Shares shares_;
  std::vector<lane::Options> options_;  // per lane; addresses must stay valid
  std::vector<std::unique_ptr<lane::Lane>> lanes_;
  std::size_t lanes_running_ = 0;
  std::unique_ptr<admin::Admin> admin_;  // order matters: it looks at the lanes
  Timer starting_;
  uint64_t start_deadline_ms_ = 0;
  Timer drain_;
  ServiceManager manager_;
  std::vector<std::unique_ptr<Signal>> signals_;
  bool stopping_ = false;
  uint64_t stop_ms_ = 0;
  int exit_status_ = 0;
};

}  // namespace orderd::daemon
