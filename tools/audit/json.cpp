// One function for each rule of the grammar. A string without an escape is a view into the text.
#include "audit/json.h"

#include "audit/name_check.h"

namespace orderd::audit {
namespace {

// docs/contract.md promises 1,000 levels below the order; orderd's parser stops after these. What is empty is no level.
constexpr std::size_t kMaxDepth = 1023;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

void append_utf8(uint32_t code, std::string& out) {
  const auto byte = [&out](uint32_t value) { out.push_back(static_cast<char>(value)); };
  const auto tail = [&](unsigned shift) { byte(0x80U | (code >> shift & 0x3FU)); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xC0U | code >> 6U);
  } else if (code < 0x10000) {
    byte(0xE0U | code >> 12U);
    tail(6);
  } else {
    byte(0xF0U | code >> 18U);
    tail(12);
    tail(6);
  }
  tail(0);
}

}  // namespace

JsonReader::JsonReader(std::string_view text) : text_(text), good_(is_utf8(text)) {
}

char JsonReader::peek() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
    ++at_;
  }
  return at_ < text_.size() ? text_[at_] : '\0';
}

bool JsonReader::skip(char c) {
  if (peek() != c || at_ == text_.size()) return false;
  ++at_;
  return true;
}

bool JsonReader::enter() {
  return depth_++ < kMaxDepth || fail();
}

bool JsonReader::leave() {
  --depth_;
  return good_;
}

bool JsonReader::word(std::string_view text) {
  if (!text_.substr(at_).starts_with(text)) return fail();
  at_ += text.size();
  return true;
}

bool JsonReader::value(JsonValue& out) {
  out = {};
  if (!good_) return false;
  const auto any = [this] {
    JsonValue inner;
    (void)value(inner);
  };
  switch (peek()) {
    case '{': return object([&any](std::string_view) { any(); });
    case '[': return array(any);
    case '"': return string(out);
    case 't': return word("true");
    case 'f': return word("false");
    case 'n': out.kind = JsonValue::Kind::kNull; return word("null");
    default: return number(out);
  }
}

bool JsonReader::string(JsonValue& out) {
  out.kind = JsonValue::Kind::kString;
  if (!skip('"')) return fail();
  const std::size_t from = at_;
  std::string* unescaped = nullptr;
  for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
    const char c = text_[at_];
    if (static_cast<unsigned char>(c) < 0x20) return fail();
    if (c == '\\' && unescaped == nullptr) unescaped = &unescaped_.emplace_front(text_.substr(from, at_ - from));
    if (c == '\\') {
      if (!escape(*unescaped)) return fail();
    } else if (unescaped != nullptr) {
      unescaped->push_back(c);
    }
  }
  if (at_ == text_.size()) return fail();
  out.text = unescaped != nullptr ? std::string_view(*unescaped) : text_.substr(from, at_ - from);
  ++at_;
  return true;
}

// From the backslash to the last byte of the escape.
bool JsonReader::escape(std::string& out) {
  if (++at_ == text_.size()) return false;
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const std::size_t which = kNames.find(text_[at_]);
  if (which != std::string_view::npos) {
    out.push_back(kMeanings[which]);
    return true;
  }
  uint32_t code = 0;
  if (!hex4(code)) return false;
  if (code >= 0xD800 && code < 0xDC00) {
    uint32_t low = 0;
    if (!text_.substr(at_ + 1).starts_with("\\u")) return false;
    at_ += 2;
    if (!hex4(low) || low < 0xDC00 || low > 0xDFFF) return false;
    code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
  } else if (code >= 0xDC00 && code <= 0xDFFF) {
    return false;
  }
  append_utf8(code, out);
  return true;
}

// From the u to the last of its four digits.
bool JsonReader::hex4(uint32_t& code) {
  if (text_[at_] != 'u' || text_.size() - at_ < 5) return false;
  for (int i = 0; i < 4; ++i) {
    const char c = text_[++at_];
    const auto lower = static_cast<char>(c | 0x20);
    if (!is_digit(c) && (lower < 'a' || lower > 'f')) return false;
    code = code << 4U | static_cast<uint32_t>(is_digit(c) ? c - '0' : lower - 'a' + 10);
  }
  return true;
}

bool JsonReader::digits() {
  const std::size_t from = at_;
  while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
  return at_ > from;
}

bool JsonReader::number(JsonValue& out) {
  out.kind = JsonValue::Kind::kNumber;
  const std::size_t from = at_;
  const auto take = [this](char a, char b) {
    if (at_ == text_.size() || (text_[at_] != a && text_[at_] != b)) return false;
    ++at_;
    return true;
  };
  (void)take('-', '-');
  if (!take('0', '0') && !digits()) return fail();
  if (take('.', '.') && !digits()) return fail();
  if (take('e', 'E')) {
    (void)take('+', '-');
    if (!digits()) return fail();
  }
  out.text = text_.substr(from, at_ - from);
  return true;
}

}  // namespace orderd::audit
