// As the scripts write them, lines are read in one pass. Whatever looks different in any way is left to a JSON parser.
#include "audit/lines.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace orderd::audit {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxDigits = 18;

// A cursor over text of just one form.
class Strict {
 public:
  explicit Strict(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool skip(std::string_view word) {
    if (static_cast<std::size_t>(end_ - at_) < word.size() || !std::equal(word.begin(), word.end(), at_)) return false;
    at_ += word.size();
    return true;
  }
  // Up to the closing quote; none with an escape.
  bool string(std::string_view& out) {
    const char* const from = at_;
    while (at_ != end_ && *at_ != '"' && *at_ != '\\') ++at_;
    if (at_ == end_ || *at_ == '\\') return false;
    out = std::string_view(from, static_cast<std::size_t>(at_ - from));
    ++at_;
    return true;
  }
  bool amount(Amount& out) {
    if (skip("null")) {
      out.kind = Amount::Kind::kNull;
      return true;
    }
    const bool negative = at_ != end_ && *at_ == '-';
    if (negative) ++at_;
    const char* const from = at_;
    int64_t value = 0;
    for (; at_ != end_ && *at_ >= '0' && *at_ <= '9' && at_ - from < static_cast<std::ptrdiff_t>(kMaxDigits); ++at_) {
      value = value * 10 + (*at_ - '0');
    }
    if (at_ == from || (*from == '0' && at_ - from > 1)) return false;
    out = {Amount::Kind::kNumber, negative ? -value : value};
    return true;
  }
  [[nodiscard]] bool done() const { return at_ == end_; }

 private:
  const char* at_;
  const char* end_;
};

bool read_line(Strict& text, ResultLine& line) {
  if (!text.skip("{\"sku\":\"") || !text.string(line.sku)) return false;
  if (text.skip(",\"before\":") && !text.amount(line.before)) return false;
  if (!text.skip(",\"quantity\":") || !text.amount(line.quantity)) return false;
  if (text.skip(",\"remaining\":")) return text.amount(line.remaining) && text.skip("}");
  return text.skip(",\"available\":") && text.amount(line.available) && text.skip("}");
}

bool read_strictly(std::string_view json, std::vector<ResultLine>& lines) {
  Strict text(json);
  if (!text.skip("[")) return false;
  do {
    if (!read_line(text, lines.emplace_back())) return false;
  } while (text.skip(","));
  return text.skip("]") && text.done();
}

bool amount_of(const Json& line, const char* name, Amount& out) {
  const auto found = line.find(name);
  if (found == line.end()) return true;
  if (found->is_null()) {
    out.kind = Amount::Kind::kNull;
    return true;
  }
  if (!found->is_number_integer() || found->dump().size() > kMaxDigits) return false;
  out = {Amount::Kind::kNumber, found->get<int64_t>()};
  return true;
}

bool no_sku_twice(const std::vector<ResultLine>& lines) {
  if (lines.size() == 1) return true;
  std::vector<std::string_view> skus;
  for (const ResultLine& line : lines) skus.push_back(line.sku);
  std::sort(skus.begin(), skus.end());
  return std::adjacent_find(skus.begin(), skus.end()) == skus.end();
}

}  // namespace

bool LineReader::read(std::string_view json, std::vector<ResultLine>& lines) {
  lines.clear();
  if (!read_strictly(json, lines) && !read_any(json, lines)) return false;
  return no_sku_twice(lines);
}

bool LineReader::read_any(std::string_view json, std::vector<ResultLine>& lines) {
  lines.clear();
  skus_.clear();
  const Json array = Json::parse(json, nullptr, false);
  if (!array.is_array() || array.empty()) return false;
  for (const Json& each : array) {
    if (!each.is_object()) return false;
    const auto sku = each.find("sku");
    if (sku == each.end() || !sku->is_string()) return false;
    ResultLine& line = lines.emplace_back();
    line.sku = skus_.emplace_back(sku->get<std::string>());
    if (!amount_of(each, "quantity", line.quantity) || !amount_of(each, "remaining", line.remaining) ||
        !amount_of(each, "available", line.available) || !amount_of(each, "before", line.before)) {
      return false;
    }
  }
  return true;
}

}  // namespace orderd::audit
