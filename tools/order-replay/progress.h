// The progress of a run, on standard error: on a terminal a line updated in place, otherwise a line of JSON each
// second.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace orderd::replay {

class Progress {
 public:
  struct State {
    uint64_t pushed = 0;
    uint64_t failed = 0;
    uint64_t unknown = 0;
    uint64_t resent = 0;
    std::optional<uint64_t> results;  // if they are waited for
    uint64_t part = 0;                // of the file, in millionths; 0: not known
  };
  explicit Progress(bool quiet);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // How often to call show(), in milliseconds.
  [[nodiscard]] uint64_t every_ms() const { return terminal_ ? 200 : 1000; }
  void show(const State& state, uint64_t now_ns);
  // Call it before anything else is written there.
  void clear();

 private:
  const bool quiet_;
  const bool terminal_;
  bool drawn_ = false;
  uint64_t begin_ns_ = 0;
  uint64_t last_ns_ = 0;
  uint64_t last_pushed_ = 0;
};

}  // namespace orderd::replay
