// Both forms become members. The rules are checked on these.
#include "audit/request_decoder.h"

#include <map>

namespace orderd::audit {
namespace {

using Kind = JsonValue::Kind;

constexpr std::size_t kMaxEntryBytes = 65'536;

constexpr std::string_view kNames[] = {"id", "customer", "reply_to", "sku", "quantity", "items"};
using Given = Members<std::size(kNames)>;

// The lines of one request; those of the same SKU are summed.
struct Lines {
  const RequestLimits& limits;
  const Kind quantity_kind;  // text in the flat form
  std::map<std::string_view, uint64_t> sums = {};
  std::size_t count = 0;
  bool good = true;

  void add(const Given& given) {
    const std::string_view sku = given["sku"].string();
    const uint64_t quantity = whole_of(given["quantity"].text).value_or(0);
    good = good && ++count <= limits.max_lines && is_sku(sku) && given["quantity"].once(quantity_kind) &&
           quantity >= 1 && quantity <= limits.max_quantity;
    if (good) good = (sums[sku] += quantity) <= kMaxWhole;
  }
};

// An integer of 64 bits is not a valid ID, but the result of the malformed request contains it.
std::string integer_id(const Given& given) {
  const std::string_view text = given["id"].text;
  const bool negative = text.starts_with('-');
  const auto size = whole_of(text.substr(negative ? 1 : 0));
  if (!given["id"].once(Kind::kNumber) || !size || (negative && *size > uint64_t{1} << 63U)) return {};
  return *size == 0 ? "0" : std::string(text);
}

void judge(const Given& given, const Lines& lines, LaneNumber lane, DecodedRequest& out) {
  if (is_name(given["id"].string())) out.order = given["id"].string();
  if (is_name(given["customer"].string())) out.customer = given["customer"].string();
  out.malformed = out.order.empty() || (!given["customer"].absent() && out.customer.empty()) ||
                  (!given["reply_to"].absent() && !is_name(given["reply_to"].string())) || !lines.good;
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
  Given flat(kNames);
  std::string_view order;
  unsigned orders = 0;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    bytes += fields[i].size() + fields[i + 1].size();
    if (fields[i] == "order") {
      order = fields[i + 1];
      ++orders;
    } else if (fields[i] != "items") {
      flat.take(fields[i], Kind::kString, fields[i + 1]);
    }
  }
  if (bytes > kMaxEntryBytes || orders > 1 || (orders == 1 && flat.most_times() > 0)) return;
  if (orders == 1) return decode_json(order, out);
  Lines lines{limits_, Kind::kString};
  lines.add(flat);
  judge(flat, lines, lane_, out);
}

void RequestDecoder::decode_json(std::string_view order, DecodedRequest& out) {
  const std::vector<JsonValue>& values = json_.read(order);
  if (values.empty() || values[0].kind != Kind::kObject) return;
  Given top(kNames);
  std::vector<Given> items;
  bool in_items = false;
  for (const JsonValue& value : values) {
    if (value.depth == 1) {
      top.take(value.name, value.kind, value.text);
      in_items = value.name == "items";
    } else if (in_items && value.depth == 2) {
      items.emplace_back(kNames);  // what is not an object stays without an SKU
    } else if (in_items && value.depth == 3) {
      items.back().take(value.name, value.kind, value.text);
    }
  }
  Lines lines{limits_, Kind::kNumber};
  if (top["items"].absent()) {
    lines.add(top);
  } else {
    lines.good = top["items"].once(Kind::kArray) && top["sku"].absent() && top["quantity"].absent() && !items.empty();
    for (const Given& item : items) lines.add(item);
  }
  judge(top, lines, lane_, out);
}

}  // namespace orderd::audit
