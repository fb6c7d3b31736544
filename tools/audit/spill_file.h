// A temporary file without a name: gone with the process, however that ends.
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"

namespace orderd::audit {

class SpillFile {
 public:
  SpillFile() = default;
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  // The first one creates the file. A failure names the directory and the way out.
  [[nodiscard]] Result<bool> append(std::span<const std::byte> bytes);
  // As many as `bytes` holds, all of them written before.
  [[nodiscard]] Result<bool> read(std::size_t from, std::span<std::byte> bytes) const;
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  int file_ = -1;
  std::size_t size_ = 0;
};

}  // namespace orderd::audit
