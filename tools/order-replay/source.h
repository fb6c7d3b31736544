// The lines of a recording, one at a time, from a file of any size in bounded memory.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "order-replay/numbers.h"
#include "order-replay/recording.h"
#include "shared/line_reader.h"

namespace orderd::replay {

class Source {
 public:
  // kLine: line() is the next one. kBroken: error() says why, and which line. Never kLong.
  using State = tools::LineReader::Kind;

  // How lines are read: as a recording, or otherwise.
  struct Reading {
    std::size_t line_bytes_max = kMaxLineBytes;
    // Of a line into `out`: kEmpty skips it, a failure ends the reading.
    std::function<Result<bool>(std::string_view line, uint64_t number, Recorded& out)> read;
    // A line is longer than that; as read().
    std::function<Result<bool>(uint64_t number)> too_long;
  };
  [[nodiscard]] static Reading as_recording();

  // `name` "-": standard input. Lines before `first_line` are skipped without parsing; the first one is 1.
  [[nodiscard]] static Result<std::unique_ptr<Source>> open(const std::string& name, uint64_t first_line = 1,
                                                            Reading reading = as_recording());
  ~Source() {
    if (file_ != STDIN_FILENO) (void)close(file_);
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  // Looks at the next line; until advance() it is the same one. Empty lines are skipped.
  [[nodiscard]] State look();
  void advance() { state_ = State::kWait; }
  // Like look(), but waits until there is something to read.
  [[nodiscard]] State look_patiently() {
    while (look() == State::kWait) reader_.wait();
    return look();
  }

  // Only after look() returned kLine; valid until the next look() after advance().
  [[nodiscard]] const Recorded& line() const { return line_; }
  // Of that line, or of the one that could not be read; otherwise of the one that will be next.
  [[nodiscard]] uint64_t number() const {
    return std::max(first_line_, reader_.number() + (state_ == State::kWait ? 1 : 0));
  }
  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] bool broken() const { return state_ == State::kBroken; }
  // How much of the file was read, in millionths; 0 if its size is not known.
  [[nodiscard]] uint64_t part_read() const {
    return size_ == 0 ? 0 : std::min(reader_.bytes(), size_) * kMillion / size_;
  }
  [[nodiscard]] int descriptor() const { return file_; }
  // For errors: the file in quotes, or standard input.
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  Source(int file, std::string name, uint64_t size, uint64_t first_line, Reading reading);
  [[nodiscard]] State fail(const std::string& what);

  const int file_;
  const std::string name_;
  const uint64_t size_;
  const uint64_t first_line_;
  tools::LineReader reader_;
  const Reading reading_;
  Recorded line_;
  std::string error_;
  State state_ = State::kWait;  // kLine or kBroken: what look() found
};

}  // namespace orderd::replay
