#include "benchmark/facts.h"

#include <hiredis/hiredis.h>
#include <sys/utsname.h>
#include <uv.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <thread>

#include "benchmark/lab.h"
#include "support/valkey_helpers.h"

namespace orderd::bench {
namespace {

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string server_version() {
  Lab lab(Transport::kUnix, AppendOnly::kOff);
  const std::string info = test::ask(lab.admin(), {"INFO", "server"});
  const std::string name = "valkey_version:";
  const std::size_t at = info.find(name);
  return at == std::string::npos ? "unknown" : info.substr(at + name.size(), info.find('\r', at) - at - name.size());
}

std::string now() {
  const std::time_t time = std::time(nullptr);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", std::gmtime(&time));
  return text.data();
}

}  // namespace

void put_down_machine(Report& report) {
  utsname kernel{};
  uname(&kernel);
  report.fact("when", now());
  report.fact("CPU", cpu_model() + ", " + std::to_string(std::thread::hardware_concurrency()) + " cores");
  report.fact("load average at the start", first_line("/proc/loadavg"));
  report.fact("kernel", kernel.release);
  report.fact("valkey-server", server_version());
  report.fact("hiredis", std::to_string(HIREDIS_MAJOR) + "." + std::to_string(HIREDIS_MINOR) + "." +
                             std::to_string(HIREDIS_PATCH));
  report.fact("libuv", uv_version_string());
  report.fact("compiler", "g++ " __VERSION__);
  report.fact("orderd", ORDERD_VERSION);
}

}  // namespace orderd::bench
