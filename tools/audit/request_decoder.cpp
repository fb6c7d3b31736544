// A request is taken apart into members (flat fields, or those of a JSON object), then judged. simdjson parses; where
// it gives up over a number, nlohmann's parser has a second look.
#include "audit/request_decoder.h"

#include <simdjson.h>

#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "audit/name_check.h"

namespace orderd::audit {
namespace {

using simdjson::dom::element;
using Verdict = DecodedRequest::Verdict;

constexpr uint64_t kMaxWhole = 9'007'199'254'740'991;
constexpr std::size_t kMaxEntryBytes = 65'536;
constexpr std::size_t kSureDepth = 500;

constexpr std::array<std::string_view, 5> kMembers = {"id", "customer", "sku", "quantity", "items"};
enum : std::size_t { kId, kCustomer, kSku, kQuantity, kItems };

// How deep the brackets outside of strings go.
std::size_t depth_of(std::string_view json) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

struct Given {
  std::array<element, kMembers.size()> value;
  std::array<unsigned, kMembers.size()> times{};
};

Given members_of(const simdjson::dom::object& object) {
  Given given;
  for (const auto [name, value] : object) {
    for (std::size_t i = 0; i < kMembers.size(); ++i) {
      if (name != kMembers[i]) continue;
      given.value[i] = value;
      ++given.times[i];
    }
  }
  return given;
}

// Of a member given once that is a string.
std::optional<std::string_view> string_of(const Given& given, std::size_t which) {
  std::string_view text;
  if (given.times[which] != 1 || given.value[which].get_string().get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

// From 1 to `max`, decimal, no sign, no zero in front.
std::optional<uint64_t> plain_whole(std::string_view text, uint64_t max) {
  if (text.empty() || text.size() > 16 || text[0] == '0') return std::nullopt;
  uint64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<uint64_t>(c - '0');
  }
  return number <= max ? std::optional(number) : std::nullopt;
}

}  // namespace

class RequestDecoder::Impl {
 public:
  explicit Impl(RequestLimits limits) : limits_(limits) {}

  void decode(const RawFields& fields, DecodedRequest& out) {
    out.id.clear();
    out.customer.clear();
    out.content = {};
    out.verdict = judge(fields, out);
    if (out.verdict == Verdict::kGood) out.content.set_customer(out.customer);
  }

 private:
  static Verdict good_if(bool good) { return good ? Verdict::kGood : Verdict::kMalformed; }

  Verdict judge(const RawFields& fields, DecodedRequest& out) {
    // The flat fields, and `order` in the place of `items`.
    std::array<std::string_view, kMembers.size()> value;
    std::array<unsigned, kMembers.size()> times{};
    std::size_t bytes = 0;
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
      bytes += fields[i].size() + fields[i + 1].size();
      for (std::size_t m = 0; m < kMembers.size(); ++m) {
        if (fields[i] != (m == kItems ? std::string_view("order") : kMembers[m])) continue;
        value[m] = fields[i + 1];
        ++times[m];
      }
    }
    if (bytes > kMaxEntryBytes) return Verdict::kMalformed;
    const bool flat = times[kId] + times[kCustomer] + times[kSku] + times[kQuantity] > 0;
    if (times[kItems] > 0) {
      if (flat || times[kItems] > 1) return Verdict::kMalformed;
      return judge_json(value[kItems], out);
    }
    if (times[kId] == 1 && is_name(value[kId])) out.id = value[kId];
    if (times[kCustomer] == 1 && is_name(value[kCustomer])) out.customer = value[kCustomer];
    const auto quantity = plain_whole(value[kQuantity], limits_.max_quantity);
    const bool good = !out.id.empty() && (times[kCustomer] == 0 || !out.customer.empty()) && times[kSku] == 1 &&
                      is_sku(value[kSku]) && times[kQuantity] == 1 && quantity;
    if (good) out.content.add_line(value[kSku], *quantity);
    return good_if(good);
  }

