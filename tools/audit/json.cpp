// One function per grammar rule. A string without an escape is a view into the text.
#include "audit/json.h"

#include <nlohmann/json.hpp>

#include "audit/rules.h"

namespace orderd::audit {
namespace {

// The limit of docs/contract.md. An empty array or object is no level.
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
  constexpr std::pair<std::string_view, Kind> kWords[] = {
      {"null", Kind::kNull}, {"true", Kind::kTrue}, {"false", Kind::kFalse}};
  const char first = peek();
  // The contents follow their object or array.
  const std::size_t place = values_.size();
  values_.push_back({first == '{' ? Kind::kObject : Kind::kArray, depth, name, {}});
  if (first == '{' || first == '[') return read_contents(depth, first == '{');
  JsonValue& value = values_[place];
  value.kind = first == '"' ? Kind::kString : Kind::kNumber;
  if (first == '"') return read_string(value.text);
  for (const auto& [word, kind] : kWords) {
    if (!rest_.starts_with(word)) continue;
    value.kind = kind;
    rest_.remove_prefix(word.size());
    return true;
  }
  return read_number(value.text);
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
  const std::string_view all = rest_;
  // Skips one of these characters.
  const auto skip_any = [&](std::string_view wanted) {
    const bool there = !rest_.empty() && wanted.find(rest_[0]) != std::string_view::npos;
    if (there) rest_.remove_prefix(1);
    return there;
  };
  const auto skip_digits = [&] {
    const std::size_t digits = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    rest_.remove_prefix(digits);
    return digits > 0;
  };
  (void)skip_any("-");
  bool good = skip_any("0") || skip_digits();
  if (good && skip_any(".")) good = skip_digits();
  if (good && skip_any("eE")) {
    (void)skip_any("+-");
    good = skip_digits();
  }
  out = all.substr(0, all.size() - rest_.size());
  return good;
}

}  // namespace orderd::audit
