// The server's values are read inside MULTI and EXEC, with the server's own clock, so that they are consistent however
// long the reply takes.
#include "order-bench/lab.h"

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
