// A private server on a Unix socket (and optionally a free port of 127.0.0.1), and the daemons that work on it.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "benchmark/gauge.h"
#include "support/process.h"
#include "support/valkey_server.h"

namespace orderd::bench {

// A run with a wrong outcome: some order was not settled exactly once.
class Violation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class Transport { kUnix, kTcp };
using Words = std::vector<std::string>;
// Counts the results: one per settled order.
inline const Words kResults = {"XLEN", "results"};
using AppendOnly = test::ServerOptions::AppendOnly;

class Lab {
 public:
  Lab(Transport transport, AppendOnly append_only);
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  [[nodiscard]] valkey::SyncClient& admin() { return admin_; }
  // The address for the programs under test.
  [[nodiscard]] valkey::Endpoint endpoint() const;
  [[nodiscard]] std::string url() const;
  // Empties the server and its statistics.
  void clear();

  // One reading. `count` is the command that returns how much is done, `pids` are the processes under test.
  [[nodiscard]] Reading read(const std::vector<pid_t>& pids, const Words& count = kResults);
  // Reads every few milliseconds until `total` is done. Throws if a process exits, or nothing moves for a minute.
  [[nodiscard]] std::vector<Reading> watch(uint64_t total, const std::vector<test::Process*>& processes,
                                           const Words& count = kResults);

 private:
  Transport transport_;
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

// Starts an orderd on the lab's server; `settings` are more variables: "ORDERD_PROCESSING_DEDUP_WINDOW=0s".
[[nodiscard]] std::unique_ptr<test::Process> start_orderd(const Orderd& orderd, const Lab& lab, const std::string& name,
                                                          std::vector<std::string> settings = {});
// SIGTERM. Throws unless it exits with 0.
void stop_orderd(test::Process& orderd);

}  // namespace orderd::bench
