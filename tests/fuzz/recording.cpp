// Fuzzes the lines of a recording: each is rejected with a message, or decodes to the same when rewritten.
//
// Input: the line.
#include <string>

#include "base/check.h"
#include "fuzz/input.h"
#include "order-replay/recording.h"

namespace orderd::fuzz {
namespace {

using replay::Recorded;
using Kind = replay::Recorded::Kind;

std::string written(const Recorded& said) {
  std::string line;
  if (said.kind == Kind::kStock) {
    replay::append_stock(line, said.sku, said.quantity);
  } else {
    replay::append_entry(line, said.at_us, said.id, said.fields);
  }
  ORDERD_CHECK(line.ends_with('\n') && line.find('\n') + 1 == line.size(), "it is not one line");
  line.pop_back();
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  Input input(data, size);
  replay::RecordingReader reader;
  Recorded said;
  const auto read = reader.read(input.rest(), said);
  if (!read) {
    ORDERD_CHECK(!read.error().empty(), "a failure without a text");
    return 0;
  }
  if (said.kind == Kind::kEmpty) return 0;
  ORDERD_CHECK(said.fields.size() % 2 == 0, "a name without a value");
  const std::string line = written(said);
  if (line.size() > replay::kMaxLineBytes) return 0;
  replay::RecordingReader second;
  Recorded again;
  const auto reread = second.read(line, again);
  ORDERD_CHECK(reread.ok(), reread.ok() ? "" : reread.error().c_str());
  ORDERD_CHECK(again.kind == said.kind && again.at_us == said.at_us && again.id == said.id, line.c_str());
  ORDERD_CHECK(again.fields == said.fields && again.sku == said.sku && again.quantity == said.quantity, line.c_str());
  return 0;
}

}  // namespace orderd::fuzz
