// Fuzzes reading orders from a file or a pipe, one per line. The lines must not depend on how the input is fragmented,
// and an accepted line must not be too large for a request.
//
// Input: a byte for the longest line, a byte for the chunk size, and the text.
#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "base/check.h"
#include "fuzz/input.h"
#include "fuzz/orders.h"
#include "shared/line_reader.h"

namespace orderd::fuzz {
namespace {

using tools::LineReader;

// A pipe that is fed in chunks. An empty chunk closes it.
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

struct Line {
  bool too_long = false;
  std::string text;
  bool operator==(const Line&) const = default;
};

// The expected lines, computed the simple way: a byte order mark at the start is not part of the first line.
std::vector<Line> expected(std::string_view text, std::size_t bytes_max) {
  std::vector<Line> lines;
  Input input(text);
  while (!input.empty()) {
    std::string_view line = input.take_to('\n');
    const bool too_long = line.size() > bytes_max;
    if (lines.empty() && !too_long && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
    lines.push_back({too_long, too_long ? "" : std::string(line)});
  }
  return lines;
}

std::vector<Line> read(std::string_view text, std::size_t bytes_max, std::size_t chunk) {
  Feeder feeder;
  LineReader reader(feeder.file(), bytes_max);
  Input input(text);
  std::vector<Line> lines;
  for (;;) {
    const LineReader::Kind kind = reader.next();
    ORDERD_CHECK(kind != LineReader::Kind::kBroken, "reading a pipe failed");
    if (kind == LineReader::Kind::kEnd) break;
    if (kind == LineReader::Kind::kWait) {
      feeder.feed(input.take(chunk));
      continue;
    }
    lines.push_back({kind == LineReader::Kind::kLong, std::string(reader.line())});
    ORDERD_CHECK(reader.number() == lines.size(), "the number of lines is wrong");
  }
  ORDERD_CHECK(reader.bytes() == text.size(), "the number of bytes is wrong");
  return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  Input input(data, size);
  constexpr std::size_t kLargest = order::kMaxEntryBytes - std::string_view("order").size();
  const std::size_t largest = input.byte();
  const std::size_t bytes_max = largest == 255 ? kLargest : largest;
  const std::size_t chunk = input.byte() + std::size_t{1};
  const std::vector<Line> lines = expected(input.rest(), bytes_max);
  ORDERD_CHECK(read(input.rest(), bytes_max, chunk) == lines, "the lines differ from the expected ones");
  // A pipe holds 64 KiB.
  ORDERD_CHECK(read(input.rest(), bytes_max, 65536) == lines, "the lines depend on the chunks");
  static order::Decoder decoder({});
  for (const Line& line : lines) {
    const Decoded answer = decode(decoder, {"order", line.text});
    ORDERD_CHECK(answer.good || !answer.detail.starts_with("entry: "), "a line is too large for an entry");
  }
  return 0;
}

}  // namespace orderd::fuzz
