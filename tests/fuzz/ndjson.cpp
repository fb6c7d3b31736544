// Fuzzes reading orders from a file or a pipe, one per line. The lines must not depend on how the input is fragmented,
// and an accepted line must not be too large for a request.
//
// Input: a byte for the longest line, a byte for the chunk size, and the text.
#include <string>
#include <vector>

#include "base/check.h"
#include "fuzz/feeder.h"
#include "fuzz/input.h"
#include "fuzz/orders.h"
#include "shared/line_reader.h"

namespace orderd::fuzz {
namespace {

using tools::LineReader;

struct Line {
  bool too_long = false;
  std::string text;
  bool operator==(const Line&) const = default;
};

// The expected lines, computed the simple way: a byte order mark at the start is not part of the first line.
std::vector<Line> expected(std::string_view text, std::size_t bytes_max) {
  std::vector<Line> lines;
  Input input(reinterpret_cast<const uint8_t*>(text.data()), text.size());
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
  Input input(reinterpret_cast<const uint8_t*>(text.data()), text.size());
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
}  // namespace orderd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using namespace orderd;
  using namespace orderd::fuzz;
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
