// /proc/PID/schedstat has nanoseconds, /proc/PID/stat only hundredths of a second.
#include "order-bench/gauge.h"

#include <ctime>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "support/valkey_helpers.h"

namespace orderd::bench {

std::string value_in(const std::string& info, const std::string& name) {
  const std::size_t at = info.find("\n" + name + ":");
  if (at == std::string::npos) throw std::runtime_error("INFO does not show " + name);
  const std::size_t begin = at + name.size() + 2;
  return info.substr(begin, info.find('\r', begin) - begin);
}

std::string info_value(valkey::SyncClient& client, const std::string& section, const std::string& name) {
  return value_in(test::ask(client, {"INFO", section}), name);
}

double main_thread_cpu(const std::string& info) {
  return std::stod(value_in(info, "used_cpu_sys_main_thread")) + std::stod(value_in(info, "used_cpu_user_main_thread"));
}

double server_cpu(valkey::SyncClient& client) {
  return main_thread_cpu(test::ask(client, {"INFO", "cpu"}));
}

double used_memory(valkey::SyncClient& client) {
  return std::stod(info_value(client, "memory", "used_memory"));
}

double command_seconds(valkey::SyncClient& client, std::initializer_list<const char*> commands) {
  // cmdstat_evalsha:calls=1,usec=2,usec_per_call=2.00,…
  const std::string info = test::ask(client, {"INFO", "commandstats"});
  double seconds = 0;
  for (const char* command : commands) {
    const std::size_t line = info.find("cmdstat_" + std::string(command) + ":");
    if (line != std::string::npos) seconds += std::stod(info.substr(info.find("usec=", line) + 5)) * 1e-6;
  }
  return seconds;
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
