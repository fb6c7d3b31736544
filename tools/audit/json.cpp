// One function per grammar rule. A string without an escape is a view into the text.
#include "audit/json.h"

#include <nlohmann/json.hpp>

#include "audit/name_check.h"

namespace orderd::audit {
namespace {

// docs/contract.md allows 1,000 levels below the order; orderd's parser stops there. An empty array or object is no
// level.
constexpr std::size_t kMaxDepth = 1023;

}  // namespace

const std::vector<JsonValue>& JsonReader::read(std::string_view text) {
  rest_ = text;
  values_.clear();
  unescaped_.clear();
  const bool good = read_value(0, {}) && peek() == '\0' && rest_.empty();
  if (!good) values_.clear();
  return values_;
}

// The first byte after white space; NUL at the end.
char JsonReader::peek() {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (!rest_.empty() && is_space(rest_[0])) rest_.remove_prefix(1);
  return rest_.empty() ? '\0' : rest_[0];
}

bool JsonReader::skip(char c) {
  if (peek() != c) return false;
  rest_.remove_prefix(1);
  return true;
}

bool JsonReader::read_value(std::size_t depth, std::string_view name) {
  using Kind = JsonValue::Kind;
  const char first = peek();
  const Kind kind = first == '{'   ? Kind::kObject
                    : first == '[' ? Kind::kArray
                    : first == '"' ? Kind::kString
                    : first == 'n' ? Kind::kNull
                    : first == 't' ? Kind::kTrue
                    : first == 'f' ? Kind::kFalse
                                   : Kind::kNumber;
  const std::size_t place = values_.size();
  values_.push_back({kind, depth, name, {}});
  switch (kind) {
    case Kind::kObject:
    case Kind::kArray: return read_contents(depth, kind == Kind::kObject);
    case Kind::kString: return read_string(values_[place].text);
    case Kind::kNull: return read_word("null");
    case Kind::kTrue: return read_word("true");
    case Kind::kFalse: return read_word("false");
    default: return read_number(values_[place].text);
  }
}

bool JsonReader::read_contents(std::size_t depth, bool object) {
  const char end = object ? '}' : ']';
  rest_.remove_prefix(1);
  if (skip(end)) return true;
  if (depth == kMaxDepth) return false;
  do {
    std::string_view name;
    if (object && !(read_string(name) && skip(':'))) return false;
    if (!read_value(depth + 1, name)) return false;
  } while (skip(','));
  return skip(end);
}

bool JsonReader::read_word(std::string_view word) {
  if (!rest_.starts_with(word)) return false;
  rest_.remove_prefix(word.size());
  return true;
}

bool JsonReader::read_string(std::string_view& out) {
  if (!skip('"')) return false;
  bool ascii = true;
  bool escaped = false;
  std::size_t end = 0;
  for (; end < rest_.size() && rest_[end] != '"'; ++end) {
    const auto byte = static_cast<unsigned char>(rest_[end]);
    if (byte < 0x20) return false;
    ascii = ascii && byte < 0x80;
    if (byte != '\\') continue;
    escaped = true;
    ++end;
  }
  if (end >= rest_.size()) return false;
  out = rest_.substr(0, end);
  rest_.remove_prefix(end + 1);
  return (ascii || is_utf8(out)) && (!escaped || unescape(out));
}

// Escapes are rare, so a slower parser may handle them. It rejects half a surrogate pair, as the contract requires.
bool JsonReader::unescape(std::string_view& text) {
  const auto parsed = nlohmann::json::parse('"' + std::string(text) + '"', nullptr, false);
  if (!parsed.is_string()) return false;
  text = unescaped_.emplace_front(parsed.get<std::string>());
  return true;
}

bool JsonReader::read_number(std::string_view& out) {
  std::size_t size = 0;
  const auto next = [&] { return size < rest_.size() ? rest_[size] : '\0'; };
  const auto skip_if = [&](bool wanted) {
    size += wanted ? 1 : 0;
    return wanted;
  };
  const auto digits = [&] {
    const std::size_t from = size;
    while (next() >= '0' && next() <= '9') ++size;
    return size > from;
  };
  (void)skip_if(next() == '-');
  bool good = skip_if(next() == '0') || digits();
  if (good && skip_if(next() == '.')) good = digits();
  if (good && skip_if(next() == 'e' || next() == 'E')) {
    (void)skip_if(next() == '+' || next() == '-');
    good = digits();
  }
  out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return good;
}

}  // namespace orderd::audit
