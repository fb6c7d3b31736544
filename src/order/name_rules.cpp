// One pass over the bytes with a table of classes; only text beyond ASCII is scanned again, as code points.
#include "order/name_rules.h"

#include <simdjson.h>

#include <array>
#include <cstdint>

#include "order/request.h"

namespace orderd::order {
namespace {

constexpr unsigned kControl = 1;
constexpr unsigned kSpace = 2;
constexpr unsigned kBrace = 4;
constexpr unsigned kBeyondAscii = 8;

constexpr std::array<uint8_t, 256> kClassOfByte = [] {
  std::array<uint8_t, 256> classes{};
  for (std::size_t byte = 0; byte < 0x20; ++byte) classes[byte] = kControl;
  classes[0x7F] = kControl;
  classes[' '] = kSpace;
  classes['{'] = classes['}'] = kBrace;
  for (std::size_t byte = 0x80; byte < 0x100; ++byte) classes[byte] = kBeyondAscii;
  return classes;
}();

// U+0085 is white space too; as a control character it is refused anyway.
unsigned class_of(uint32_t code_point) {
  if (code_point >= 0x80 && code_point <= 0x9F) return kControl;
  if (code_point >= 0x2000 && code_point <= 0x200A) return kSpace;
  switch (code_point) {
    case 0x00A0:
    case 0x1680:
    case 0x2028:
    case 0x2029:
    case 0x202F:
    case 0x205F:
    case 0x3000: return kSpace;
    default: return 0;
  }
}

// `text` must be valid UTF-8.
unsigned classes_beyond_ascii(std::string_view text) {
  unsigned seen = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<uint8_t>(text[at]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t code_point = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
      code_point = code_point << 6 | (static_cast<uint8_t>(text[at + i]) & 0x3FU);
    }
    seen |= class_of(code_point);
    at += length;
  }
  return seen;
}

const char* problem_of(std::string_view text, unsigned refused) {
  static_assert(kMaxNameBytes == 128, "the sentence says so");
  if (text.empty()) return "is empty";
  if (text.size() > kMaxNameBytes) return "is longer than 128 bytes";
  unsigned seen = 0;
  for (const char c : text) seen |= kClassOfByte[static_cast<uint8_t>(c)];
  if ((seen & kBeyondAscii) != 0) {
    if (!simdjson::validate_utf8(text)) return "is not valid UTF-8";
    seen |= classes_beyond_ascii(text);
  }
  seen &= refused;
  if (seen == 0) return nullptr;
  if ((seen & kControl) != 0) return "contains a control character";
  return (seen & kSpace) != 0 ? "contains white space" : "contains a brace";
}

}  // namespace

const char* problem_of_id(std::string_view text) {
  return problem_of(text, kControl);
}

const char* problem_of_sku(std::string_view text) {
  return problem_of(text, kControl | kSpace | kBrace);
}

}  // namespace orderd::order
