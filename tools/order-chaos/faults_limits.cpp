// P5 to P7: a daemon without CPU, memory, file descriptors or a log.
#include <sys/resource.h>

#include <fstream>

#include "order-chaos/fault.h"
#include "support/wait_for.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto kDrainDeadline = 10s;

// A twentieth of a CPU: it runs for 2 ms, then sleeps for 38.
Injected starve(Trial& /*trial*/, Daemon& daemon) {
  const auto pid = static_cast<id_t>(daemon.process().pid());
  (void)setpriority(PRIO_PROCESS, pid, 19);  // if refused, the pauses alone starve it
  daemon.stutter(20, 38ms);
  return {0ms, [&daemon] {
            // Only a new process gets the old priority back: raising it needs a privilege.
            if (setpriority(PRIO_PROCESS, static_cast<id_t>(daemon.process().pid()), 0) == 0) return;
            daemon.restart();
          }};
}

// False if it was refused, or if the daemon has exited.
bool limit(Daemon& daemon, __rlimit_resource resource, rlim_t soft, rlim_t hard) {
  const rlimit limit{soft, hard};
  return prlimit(daemon.process().pid(), resource, &limit, nullptr) == 0;
}

// A limit at its current memory, and a burst of large requests. It is restarted, as it may have died of that.
Injected no_more_memory(Trial& trial, Daemon& daemon) {
  daemon.until_it_listens();
  daemon.expect_end();
  std::ifstream statm("/proc/" + std::to_string(daemon.process().pid()) + "/statm");
  rlim_t pages = 0;
  statm >> pages;
  if (pages == 0 || !limit(daemon, RLIMIT_AS, pages * 4096 + 64 * 1024, RLIM_INFINITY))
    throw std::runtime_error("prlimit on the daemon was refused");
  std::vector<Order> large;
  for (int i = 0; i < 40; ++i) {
    Order order = trial.probe();
    order.customer = std::string(120, 'c');
    write_entry(order, Form::kFlat);
    order.entry.insert(order.entry.begin(), {"padding", std::string(50'000, 'x')});
    large.push_back(std::move(order));
  }
  (void)trial.push(large);
  return {trial.between(100, 400), [&daemon] { daemon.restart(); }};
}

// A limit at its current file descriptors, while its connections are closed.
Injected no_more_files(Trial& trial, Daemon& daemon) {
  daemon.until_it_listens();
  std::error_code problem;
  const std::filesystem::directory_iterator files("/proc/" + std::to_string(daemon.process().pid()) + "/fd", problem);
  const auto open = static_cast<rlim_t>(std::distance(begin(files), end(files)));
  if (!limit(daemon, RLIMIT_NOFILE, open > 2 ? open - 2 : 3, 4096))
    throw std::runtime_error("prlimit on the daemon was refused");
  daemon.proxy().reset();
  return {trial.between(50, 400), [&daemon] {
            (void)limit(daemon, RLIMIT_NOFILE, 1024, 4096);  // a failure shows as a missing recovery
          }};
}

// Its log cannot be written, and it logs a lot: its connections are closed again and again.
Injected log_disk_full(Trial& trial, Daemon& daemon) {
  daemon.restart(Daemon::Log::kFull);
  for (int i = 0; i < 5; ++i) {
    let_pass(trial.between(20, 60));
    daemon.proxy().reset();
  }
  return {trial.between(50, 200), [&trial, &daemon] {
            if (!daemon.running() && !trial.refusing())
              trial.incident(daemon.name() + " exited because its log could not be written");
            daemon.restart();
          }};
}

// Its log is a full pipe that is never read: it must still work, and stop on SIGTERM.
Injected log_stalled(Trial& trial, Daemon& daemon) {
  daemon.kill();
  daemon.proxy().reset();  // drops what the old process sent
  const uint64_t calls = daemon.calls();
  daemon.start(Daemon::Log::kStalled);
  // The last calls of the old process may be counted late.
  const auto serves = [&] { return daemon.calls() > calls && daemon.handles_signals(); };
  const bool works =
      test::poll_until([&] { return !daemon.running() || serves(); }, kDrainDeadline) && daemon.running();
  daemon.proxy().reset();
  const pid_t pid = daemon.process().pid();
  return {trial.between(50, 400), [&trial, &daemon, works, pid] {
            const bool same = daemon.process().pid() == pid;  // else another fault restarted it
            daemon.expect_end();
            daemon.tell(SIGTERM);
            try {
              const int status = daemon.process().wait(kDrainDeadline);
              if (works && same && status != 0 && !(status == 1 && trial.refusing()))
                trial.incident(daemon.name() + " had a stalled log and exited with " + std::to_string(status));
            } catch (const std::runtime_error&) {
              trial.incident(daemon.name() + " has a stalled log and does not obey SIGTERM");
              daemon.kill();
            }
            daemon.start();
          }};
}

}  // namespace

std::vector<Fault> limit_faults() {
  return {
      daemon_fault("P5", "a twentieth of a CPU", starve),
      daemon_fault("P6", "no more memory, and large requests", no_more_memory),
      daemon_fault("P7", "no more file descriptors", no_more_files),
      daemon_fault("P7", "a log that cannot be written", log_disk_full),
      daemon_fault("P7", "a log pipe that is not read", log_stalled),
  };
}

}  // namespace orderd::chaos
