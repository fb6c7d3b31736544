// A private server on a Unix socket (and optionally a port of 127.0.0.1), what is on sale there, the programs that work
// on it, and the values that are measured. All functions throw std::runtime_error.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/certificates.h"
#include "support/process.h"
#include "support/valkey_server.h"
#include "valkey/sync_client.h"

namespace orderd::bench {

// The value of a result.
template <class T>
[[nodiscard]] T need(Result<T> result) {
  if (!result) throw std::runtime_error(result.error());
  return std::move(result.value());
}

// A value of a section of INFO by name: "used_memory".
[[nodiscard]] std::string info_value(valkey::SyncClient& client, const std::string& section, const std::string& name);
// CPU seconds of the server's main thread.
[[nodiscard]] double server_cpu(valkey::SyncClient& client);
// Bytes.
[[nodiscard]] double used_memory(valkey::SyncClient& client);
// Seconds inside commands, since CONFIG RESETSTAT; those that were not called take none.
[[nodiscard]] double command_seconds(valkey::SyncClient& client, std::initializer_list<const char*> commands);

// CPU seconds of a process, all threads.
[[nodiscard]] double process_cpu(pid_t pid);
// Its peak resident set, MiB.
[[nodiscard]] double peak_mib(pid_t pid);
// CPU seconds of the calling thread.
[[nodiscard]] double thread_cpu();

// What is on sale and ordered in a measurement.
struct Sale {
  uint32_t lines = 1;     // of each order, all of different SKUs, quantity 1
  uint32_t skus = 1;      // number of SKUs; at least `lines`
  bool sold_out = false;  // every stock is 0
};

// The initial stock of each SKU, unless sold out.
inline constexpr uint64_t kStock = 1'000'000'000;
// The SKU with this number.
[[nodiscard]] std::string sku_name(uint64_t number);

void stock_up(valkey::SyncClient& client, const Sale& sale);
// Appends `count` requests in JSON form to the stream `orders`. The server itself writes them, which is faster than any
// client. Order IDs continue from `first`.
void fill(valkey::SyncClient& client, const Sale& sale, uint64_t count, uint64_t first = 1);
// The units that are gone from all stocks.
[[nodiscard]] uint64_t units_sold(valkey::SyncClient& client, const Sale& sale);

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
// Detects which one it is.
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
