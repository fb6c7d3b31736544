// Quoting for errors and for TOML, and the edit distance behind "did you mean".
#include "settings/text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace orderd::settings {
namespace {

// The size of the valid UTF-8 character at the start of `text`; 0 if there is none.
std::size_t character_bytes(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<uint8_t>(text[at]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t bytes = lead >= 0xC2 && lead <= 0xDF   ? 2
                            : lead >= 0xE0 && lead <= 0xEF ? 3
                            : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                           : 0;
  if (bytes == 0 || text.size() < bytes) return 0;
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, beyond U+10FFFF.
  if ((lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F)) return 0;
  if ((lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F)) return 0;
  return bytes;
}

// C0, DEL and C1; `text` begins with a valid character.
bool begins_with_control(std::string_view text) {
  const auto lead = static_cast<uint8_t>(text[0]);
  return lead < 0x20 || lead == 0x7F || (lead == 0xC2 && static_cast<uint8_t>(text[1]) <= 0x9F);
}

void append_hex(char c, std::string& out) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  out += kHex[static_cast<uint8_t>(c) >> 4];
  out += kHex[static_cast<uint8_t>(c) & 15];
}

// Insertions, deletions, replacements, and swaps of neighbors.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last, last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = row;
  }
  return last[b.size()];
}

// Also of a flag without a section: "url" of "--url" and of "--valkey.url".
std::string_view last_part(std::string_view word) {
  word.remove_prefix(std::min(word.find_first_not_of('-'), word.size()));
  return word.substr(word.rfind('.') + 1);
}

}  // namespace

std::string printable(std::string_view text, std::size_t bytes_max) {
  std::string out;
  while (!text.empty() && out.size() < bytes_max) {
    const std::size_t bytes = character_bytes(text);
    if (bytes != 0 && !begins_with_control(text)) {
      out.append(text.substr(0, bytes));
    } else {
      for (const char c : text.substr(0, std::max<std::size_t>(bytes, 1))) {
        out.append("\\x");
        append_hex(c, out);
      }
    }
    text.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  if (!text.empty()) out.append("...");
  return out;
}

std::string in_quotes(std::string_view text) {
  return std::string("\"").append(printable(text)).append("\"");
}

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.append("\\").append(1, c);
    } else if (static_cast<uint8_t>(c) < 0x20 || c == 0x7F) {
      out.append("\\u00");
      append_hex(c, out);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

const char* problem_of_text(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = character_bytes(text);
    if (bytes == 0) return "is not valid UTF-8";
    if (begins_with_control(text)) return "contains a control character";
    text.remove_prefix(bytes);
  }
  return nullptr;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
  // A longer word costs time and is close to nothing.
  word = word.substr(0, kPrintableBytes);
  const std::string* nearest = nullptr;
  std::size_t nearest_distance = SIZE_MAX;
  for (const std::string& candidate : known) {
    std::size_t d = distance(word, candidate);
    if (last_part(word) == last_part(candidate)) d = std::min<std::size_t>(d, 1);
    if (d >= nearest_distance) continue;
    nearest_distance = d;
    nearest = &candidate;
  }
  // Of a short word one character may be wrong, but not all of them.
  const bool near = nearest != nullptr && nearest_distance < word.size() &&
                    nearest_distance <= std::max<std::size_t>(1, nearest->size() / 3);
  return near ? "; did you mean " + *nearest + "?" : "";
}

}  // namespace orderd::settings
