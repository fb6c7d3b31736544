// /proc/PID/schedstat has nanoseconds, /proc/PID/stat only hundredths of a second.
#include "benchmark/gauge.h"

#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "support/valkey_helpers.h"

namespace orderd::bench {

std::map<std::string, CommandCost> command_costs(valkey::SyncClient& client) {
  // cmdstat_evalsha:calls=1,usec=2,usec_per_call=2.00,…
  std::map<std::string, CommandCost> costs;
  std::istringstream lines(test::ask(client, {"INFO", "commandstats"}));
  constexpr std::string_view kHead = "cmdstat_";
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(':');
    const std::size_t calls = line.find("calls=");
    const std::size_t usec = line.find(",usec=");
    if (!line.starts_with(kHead) || colon == std::string::npos) continue;
    if (calls == std::string::npos || usec == std::string::npos) continue;
    costs[line.substr(kHead.size(), colon - kHead.size())] = {std::stoull(line.substr(calls + 6)),
                                                              std::stod(line.substr(usec + 6)) * 1e-6};
  }
  return costs;
}

double info_number(valkey::SyncClient& client, const std::string& section, const std::string& name) {
  const std::string text = test::ask(client, {"INFO", section});
  const std::size_t at = text.find("\n" + name + ":");
  if (at == std::string::npos) throw std::runtime_error("INFO " + section + " does not show " + name);
  return std::stod(text.substr(at + name.size() + 2));
}

double process_cpu(pid_t pid) {
  const std::filesystem::path tasks = "/proc/" + std::to_string(pid) + "/task";
  double seconds = 0;
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    std::ifstream file(task.path() / "schedstat");
    double nanoseconds = 0;
    // A thread may have exited since it was listed; the main thread is always there.
    if (file >> nanoseconds) {
      seconds += nanoseconds * 1e-9;
    } else if (task.path().filename() == std::to_string(pid)) {
      throw std::runtime_error("no " + (task.path() / "schedstat").string() +
                               ": the kernel has to be built with CONFIG_SCHED_INFO");
    }
  }
  return seconds;
}

double peak_mib(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  }
  throw std::runtime_error("process " + std::to_string(pid) + " is not running");
}

double thread_cpu() {
  timespec now{};
  (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);  // cannot fail for this clock
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace orderd::bench
