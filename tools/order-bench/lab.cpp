// The server's values are read inside MULTI and EXEC, with the server's own clock, so that they are consistent however
// long the reply takes.
#include "order-bench/lab.h"

#include <algorithm>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
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

// A value of INFO by name.
std::string value_in(const std::string& info, const std::string& name) {
  const std::size_t at = info.find("\n" + name + ":");
  if (at == std::string::npos) throw std::runtime_error("INFO does not show " + name);
  const std::size_t begin = at + name.size() + 2;
  return info.substr(begin, info.find('\r', begin) - begin);
}

// From INFO cpu.
double main_thread_cpu(const std::string& info) {
  return std::stod(value_in(info, "used_cpu_sys_main_thread")) + std::stod(value_in(info, "used_cpu_user_main_thread"));
}

constexpr uint64_t kRound = 10'000;  // keys or requests per call

// Lines step through the SKUs by a number that has no common factor with round numbers, so that neighbors in the stream
// are not neighbors among the keys.
constexpr std::string_view kFill = R"lua(#!lua
local first, last, lines, skus = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
for i = first, last do
  if lines == 1 then
    server.call('XADD', KEYS[1], '*', 'order',
      string.format('{"id":"o-%.0f","sku":"sku-%d","quantity":1}', i, (i * 7919) % skus))
  else
    local items = {}
    for k = 0, lines - 1 do
      items[#items + 1] = string.format('{"sku":"sku-%d","quantity":1}', ((i * lines + k) * 7919) % skus)
    end
    server.call('XADD', KEYS[1], '*', 'order',
      string.format('{"id":"o-%.0f","items":[%s]}', i, table.concat(items, ',')))
  end
end
return 0
)lua";

constexpr std::string_view kStockUp = R"lua(
for i = tonumber(ARGV[1]), tonumber(ARGV[2]) do server.call('SET', 'product:sku-' .. i .. ':stock', ARGV[3]) end
return 0
)lua";

constexpr std::string_view kLeft = R"lua(
local left = 0
for i = tonumber(ARGV[1]), tonumber(ARGV[2]) do left = left + server.call('GET', 'product:sku-' .. i .. ':stock') end
return string.format('%.0f', left)
)lua";

// Calls a script for the numbers `first` to `last`, kRound at a time, and returns the sum of what it returns.
uint64_t call(valkey::SyncClient& client, std::string_view script, uint64_t first, uint64_t last,
              const std::vector<uint64_t>& more) {
  uint64_t sum = 0;
  for (uint64_t from = first; from <= last; from += kRound) {
    std::vector<std::string> words = {"EVAL", std::string(script), "1", "orders"};
    for (const uint64_t number : {from, std::min(from + kRound - 1, last)}) words.push_back(std::to_string(number));
    for (const uint64_t number : more) words.push_back(std::to_string(number));
    sum += std::stoull(test::ask(client, words));
  }
  return sum;
}

test::ServerOptions with_transport(test::ServerOptions options, Transport transport, uint16_t tls_port,
                                   test::Authority* authority) {
  options.config.insert(options.config.end(), kServerConfig.begin(), kServerConfig.end());
  options.tcp = transport == Transport::kTcp;
  if (authority == nullptr) return options;
  const auto files = authority->sign("server", {"IP:127.0.0.1"});
  for (const std::string& line :
       {"tls-port " + std::to_string(tls_port), "tls-cert-file " + files.cert, "tls-key-file " + files.key,
        "tls-ca-cert-file " + authority->file(), std::string("tls-auth-clients no")}) {
    options.config.push_back(line);
  }
  return options;
}

}  // namespace

