// The values that are measured: CPU time of the server's main thread and of a process, calls of commands, memory.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>

#include "valkey/sync_client.h"

namespace orderd::bench {

// The cost of one command inside the server, from INFO commandstats.
struct CommandCost {
  uint64_t calls = 0;
  double seconds = 0;
};

// One reading of a running measurement. All values of the server are read in one step.
struct Reading {
  double at = 0;           // the server's clock, seconds
  double server_cpu = 0;   // of its main thread, seconds
  double process_cpu = 0;  // of the process or processes under test, seconds
  uint64_t done = 0;       // orders settled so far
};

// Both throw std::runtime_error.
[[nodiscard]] std::map<std::string, CommandCost> command_costs(valkey::SyncClient& client);
// A number from INFO by name: "used_memory".
[[nodiscard]] double info_number(valkey::SyncClient& client, const std::string& section, const std::string& name);

// CPU seconds of a process, all threads. Throws if it is not running.
[[nodiscard]] double process_cpu(pid_t pid);
// Its peak resident set, MiB.
[[nodiscard]] double peak_mib(pid_t pid);
// CPU seconds of the calling thread.
[[nodiscard]] double thread_cpu();

}  // namespace orderd::bench
