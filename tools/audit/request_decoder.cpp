// Both forms become a table of members: how often each was given, and what. The rules are checked on that table.
#include "audit/request_decoder.h"

#include <array>
#include <charconv>
#include <map>
#include <optional>

#include "audit/json.h"
#include "audit/name_check.h"

namespace orderd::audit {
namespace {

constexpr uint64_t kMaxWhole = 9'007'199'254'740'991;
constexpr std::size_t kMaxEntryBytes = 65'536;

enum : std::size_t { kId, kCustomer, kReplyTo, kSku, kQuantity, kItems, kMembers };
constexpr std::array<std::string_view, kMembers> kNames = {"id", "customer", "reply_to", "sku", "quantity", "items"};

struct Given {
  std::array<JsonValue, kMembers> value;
  std::array<unsigned, kMembers> times{};

  void take(std::string_view name, const JsonValue& given) {
    for (std::size_t i = 0; i < kMembers; ++i) {
      if (name != kNames[i]) continue;
      value[i] = given;
      ++times[i];
    }
  }
  // A member given once that is a string; empty otherwise.
  [[nodiscard]] std::string_view string(std::size_t which) const {
    const bool good = times[which] == 1 && value[which].kind == JsonValue::Kind::kString;
    return good ? value[which].text : std::string_view();
  }
};

// A whole number from 1 to `max`: decimal digits, no sign, no leading zero.
std::optional<uint64_t> whole(std::string_view text, uint64_t max) {
  if (text.empty() || text.size() > 16 || text[0] == '0') return std::nullopt;
  uint64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<uint64_t>(c - '0');
  }
  return number <= max ? std::optional(number) : std::nullopt;
}

// The lines of one request, those of the same SKU summed.
struct Lines {
  std::map<std::string_view, uint64_t> sums;
  std::size_t count = 0;
  bool good = true;

  void add(const Given& given, JsonValue::Kind quantity_kind, const RequestLimits& limits) {
    const JsonValue& value = given.value[kQuantity];
    const auto quantity = whole(value.text, limits.max_quantity);
    good = good && ++count <= limits.max_lines && is_sku(given.string(kSku)) && given.times[kQuantity] == 1 &&
           value.kind == quantity_kind && quantity;
    if (!good) return;
    uint64_t& sum = sums[given.string(kSku)];
    sum += *quantity;
    good = sum <= kMaxWhole;
  }
};

void read_object(JsonReader& json, Given& given, const RequestLimits& limits, Lines* items);

void read_items(JsonReader& json, const RequestLimits& limits, Lines& items) {
  if (json.peek() != '[') items.good = false;
  JsonValue other;
  if (!items.good) return (void)json.value(other);
  json.array([&] {
    Given line;
    if (json.peek() == '{') {
      read_object(json, line, limits, nullptr);
    } else {
      (void)json.value(other);
    }
    items.add(line, JsonValue::Kind::kNumber, limits);
  });
  items.good = items.good && items.count > 0;
}

// `items`: where the lines of that member go; null: it has no meaning here.
void read_object(JsonReader& json, Given& given, const RequestLimits& limits, Lines* items) {
  json.object([&](std::string_view name) {
    JsonValue value;
    if (items != nullptr && name == kNames[kItems] && json.peek() != 'n') {
      read_items(json, limits, *items);
    } else {
      (void)json.value(value);
    }
    given.take(name, value);
  });
}

// An optional member that is null counts as absent.
void drop_null(Given& given, std::size_t which) {
  if (given.times[which] == 1 && given.value[which].kind == JsonValue::Kind::kNull) given.times[which] = 0;
}

// An integer is no ID, but the result of the malformed request names it.
std::string integer_id(const Given& given) {
  const JsonValue& value = given.value[kId];
  int64_t number = 0;
  const char* const end = value.text.data() + value.text.size();
  if (given.times[kId] != 1 || value.kind != JsonValue::Kind::kNumber) return {};
  const auto [stop, error] = std::from_chars(value.text.data(), end, number);
  return error == std::errc() && stop == end ? std::to_string(number) : std::string();
}

// Of the flat form, quantities are text.
void judge(Given& given, JsonValue::Kind quantity_kind, Lines& lines, const RequestLimits& limits,
           DecodedRequest& out) {
  drop_null(given, kCustomer);
  drop_null(given, kReplyTo);
  drop_null(given, kItems);
  if (given.times[kItems] > 0) {
    drop_null(given, kSku);
    drop_null(given, kQuantity);
  }
  if (is_name(given.string(kId))) out.order = given.string(kId);
  if (is_name(given.string(kCustomer))) out.customer = given.string(kCustomer);
  if (given.times[kItems] == 0) {
    lines.add(given, quantity_kind, limits);
  } else if (given.times[kItems] > 1 || given.times[kSku] + given.times[kQuantity] > 0) {
    lines.good = false;
  }
  out.malformed = out.order.empty() || (given.times[kCustomer] > 0 && out.customer.empty()) ||
                  (given.times[kReplyTo] > 0 && !is_name(given.string(kReplyTo))) || !lines.good;
  if (out.order.empty()) out.order = integer_id(given);
  if (out.malformed) return;
  for (const auto& [sku, quantity] : lines.sums) out.content.add_line(sku, quantity);
  out.content.set_customer(out.customer);
}

}  // namespace

void decode_request(const std::vector<std::string_view>& fields, const RequestLimits& limits, DecodedRequest& out) {
  out.malformed = true;
  out.order.clear();
  out.customer.clear();
  out.content = {};
  Given flat;
  std::string_view order;
  unsigned orders = 0;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    bytes += fields[i].size() + fields[i + 1].size();
    if (fields[i] == "order") {
      order = fields[i + 1];
      ++orders;
    } else if (fields[i] != kNames[kItems]) {
      flat.take(fields[i], {JsonValue::Kind::kString, fields[i + 1]});
    }
  }
  const bool any_flat =
      flat.times[kId] + flat.times[kCustomer] + flat.times[kReplyTo] + flat.times[kSku] + flat.times[kQuantity] > 0;
  if (bytes > kMaxEntryBytes || orders > 1 || (orders == 1 && any_flat)) return;
  Lines lines;
  if (orders == 0) return judge(flat, JsonValue::Kind::kString, lines, limits, out);
  JsonReader json(order);
  Given members;
  read_object(json, members, limits, &lines);
  if (json.done()) judge(members, JsonValue::Kind::kNumber, lines, limits, out);
}

}  // namespace orderd::audit
