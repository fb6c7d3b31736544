// The service manager that started this process, such as systemd with Type=notify. orderd reports to it when it has
// started, reloads and stops, what it is doing, and that its loop runs. Without a service manager nothing happens.
//
// Without libsystemd. The protocol is one datagram of lines to the socket in $NOTIFY_SOCKET, and sd_notify(3) promises
// that it is stable. The library would bring compression and cryptography into the process, and it blocks while the
// manager does not read: orders would wait for it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "loop/loop.h"

namespace orderd::daemon {

class ServiceManager {
 public:
  struct Report {
    bool started = false;   // the outcome of the first attempt to serve is known
    bool draining = false;  // stopping, within shutdown.drain_timeout
    std::string doing;      // one sentence
  };
  using Look = std::function<Report()>;

  // Removes the variables of the protocol from the environment, so that a child does not report in our place. An
  // unusable one is logged and otherwise ignored. `look` is called from the loop, once a second and more often until
  // `started`; never from here.
  ServiceManager(Loop& loop, Look look);
  ~ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  // Around a reload of the settings.
  void reloading();
  void reloaded();
  // Final.
  void stopping();

 private:
  enum class Phase {
    kStarting,  // READY=1 is due when the report says so, or after kStartLimit
    kRunning,
    kReloading,  // between RELOADING=1 and READY=1
    kStopping,
  };

  void change_phase(Phase phase);
  void tick();
  void ping();
  void report_doing(const Report& report);
  [[nodiscard]] bool send(std::string_view lines);

  Loop& loop_;
  const Look look_;
  const std::string address_;      // as in sockaddr_un::sun_path; empty: no manager
  const Milliseconds ping_every_;  // zero: no watchdog
  int fd_ = -1;
  Phase phase_ = Phase::kStarting;
  uint64_t start_ms_ = 0;
  std::string unreported_;  // the last change of the phase, until the manager accepts it
  std::string doing_;       // as last sent to the manager
  bool complained_ = false;
  Timer tick_;
  Timer ping_;
};

}  // namespace orderd::daemon
