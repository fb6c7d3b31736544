// Names, errors and lines: shared by the two forms of a request.
#include "order/decode_parts.h"

#include <simdjson.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace orderd::order {
namespace {

constexpr std::size_t kQuotedMax = 40;

void append_byte_escaped(char c, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto byte = static_cast<uint8_t>(c);
  out.append("\\x").append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 0xF]);
}

std::size_t length_by_lead(char c) {
  const auto lead = static_cast<uint8_t>(c);
  return lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

// U+0080 to U+009F.
bool is_c1(std::string_view sequence) {
  return sequence[0] == '\xC2' && static_cast<uint8_t>(sequence[1]) < 0xA0;
}

void append_place(const Place& place, std::string& out) {
  if (place.line != Place::kNoLine) out.append("items[").append(std::to_string(place.line)).append("].");
  out.append(place.field);
}

}  // namespace

Name name_of(std::string_view text) {
  switch (text.size()) {
    case 2: return text == "id" ? Name::kId : Name::kOther;
    case 3: return text == "sku" ? Name::kSku : Name::kOther;
    case 5: return text == "order" ? Name::kOrder : text == "items" ? Name::kItems : Name::kOther;
    case 8:
      return text == "customer"   ? Name::kCustomer
             : text == "quantity" ? Name::kQuantity
             : text == "reply_to" ? Name::kReplyTo
                                  : Name::kOther;
    default: return Name::kOther;
  }
}

bool refuse(std::string& detail, std::initializer_list<std::string_view> parts) {
  detail.clear();
  for (const std::string_view part : parts) detail.append(part);
  return false;
}

bool refuse(std::string& detail, const Place& place, std::initializer_list<std::string_view> parts) {
  detail.clear();
  append_place(place, detail);
  for (const std::string_view part : parts) detail.append(part);
  return false;
}

bool refuse_quantity(std::string& detail, const Place& place, std::string_view given, uint64_t max_quantity) {
  return refuse(detail, place, {": ", given, " is not a whole number from 1 to ", std::to_string(max_quantity)});
}

bool given_once(std::string& detail, const Place& place, std::size_t times) {
  if (times == 1) return true;
  return refuse(detail, place, {times == 0 ? " is missing" : " is given more than once"});
}

void append_quoted(std::string_view text, std::string& out) {
  const std::size_t end = std::min(text.size(), kQuotedMax);
  out.push_back('"');
  std::size_t at = 0;
  while (at < end) {
    const char c = text[at];
    const std::size_t length = length_by_lead(c);
    const std::string_view sequence = text.substr(at, length);
    if (c >= ' ' && c < '\x7F') {
      if (c == '"' || c == '\\') out.push_back('\\');
      out.push_back(c);
      ++at;
    } else if (length == 1 || !simdjson::validate_utf8(sequence) || is_c1(sequence)) {
      append_byte_escaped(c, out);
      ++at;
    } else {
      if (at + length > end) break;
      out.append(sequence);
      at += length;
    }
  }
  out.append(at < text.size() ? "…\"" : "\"");
}

bool take_name(std::string_view text, const Place& place, const char* (*problem_of)(std::string_view), std::string& out,
               std::string& detail) {
  const char* const problem = problem_of(text);
  if (problem == nullptr) {
    out.assign(text);
    return true;
  }
  if (text.empty()) return refuse(detail, place, {" ", problem});
  std::string quoted;
  append_quoted(text, quoted);
  return refuse(detail, place, {" ", quoted, " ", problem});
}

Line& LineKeeper::at(std::vector<Line>& lines, std::size_t index) {
  if (index < lines.size()) return lines[index];
  if (kept_.empty()) return lines.emplace_back();
  lines.push_back(std::move(kept_.back()));
  kept_.pop_back();
  return lines.back();
}

void LineKeeper::cut(std::vector<Line>& lines, std::size_t count) {
  while (lines.size() > count) {
    if (kept_.size() < kept_max_) kept_.push_back(std::move(lines.back()));
    lines.pop_back();
  }
}

bool LineKeeper::sum(std::vector<Line>& lines, std::string& detail) {
  if (lines.size() < 2) return true;
  // Sorted by SKU, then by place: lines of one SKU are adjacent, the first one in front.
  by_sku_.resize(lines.size());
  std::iota(by_sku_.begin(), by_sku_.end(), std::size_t{0});
  std::sort(by_sku_.begin(), by_sku_.end(), [&](std::size_t a, std::size_t b) {
    const int order = lines[a].sku.compare(lines[b].sku);
    return order != 0 ? order < 0 : a < b;
  });
  std::size_t first = by_sku_[0];
  for (std::size_t i = 1; i < by_sku_.size(); ++i) {
    Line& line = lines[by_sku_[i]];
    if (line.sku != lines[first].sku) {
      first = by_sku_[i];
      continue;
    }
    if (line.quantity > kMaxWhole - lines[first].quantity) {
      std::string quoted;
      append_quoted(line.sku, quoted);
      return refuse(detail, {"items: the quantities of ", quoted, " add up to more than ", std::to_string(kMaxWhole)});
    }
    lines[first].quantity += std::exchange(line.quantity, 0);
  }
  // Moves the empty ones after the others, which keep their order.
  std::size_t count = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].quantity == 0) continue;
    if (i != count) std::swap(lines[i], lines[count]);
    ++count;
  }
  cut(lines, count);
  return true;
}

}  // namespace orderd::order
