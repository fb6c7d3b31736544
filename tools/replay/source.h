// The lines of a recording, one at a time, from a file of any size in bounded memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "replay/recording.h"
#include "shared/line_reader.h"

namespace orderd::replay {

class Source {
 public:
  enum class State {
    kLine,    // line() is the one to be used next
    kWait,    // nothing can be read now
    kEnd,     // there is no line any more
    kBroken,  // error() says why, and which line
  };

  // `name` "-": standard input. Lines before `first_line` are passed over unread; the first one is 1.
  [[nodiscard]] static Result<std::unique_ptr<Source>> open(const std::string& name, uint64_t first_line = 1);
  ~Source();
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  // Looks at the next line, until advance() the same one. Empty lines are passed over.
  [[nodiscard]] State look();
  void advance() { state_ = State::kWait; }
  // Reads on until it is known what comes; waits for it.
  [[nodiscard]] State look_patiently();

  // Where look() answered kLine; until the next look() behind advance().
  [[nodiscard]] const Recorded& line() const { return line_; }
  // Of that line, or of the one that could not be read. Else of the one that will come next.
  [[nodiscard]] uint64_t number() const { return reader_.number() + (state_ == State::kWait ? 1 : 0); }
  [[nodiscard]] const std::string& error() const { return error_; }
  // How much of the file was read, in millionths; 0 where its size is not known.
  [[nodiscard]] uint64_t part_read() const;

 private:
  Source(int file, std::string name, uint64_t size, uint64_t first_line);
  [[nodiscard]] State read();
  [[nodiscard]] State fail(const std::string& what);

  const int file_;
  const std::string name_;
  const uint64_t size_;
  const uint64_t first_line_;
  tools::LineReader reader_;
  RecordingReader recording_;
  Recorded line_;
  std::string error_;
  State state_ = State::kWait;  // kLine or kBroken: what look() has seen
};

}  // namespace orderd::replay
