// Both forms become a table of members: how often each was given, and its value. The rules are checked on that table.
#include "audit/request_decoder.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "audit/name_check.h"

namespace orderd::audit {
namespace {

using Kind = JsonValue::Kind;

constexpr std::size_t kMaxEntryBytes = 65'536;

namespace member {
enum : std::size_t { kId, kCustomer, kReplyTo, kSku, kQuantity, kItems };
constexpr std::array<std::string_view, 6> kNames = {"id", "customer", "reply_to", "sku", "quantity", "items"};
}  // namespace member
constexpr std::size_t kMembers = member::kNames.size();

struct Given {
  std::array<std::string_view, kMembers> text;
  std::array<Kind, kMembers> kind{};
  std::array<unsigned, kMembers> times{};

  void take(std::string_view name, Kind given_kind, std::string_view given_text) {
    const auto which = static_cast<std::size_t>(std::find(member::kNames.begin(), member::kNames.end(), name) -
                                                member::kNames.begin());
    if (which == kMembers) return;
    kind[which] = given_kind;
    text[which] = given_text;
    ++times[which];
  }
  [[nodiscard]] bool once(std::size_t which, Kind wanted) const { return times[which] == 1 && kind[which] == wanted; }
  // A string member given once; empty otherwise.
  [[nodiscard]] std::string_view string(std::size_t which) const {
    return once(which, Kind::kString) ? text[which] : std::string_view();
  }
  // An optional null member counts as absent.
  void drop_null(std::size_t which) {
    if (once(which, Kind::kNull)) times[which] = 0;
  }
};

// The lines of one request; those of the same SKU are summed.
struct Lines {
  const RequestLimits& limits;
  const Kind quantity_kind;  // text in the flat form
  std::map<std::string_view, uint64_t> sums = {};
  std::size_t count = 0;
  bool good = true;

  void add(const Given& given) {
    const std::string_view sku = given.string(member::kSku);
    const uint64_t quantity = whole_of(given.text[member::kQuantity]).value_or(0);
    good = good && ++count <= limits.max_lines && is_sku(sku) && given.once(member::kQuantity, quantity_kind) &&
           quantity >= 1 && quantity <= limits.max_quantity;
    if (good) good = (sums[sku] += quantity) <= kMaxWhole;
  }
};

// An integer is not a valid ID, but the result of the malformed request contains it.
std::string integer_id(const Given& given) {
  const std::string_view text = given.text[member::kId];
  int64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool good = given.once(member::kId, Kind::kNumber) && error == std::errc() && stop == text.data() + text.size();
  return good ? std::to_string(number) : std::string();
}

void judge(const Given& given, const Lines& lines, LaneNumber lane, DecodedRequest& out) {
  if (is_name(given.string(member::kId))) out.order = given.string(member::kId);
  if (is_name(given.string(member::kCustomer))) out.customer = given.string(member::kCustomer);
  out.malformed = out.order.empty() || (given.times[member::kCustomer] > 0 && out.customer.empty()) ||
                  (given.times[member::kReplyTo] > 0 && !is_name(given.string(member::kReplyTo))) || !lines.good;
  if (out.order.empty()) out.order = integer_id(given);
  if (out.malformed) return;
  for (const auto& [sku, quantity] : lines.sums) {
    out.content.add_line(sku, quantity);
    out.elsewhere = out.elsewhere || !lane.owns(sku);
  }
  out.content.set_customer(out.customer);
}

}  // namespace

void RequestDecoder::decode(const std::vector<std::string_view>& fields, DecodedRequest& out) {
  out = {};
  Given flat;
  std::string_view order;
  unsigned orders = 0;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    bytes += fields[i].size() + fields[i + 1].size();
    if (fields[i] == "order") {
      order = fields[i + 1];
      ++orders;
    } else if (fields[i] != member::kNames[member::kItems]) {
      flat.take(fields[i], Kind::kString, fields[i + 1]);
    }
  }
  const bool any_flat = flat.times != decltype(flat.times){};
  if (bytes > kMaxEntryBytes || orders > 1 || (orders == 1 && any_flat)) return;
  if (orders == 1) return decode_json(order, out);
  Lines lines{limits_, Kind::kString};
  lines.add(flat);
  judge(flat, lines, lane_, out);
}

void RequestDecoder::decode_json(std::string_view order, DecodedRequest& out) {
  const std::vector<JsonValue>& values = json_.read(order);
  if (values.empty() || values[0].kind != Kind::kObject) return;
  Given top;
  std::vector<Given> items;
  bool in_items = false;
  bool all_objects = true;
  for (const JsonValue& value : values) {
    if (value.depth == 1) {
      top.take(value.name, value.kind, value.text);
      in_items = value.name == member::kNames[member::kItems];
    } else if (in_items && value.depth == 2) {
      items.emplace_back();
      all_objects = all_objects && value.kind == Kind::kObject;
    } else if (in_items && value.depth == 3) {
      items.back().take(value.name, value.kind, value.text);
    }
  }
  top.drop_null(member::kCustomer);
  top.drop_null(member::kReplyTo);
  top.drop_null(member::kItems);
  Lines lines{limits_, Kind::kNumber};
  if (top.times[member::kItems] == 0) {
    lines.add(top);
  } else {
    top.drop_null(member::kSku);
    top.drop_null(member::kQuantity);
    lines.good = top.once(member::kItems, Kind::kArray) &&
                 top.times[member::kSku] + top.times[member::kQuantity] == 0 && all_objects && !items.empty();
    for (const Given& item : items) lines.add(item);
  }
  judge(top, lines, lane_, out);
}

}  // namespace orderd::audit
