// A pipe that is fed in chunks.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <string_view>

#include "base/check.h"

namespace orderd::fuzz {

// Owns both ends. An empty chunk closes it.
class Feeder {
 public:
  Feeder() { ORDERD_CHECK(pipe2(ends_, O_CLOEXEC) == 0, "no pipe"); }
  ~Feeder() {
    close(ends_[0]);
    finish();
  }
  Feeder(const Feeder&) = delete;
  Feeder& operator=(const Feeder&) = delete;

  [[nodiscard]] int file() const { return ends_[0]; }
  void feed(std::string_view chunk) {
    if (chunk.empty()) return finish();
    ORDERD_CHECK(write(ends_[1], chunk.data(), chunk.size()) == static_cast<ssize_t>(chunk.size()), "a full pipe");
  }

 private:
  void finish() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }
  int ends_[2] = {-1, -1};
};

}  // namespace orderd::fuzz
