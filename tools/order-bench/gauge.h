// The values that are measured: CPU time of the server's main thread and of a process, calls of commands, memory.
#pragma once

#include <sys/types.h>

#include <initializer_list>
#include <stdexcept>
#include <string>

#include "valkey/sync_client.h"

namespace orderd::bench {

// The value of a result. It and all functions here throw std::runtime_error.
template <class T>
[[nodiscard]] T need(Result<T> result) {
  if (!result) throw std::runtime_error(result.error());
  return std::move(result.value());
}

// A value of INFO by name: "used_memory".
[[nodiscard]] std::string value_in(const std::string& info, const std::string& name);
[[nodiscard]] std::string info_value(valkey::SyncClient& client, const std::string& section, const std::string& name);
// CPU seconds of the server's main thread, from INFO cpu.
[[nodiscard]] double main_thread_cpu(const std::string& info);
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

}  // namespace orderd::bench
