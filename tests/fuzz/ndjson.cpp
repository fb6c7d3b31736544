// Fuzzes the reading of orders from a file or a pipe, one on each line: any cut of the input gives the same lines, and
// a line that was let pass is never too large for a request.
//
// Input: a byte for the largest line, a byte for the size of the pieces, and the text.
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

// What the reader has to give, the simple way: a byte order mark at the beginning is no part of the first line.
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

std::vector<Line> read(std::string_view text, std::size_t bytes_max, std::size_t piece) {
  Feeder feeder;
  LineReader reader(feeder.file(), bytes_max);
  Input input(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  std::vector<Line> lines;
  for (;;) {
    const LineReader::Kind kind = reader.next();
    ORDERD_CHECK(kind != LineReader::Kind::kBroken, "a pipe can be read");
    if (kind == LineReader::Kind::kEnd) break;
    if (kind == LineReader::Kind::kWait) {
      feeder.feed(input.take(piece));
      continue;
    }
    lines.push_back({kind == LineReader::Kind::kLong, std::string(reader.line())});
    ORDERD_CHECK(reader.number() == lines.size(), "the lines are counted");
  }
  ORDERD_CHECK(reader.bytes() == text.size(), "the bytes are counted");
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
  const std::size_t piece = input.byte() + std::size_t{1};
  const std::vector<Line> lines = expected(input.rest(), bytes_max);
  ORDERD_CHECK(read(input.rest(), bytes_max, piece) == lines, "the lines are others than they should be");
  // A pipe holds 64 KiB.
  ORDERD_CHECK(read(input.rest(), bytes_max, 65536) == lines, "the lines depend on the pieces");
  static order::Decoder decoder({});
  for (const Line& line : lines) {
    const Decoded answer = decode(decoder, {"order", line.text});
    ORDERD_CHECK(answer.good || !answer.detail.starts_with("entry: "), "a line is too large for an entry");
  }
  return 0;
}
