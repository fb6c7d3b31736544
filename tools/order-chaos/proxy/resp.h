// Finds RESP2 values in bytes that arrive in fragments. A command is such a value too: an array of bulk strings.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <vector>

namespace orderd::test {

struct RespValue {
  std::size_t begin = 0;  // of a bulk string's text; else behind the type
  std::size_t end = 0;    // of the value, with its CR LF
  int depth = 0;          // 0: the whole value, 1: an element of it, and so on
};

enum class RespFound { kWhole, kPart, kGarbage };

// Moves `at` past the value that begins there, and adds each value in it to `values`, itself last. kPart: more bytes
// are needed. kGarbage: nothing from here on can be parsed.
[[nodiscard]] inline RespFound next_value(std::string_view bytes, std::size_t& at, std::vector<RespValue>& values,
                                          int depth = 0) {
  constexpr std::size_t kHeadMax = 24;  // type and digits
  constexpr int kDepthMax = 32;
  constexpr int64_t kNumberMax = int64_t{1} << 32;
  if (at == bytes.size()) return RespFound::kPart;
  const char kind = bytes[at];
  const bool text = kind == '+' || kind == '-';
  if ((!text && kind != ':' && kind != '$' && kind != '*') || depth > kDepthMax) return RespFound::kGarbage;
  const std::size_t line = bytes.find("\r\n", at);
  if (!text && std::min(line, bytes.size()) - at > kHeadMax) return RespFound::kGarbage;
  if (line == std::string_view::npos) return RespFound::kPart;
  RespValue value{at + 1, line + 2, depth};
  int64_t number = 0;
  const auto [stop, bad] = std::from_chars(bytes.data() + at + 1, bytes.data() + line, number);
  if (!text && (bad != std::errc{} || stop != bytes.data() + line)) return RespFound::kGarbage;
  if ((kind == '$' || kind == '*') && (number < -1 || number > kNumberMax)) return RespFound::kGarbage;
  if (kind == '$' && number >= 0) {
    value.begin = value.end;
    value.end += static_cast<std::size_t>(number) + 2;
    if (bytes.size() < value.end) return RespFound::kPart;
  }
  for (; kind == '*' && number > 0; --number) {
    const RespFound found = next_value(bytes, value.end, values, depth + 1);
    if (found != RespFound::kWhole) return found;
  }
  values.push_back(value);
  at = value.end;
  return RespFound::kWhole;
}

}  // namespace orderd::test
