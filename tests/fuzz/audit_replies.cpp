// Fuzzes the audit's reader of replies: any bytes in any pieces give the same replies, in bounded memory.
//
// Input: a byte for the size of the pieces, and the server's bytes.
#include <algorithm>
#include <string>
#include <vector>

#include "audit/resp_reader.h"
#include "base/check.h"
#include "fuzz/input.h"

namespace orderd::fuzz {
namespace {

using audit::RespReader;
using audit::RespView;

// A reply as text that no other reply has.
void write(const RespView& view, std::string& out) {
  if (view.is_array()) {
    out.append("[").append(std::to_string(view.size()));
    for (uint32_t i = 0; i < view.size(); ++i) write(view.at(i), out);
    out.append("]");
  } else {
    out.append(view.is_error() ? "-" : view.is_nil() ? "nil" : view.is_string() ? "$" : ":");
    out.append(std::to_string(view.integer())).append(",").append(std::to_string(view.text().size()));
    out.append(view.text());
  }
}

// All replies, and at the end whether the reader broke.
std::vector<std::string> read(std::string_view bytes, std::size_t piece) {
  RespReader reader({.reply_bytes = 4096, .elements = 64, .depth = 8});
  Input input(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  std::vector<std::string> replies;
  for (;;) {
    const RespReader::State state = reader.parse();
    if (state == RespReader::State::kReady) {
      write(reader.reply(), replies.emplace_back());
      ORDERD_CHECK(reader.reply_bytes() <= bytes.size(), "a reply of more bytes than came");
      reader.drop();
      continue;
    }
    if (state == RespReader::State::kBroken) {
      ORDERD_CHECK(!reader.problem().empty(), "broken without a reason");
      replies.emplace_back("broken");
      return replies;
    }
    if (input.empty()) return replies;
    const std::string_view some = input.take(piece);
    const auto space = reader.space(some.size());
    ORDERD_CHECK(space.size() >= some.size(), "less space than was asked for");
    std::copy(some.begin(), some.end(), space.begin());
    reader.filled(some.size());
  }
}

}  // namespace
}  // namespace orderd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using namespace orderd::fuzz;
  Input input(data, size);
  const std::size_t piece = input.byte() % 32 + std::size_t{1};
  ORDERD_CHECK(read(input.rest(), piece) == read(input.rest(), 1 << 20), "the replies depend on the pieces");
  return 0;
}
