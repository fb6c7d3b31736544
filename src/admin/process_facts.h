// Facts about this process from the system.
#pragma once

#include <cstdint>
#include <optional>

namespace orderd::admin {

struct ProcessFacts {
  double cpu_seconds = 0;
  double start_seconds = 0;  // since 1970
  // nullopt if /proc cannot be read.
  std::optional<uint64_t> resident_bytes;
  std::optional<uint64_t> open_files;
  std::optional<uint64_t> open_files_max;  // nothing: no limit
};

// All except start_seconds. Costs about 20 us.
[[nodiscard]] ProcessFacts read_process_facts();

}  // namespace orderd::admin
