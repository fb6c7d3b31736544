// Splits the input of a file descriptor into lines, in bounded memory. A byte order mark at its beginning is not part
// of the first line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace orderd::tools {

class LineReader {
 public:
  enum class Kind {
    kLine,    // line()
    kLong,    // a line of more than the limit; line() is empty
    kWait,    // nothing to read at the moment: wait() before the next call
    kEnd,     // of the input
    kBroken,  // see errno
  };
  // Leaves `file` open.
  LineReader(int file, std::size_t line_bytes_max);

  [[nodiscard]] Kind next();
  // Returns when there is something to read.
  void wait() const;
  // Without its newline; until the next call of next().
  [[nodiscard]] std::string_view line() const { return line_; }
  // Of the last line; the first one is 1.
  [[nodiscard]] uint64_t number() const { return number_; }
  // Of all lines read so far, newlines included.
  [[nodiscard]] uint64_t bytes() const { return bytes_; }

 private:
  [[nodiscard]] Kind finish(std::size_t size, std::size_t newline);

  const int file_;
  const std::size_t line_bytes_max_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;    // of the current line
  std::size_t scanned_ = 0;  // up to here there is no newline
  std::size_t end_ = 0;      // of the bytes read
  bool cutting_ = false;     // the line is too long, and its beginning was dropped
  bool ended_ = false;
  std::string_view line_;
  uint64_t number_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace orderd::tools
