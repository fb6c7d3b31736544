// What the figures depend on besides the code.
#include <hiredis/hiredis.h>
#include <sys/utsname.h>
#include <uv.h>

#include <array>
#include <ctime>
#include <fstream>
#include <thread>

#include "order-bench/bench.h"
#include "order-bench/lab.h"

namespace orderd::bench {
namespace {

// The first line that begins with this; empty if there is none.
std::string line_of(const std::string& path, const std::string& head) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line) && !line.starts_with(head)) {
  }
  return line;
}

std::string cpu_model() {
  const std::string line = line_of("/proc/cpuinfo", "model name");
  return line.empty() ? "unknown" : line.substr(line.find(':') + 2);
}

std::string now() {
  const std::time_t time = std::time(nullptr);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", std::gmtime(&time));
  return text.data();
}

}  // namespace

void describe_machine(Report& report) {
  utsname kernel{};
  uname(&kernel);
  Lab lab;
  report.fact("when", now());
  report.fact("CPU", cpu_model() + ", " + std::to_string(std::thread::hardware_concurrency()) + " cores");
  report.fact("load average at the start", line_of("/proc/loadavg", ""));
  report.fact("kernel", kernel.release);
  report.fact("valkey-server", info_value(lab.admin(), "server", "valkey_version"));
  report.fact("hiredis", std::to_string(HIREDIS_MAJOR) + "." + std::to_string(HIREDIS_MINOR) + "." +
                             std::to_string(HIREDIS_PATCH));
  report.fact("libuv", uv_version_string());
  report.fact("compiler", "g++ " __VERSION__);
  report.fact("orderd", ORDERD_VERSION);
}

}  // namespace orderd::bench