std::string info_value(valkey::SyncClient& client, const std::string& section, const std::string& name) {
  return value_in(test::ask(client, {"INFO", section}), name);
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

// /proc/PID/schedstat has nanoseconds, /proc/PID/stat only hundredths of a second.
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

std::string sku_name(uint64_t number) {
  return "sku-" + std::to_string(number);
}

void stock_up(valkey::SyncClient& client, const Sale& sale) {
  call(client, kStockUp, 0, sale.skus - 1, {sale.sold_out ? 0 : kStock});
}

void fill(valkey::SyncClient& client, const Sale& sale, uint64_t count, uint64_t first) {
  call(client, kFill, first, first + count - 1, {sale.lines, sale.skus});
}

uint64_t units_sold(valkey::SyncClient& client, const Sale& sale) {
  return (sale.sold_out ? 0 : kStock * sale.skus) - call(client, kLeft, 0, sale.skus - 1, {});
}

Lab::Lab(Transport transport, test::ServerOptions options)
    : transport_(transport),
      tls_port_(transport == Transport::kTls ? test::free_port() : uint16_t{0}),
      authority_(transport == Transport::kTls ? std::make_unique<test::Authority>("bench") : nullptr),
      server_(with_transport(std::move(options), transport, tls_port_, authority_.get())),
      admin_(server_.client()) {
}

valkey::Endpoint Lab::endpoint() const {
  return transport_ == Transport::kTcp ? server_.tcp_endpoint() : server_.endpoint();
}

std::string Lab::url() const {
  if (transport_ == Transport::kUnix) return "unix://" + server_.endpoint().path;
  if (transport_ == Transport::kTls) return "valkeys://127.0.0.1:" + std::to_string(tls_port_);
  return "valkey://127.0.0.1:" + std::to_string(server_.tcp_endpoint().port);
}

Words Lab::environment() const {
  Words variables = {"ORDERD_VALKEY_URL=" + url()};
  if (authority_) variables.push_back("ORDERD_VALKEY_TLS_CA_FILE=" + authority_->file());
  return variables;
}

valkey::SyncClient Lab::connect() const {
  return need(valkey::SyncClient::connect(endpoint(), {.name = "bench"}));
}

void Lab::clear(const Sale& sale) {
  test::ask(admin_, {"FLUSHALL", "SYNC"});
  // Old scripts would add to the cost of each garbage collection.
  test::ask(admin_, {"SCRIPT", "FLUSH", "SYNC"});
  test::ask(admin_, {"CONFIG", "RESETSTAT"});
  stock_up(admin_, sale);
}

Reading Lab::read(const test::Process* process, const Words& count) {
  for (const auto& words : std::initializer_list<Words>{{"MULTI"}, {"TIME"}, {"INFO", "cpu"}, count, {"EXEC"}}) {
    admin_.append(test::command_of(words));
  }
  Reading reading;
  if (process != nullptr) reading.process_cpu = process_cpu(process->pid());
  for (int queued = 0; queued < 4; ++queued) (void)need(admin_.read());
  const valkey::OwnedReply reply = need(admin_.read());
  const valkey::Reply values = reply.view();
  if (values.size() != 3) throw std::runtime_error("a reading was refused: " + std::string(values.text()));
  const valkey::Reply time = values.at(0);
  reading.at = std::stod(std::string(time.at(0).text())) + std::stod(std::string(time.at(1).text())) * 1e-6;
  reading.server_cpu = main_thread_cpu(std::string(values.at(1).text()));
  reading.done = static_cast<uint64_t>(values.at(2).integer());
  return reading;
}

void Lab::watch(std::vector<Reading>& readings, uint64_t total, test::Process& process, const Words& count) {
  double moved = readings.back().at;
  while (readings.back().done < total) {
    std::this_thread::sleep_for(total < kFew ? kReadFewEvery : kReadEvery);
    if (!process.running()) throw std::runtime_error("it exited before its work was done: " + process.errors());
    const Reading now = read(&process, count);
    if (now.done != readings.back().done) moved = now.at;
    if (now.at - moved > kStuckSeconds) {
      throw std::runtime_error("nothing moves: " + std::to_string(now.done) + " of " + std::to_string(total));
    }
    readings.push_back(now);
  }
}

Orderd orderd_at(const std::string& path) {
  test::Process process({path, "--print-config"});
  const std::string settings = output_of(process, path + " --print-config");
  const auto has = [&](const char* line) { return settings.find(line) != std::string::npos; };
  return {path, has("\nconsumer = "), has("[admin]\nlisten = ")};
}

std::unique_ptr<test::Process> start_orderd(const Orderd& orderd, Words settings, const std::string& name) {
  settings.push_back((orderd.in_group ? "ORDERD_STREAMS_CONSUMER=" : "ORDERD_PROCESSING_NAME=") + name);
  settings.emplace_back("ORDERD_LOG_LEVEL=warn");
  if (orderd.has_admin) settings.emplace_back("ORDERD_ADMIN_LISTEN=");
  test::ProcessOptions options;
  options.environment = std::move(settings);
  return std::make_unique<test::Process>(Words{orderd.path}, options);
}

void stop(test::Process& process, const std::string& name) {
  process.signal(SIGTERM);
  (void)output_of(process, name);
}

std::string output_of(test::Process& process, const std::string& name, std::chrono::seconds deadline) {
  if (const int status = process.wait(deadline); status != 0) {
    throw std::runtime_error(name + " exited with " + std::to_string(status) + ": " + process.errors());
  }
  return process.output();
}

}  // namespace orderd::bench