  Verdict judge_json(std::string_view json, DecodedRequest& out) {
    if (json.empty()) return Verdict::kMalformed;  // its bytes may be nowhere, and the parser copies them
    if (depth_of(json) > kSureDepth) return Verdict::kUnsure;
    element root;
    const auto error = parser_.parse(json.data(), json.size()).get(root);
    if (error == simdjson::NUMBER_ERROR) return judge_numbers(json, out);
    simdjson::dom::object top;
    if (error != simdjson::SUCCESS || root.get_object().get(top) != simdjson::SUCCESS) return Verdict::kMalformed;
    const Given given = members_of(top);
    const auto id = string_of(given, kId);
    if (id && is_name(*id)) out.id = *id;
    const auto customer = string_of(given, kCustomer);
    if (customer && is_name(*customer)) out.customer = *customer;
    if (out.id.empty() || (given.times[kCustomer] > 0 && out.customer.empty())) return Verdict::kMalformed;
    if (given.times[kItems] == 0) return good_if(add_line(given, out.content));
    if (given.times[kSku] > 0 || given.times[kQuantity] > 0) return Verdict::kMalformed;
    return good_if(add_items(given, out.content));
  }

  // simdjson refuses numbers beyond 64 bits or beyond a double, which are good JSON. Such a number is never a quantity;
  // so where the rest is good JSON, all depends on where it stands: it becomes a string, which no quantity is either,
  // and the text is judged again.
  Verdict judge_numbers(std::string_view json, DecodedRequest& out) {
    std::string replaced;
    bool quoted = false;
    bool any = false;
    for (std::size_t i = 0; i < json.size();) {
      const char c = json[i];
      if (!quoted && (c == '-' || (c >= '0' && c <= '9'))) {
        const std::size_t end = std::min(json.find_first_not_of("0123456789+-.eE", i), json.size());
        const std::string_view token = json.substr(i, end - i);
        const bool large = token.size() > 18 || token.find_first_of("eE") != std::string_view::npos;
        // Of such a number only the form is looked at here, not the value.
        if (large && !is_json_number(token)) return Verdict::kMalformed;
        replaced.append(large ? std::string_view("1.5") : token);
        any = any || large;
        i = end;
        continue;
      }
      if (c == '"') quoted = !quoted;
      replaced.push_back(c);
      if (quoted && c == '\\' && i + 1 < json.size()) replaced.push_back(json[++i]);
      ++i;
    }
    return any ? judge_json(replaced, out) : Verdict::kMalformed;
  }

  static bool is_json_number(std::string_view token) {
    // The digits of a mantissa and an exponent may be any number; shortened, a parser can tell the form.
    std::string shorter;
    std::size_t run = 0;
    for (const char c : token) {
      const bool digit = c >= '0' && c <= '9';
      run = digit ? run + 1 : 0;
      if (run <= 2) shorter.push_back(c);
    }
    return nlohmann::json::accept(shorter);
  }

  [[nodiscard]] std::optional<std::pair<std::string_view, uint64_t>> line_of(const Given& given) const {
    const auto sku = string_of(given, kSku);
    if (!sku || !is_sku(*sku) || given.times[kQuantity] != 1) return std::nullopt;
    const element& value = given.value[kQuantity];
    if (!value.is<int64_t>() && !value.is<uint64_t>()) return std::nullopt;
    uint64_t quantity = 0;
    if (value.get_uint64().get(quantity) != simdjson::SUCCESS) return std::nullopt;
    if (quantity < 1 || quantity > limits_.max_quantity) return std::nullopt;
    return std::pair(*sku, quantity);
  }

  bool add_line(const Given& given, Content& content) const {
    const auto line = line_of(given);
    if (line) content.add_line(line->first, line->second);
    return line.has_value();
  }

  bool add_items(const Given& given, Content& content) const {
    simdjson::dom::array items;
    if (given.times[kItems] != 1 || given.value[kItems].get_array().get(items) != simdjson::SUCCESS) return false;
    std::map<std::string_view, uint64_t> sums;
    std::size_t count = 0;
    for (const element item : items) {
      simdjson::dom::object object;
      if (++count > limits_.max_lines || item.get_object().get(object) != simdjson::SUCCESS) return false;
      const auto line = line_of(members_of(object));
      if (!line) return false;
      uint64_t& sum = sums[line->first];
      sum += line->second;
      if (sum > kMaxWhole) return false;
    }
    for (const auto& [sku, quantity] : sums) content.add_line(sku, quantity);
    return count > 0;
  }

  const RequestLimits limits_;
  simdjson::dom::parser parser_;
};

RequestDecoder::RequestDecoder(RequestLimits limits) : impl_(std::make_unique<Impl>(limits)) {
}
RequestDecoder::~RequestDecoder() = default;

void RequestDecoder::decode(const RawFields& fields, DecodedRequest& out) {
  impl_->decode(fields, out);
}

}  // namespace orderd::audit
