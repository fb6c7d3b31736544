// A private server on a Unix socket (and optionally a port of 127.0.0.1), and the programs that work on it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "order-bench/gauge.h"
#include "order-bench/sale.h"
#include "support/certificates.h"
#include "support/process.h"
#include "support/valkey_server.h"

namespace orderd::bench {

enum class Transport { kUnix, kTcp, kTls };
using Words = std::vector<std::string>;
using AppendOnly = test::ServerOptions::AppendOnly;
// Counts the results: one per settled order.
inline const Words kResults = {"XLEN", "results"};
// Every server's configuration: a rewrite of the append-only file would disturb a measurement.
inline const Words kServerConfig = {"auto-aof-rewrite-percentage 0", "maxmemory-policy noeviction"};

// One reading of a running measurement. All values of the server are read in one step.
struct Reading {
  double at = 0;           // the server's clock, seconds
  double server_cpu = 0;   // of its main thread, seconds
  double process_cpu = 0;  // of the process under test, seconds
  uint64_t done = 0;       // orders settled so far
};

class Lab {
 public:
  // `options` of the server, besides what the transport needs.
  explicit Lab(Transport transport = Transport::kUnix, test::ServerOptions options = {});
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  [[nodiscard]] const test::ValkeyServer& server() const { return server_; }
  [[nodiscard]] valkey::SyncClient& admin() { return admin_; }
  // The address for the programs under test; kTls: only url().
  [[nodiscard]] valkey::Endpoint endpoint() const;
  [[nodiscard]] std::string url() const;
  // The same as variables of orderd's environment.
  [[nodiscard]] Words environment() const;
  // A new connection for a client under test.
  [[nodiscard]] valkey::SyncClient connect() const;

  // Empties the server and its statistics, and puts the sale's SKUs in stock.
  void clear(const Sale& sale = {});
  // One reading. `count` is the command that returns how much is done, `process` is under test.
  [[nodiscard]] Reading read(const test::Process* process = nullptr, const Words& count = kResults);
  // Adds a reading every few milliseconds until `total` is done. `readings` begins with one from before the process was
  // started. Throws if it exits, or nothing moves for a minute.
  void watch(std::vector<Reading>& readings, uint64_t total, test::Process& process, const Words& count = kResults);

 private:
  Transport transport_;
  uint16_t tls_port_ = 0;
  std::unique_ptr<test::Authority> authority_;
  test::ValkeyServer server_;
  valkey::SyncClient admin_;
};

// The orderd to measure: that of this tree, or one of an earlier commit.
struct Orderd {
  std::string path;
  bool in_group = false;   // an old one, which reads through a consumer group
  bool has_admin = false;  // it has the setting admin.listen
};
// Detects which one it is. Throws std::runtime_error if it cannot be run.
[[nodiscard]] Orderd orderd_at(const std::string& path);

// Starts an orderd; `settings` are variables: "ORDERD_PROCESSING_DEDUP_WINDOW=0s".
[[nodiscard]] std::unique_ptr<test::Process> start_orderd(const Orderd& orderd, Words settings,
                                                          const std::string& name = "bench-1");
// SIGTERM. Throws unless it exits with 0.
void stop(test::Process& process, const std::string& name = "orderd");
// Waits for the exit of a program, and returns its output. Throws unless it exits with 0.
std::string output_of(test::Process& process, const std::string& name,
                      std::chrono::seconds deadline = std::chrono::seconds(30));

}  // namespace orderd::bench
