// The server's values are read inside MULTI and EXEC, with the server's own clock, so that they are consistent however
// long the reply takes.
#include "benchmark/lab.h"

#include <algorithm>
#include <csignal>
#include <thread>

#include "support/valkey_helpers.h"

namespace orderd::bench {
namespace {

// A reading costs the server about 30 us: rare enough not to matter.
constexpr std::chrono::milliseconds kReadEvery{20};
// Fewer are done in a fraction of a second.
constexpr uint64_t kFew = 50'000;
constexpr std::chrono::milliseconds kReadFewEvery{5};
constexpr double kStuckSeconds = 60;

double value_of(std::string_view info, std::string_view name) {
  const std::size_t at = info.find(name);
  if (at == std::string_view::npos) throw std::runtime_error("INFO cpu does not show " + std::string(name));
  return std::stod(std::string(info.substr(at + name.size(), 24)));
}

test::ServerOptions server_options(Transport transport, AppendOnly append_only) {
  test::ServerOptions options;
  options.append_only = append_only;
  options.tcp = transport == Transport::kTcp;
  // A rewrite of the append-only file would disturb a measurement.
  options.config = {"auto-aof-rewrite-percentage 0", "maxmemory-policy noeviction"};
  return options;
}

}  // namespace

Lab::Lab(Transport transport, AppendOnly append_only)
    : transport_(transport), server_(server_options(transport, append_only)), admin_(server_.client()) {
}

valkey::Endpoint Lab::endpoint() const {
  return transport_ == Transport::kTcp ? server_.tcp_endpoint() : server_.endpoint();
}

std::string Lab::url() const {
  return transport_ == Transport::kTcp ? "valkey://127.0.0.1:" + std::to_string(server_.tcp_endpoint().port)
                                       : "unix://" + server_.endpoint().path;
}

void Lab::clear() {
  test::ask(admin_, {"FLUSHALL", "SYNC"});
  test::ask(admin_, {"CONFIG", "RESETSTAT"});
}

Reading Lab::read(const std::vector<pid_t>& pids, const Words& count) {
  for (const auto& words : std::initializer_list<Words>{{"MULTI"}, {"TIME"}, {"INFO", "cpu"}, count, {"EXEC"}}) {
    admin_.append(test::command_of(words));
  }
  Reading reading;
  for (const pid_t pid : pids) reading.process_cpu += process_cpu(pid);
  for (int queued = 0; queued < 4; ++queued) {
    if (const auto reply = admin_.read(); !reply) throw std::runtime_error(reply.error());
  }
  const auto reply = admin_.read();
  if (!reply) throw std::runtime_error(reply.error());
  const valkey::Reply values = reply.value().view();
  if (values.size() != 3) throw std::runtime_error("a reading was refused: " + std::string(values.text()));
  const valkey::Reply time = values.at(0);
  reading.at = std::stod(std::string(time.at(0).text())) + std::stod(std::string(time.at(1).text())) * 1e-6;
  const std::string_view cpu = values.at(1).text();
  reading.server_cpu = value_of(cpu, "used_cpu_sys_main_thread:") + value_of(cpu, "used_cpu_user_main_thread:");
  reading.done = static_cast<uint64_t>(values.at(2).integer());
  return reading;
}

std::vector<Reading> Lab::watch(uint64_t total, const std::vector<test::Process*>& processes, const Words& count) {
  std::vector<pid_t> pids;
  for (const auto* process : processes) pids.push_back(process->pid());
  std::vector<Reading> readings{read(pids, count)};
  double moved = readings.front().at;
  while (readings.back().done < total) {
    std::this_thread::sleep_for(total < kFew ? kReadFewEvery : kReadEvery);
    for (auto* process : processes) {
      if (!process->running()) throw std::runtime_error("it exited before its work was done: " + process->errors());
    }
    readings.push_back(read(pids, count));
    const Reading& now = readings.back();
    if (now.done != readings[readings.size() - 2].done) moved = now.at;
    if (now.at - moved > kStuckSeconds) {
      throw std::runtime_error("nothing moves: " + std::to_string(now.done) + " of " + std::to_string(total));
    }
  }
  return readings;
}

Orderd orderd_at(const std::string& path) {
  test::Process settings({path, "--print-config"});
  if (const int status = settings.wait(); status != 0) {
    throw std::runtime_error(path + " --print-config ended with " + std::to_string(status) + ": " + settings.errors());
  }
  const auto has = [&](const char* line) { return settings.output().find(line) != std::string::npos; };
  return {path, has("\nconsumer = "), has("[admin]\nlisten = ")};
}

std::unique_ptr<test::Process> start_orderd(const Orderd& orderd, const Lab& lab, const std::string& name,
                                            std::vector<std::string> settings) {
  settings.push_back("ORDERD_VALKEY_URL=" + lab.url());
  settings.push_back((orderd.in_group ? "ORDERD_STREAMS_CONSUMER=" : "ORDERD_PROCESSING_NAME=") + name);
  settings.emplace_back("ORDERD_LOG_LEVEL=warn");
  if (orderd.has_admin) settings.emplace_back("ORDERD_ADMIN_LISTEN=");
  test::ProcessOptions options;
  options.environment = std::move(settings);
  return std::make_unique<test::Process>(std::vector<std::string>{orderd.path}, options);
}

void stop_orderd(test::Process& orderd) {
  orderd.signal(SIGTERM);
  if (const int status = orderd.wait(); status != 0) {
    throw std::runtime_error("orderd exited with " + std::to_string(status) + ": " + orderd.errors());
  }
}

}  // namespace orderd::bench
