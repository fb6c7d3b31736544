// Finds RESP2 values in bytes that arrive in fragments. A command is such a value too: an array of bulk strings.
#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"

namespace orderd::test {

struct RespValue {
  std::size_t begin = 0;  // of a bulk string's text; else behind the type
  std::size_t end = 0;    // of the value, with its CR LF
  int depth = 0;          // 0: the whole value, 1: an element of it, and so on
};

// Moves `at` past the value that begins there, and adds each value in it to `values`, itself last. False: more bytes
// are needed.
[[nodiscard]] inline bool next_value(std::string_view bytes, std::size_t& at, std::vector<RespValue>& values,
                                     int depth = 0) {
  const std::size_t line = bytes.find("\r\n", at);
  if (line == std::string_view::npos) return false;
  const char kind = bytes[at];
  ORDERD_CHECK(std::string_view("+-:$*").find(kind) != std::string_view::npos, "the proxy was sent other than RESP2");
  RespValue value{at + 1, line + 2, depth};
  int64_t number = 0;
  if (kind == '$' || kind == '*') (void)std::from_chars(bytes.data() + at + 1, bytes.data() + line, number);
  if (kind == '$' && number >= 0) {
    value.begin = value.end;
    value.end += static_cast<std::size_t>(number) + 2;
    if (bytes.size() < value.end) return false;
  }
  for (; kind == '*' && number > 0; --number) {
    if (!next_value(bytes, value.end, values, depth + 1)) return false;
  }
  values.push_back(value);
  at = value.end;
  return true;
}

}  // namespace orderd::test
