// The inverse of the decoder: from a request to its entries.
#include "fuzz/orders.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "fuzz/input.h"
#include "order/settle_arguments.h"

namespace orderd::fuzz {
namespace {

using nlohmann::json;
using order::Line;
using order::Request;

// All lines, with some split into two.
constexpr order::Limits kWide{.max_quantity = order::kMaxWhole, .max_lines = 2000};

void check_same(const Request& request, const order::Fields& fields, const char* form) {
  static order::Decoder decoder(kWide);
  Decoded answer = decode(decoder, fields);
  ORDERD_CHECK(answer.good, form);
  ORDERD_CHECK(order::digest_of(answer.request) == order::digest_of(request), form);
  const auto by_sku = [](const Line& a, const Line& b) { return a.sku < b.sku; };
  Request sorted = request;
  std::sort(sorted.lines.begin(), sorted.lines.end(), by_sku);
  std::sort(answer.request.lines.begin(), answer.request.lines.end(), by_sku);
  ORDERD_CHECK(test::same(answer.request, sorted), form);
}

json head_of(const Request& request) {
  json order = {{"id", request.id}};
  if (!request.customer.empty()) order["customer"] = request.customer;
  if (!request.reply_to.empty()) order["reply_to"] = request.reply_to;
  return order;
}

void check_one_line(const Request& request) {
  const Line& line = request.lines.front();
  const std::string digits = std::to_string(line.quantity);
  order::Fields flat = {"quantity", digits, "sku", line.sku, "id", request.id};
  if (!request.customer.empty()) flat.insert(flat.end(), {"customer", request.customer});
  if (!request.reply_to.empty()) flat.insert(flat.end(), {"reply_to", request.reply_to});
  check_same(request, flat, "the flat form decodes differently");
  json order = head_of(request);
  order.update({{"sku", line.sku}, {"quantity", line.quantity}});
  const std::string text = order.dump(-1, ' ', true);
  check_same(request, {"order", text}, "the JSON form decodes differently");
}

void check_items(const Request& request) {
  json order = head_of(request);
  json& items = order["items"] = json::array();
  for (auto line = request.lines.rbegin(); line != request.lines.rend(); ++line) {
    const uint64_t half = line->quantity / 2;
    if (half > 0) items.push_back({{"sku", line->sku}, {"quantity", half}});
    items.push_back({{"quantity", line->quantity - half}, {"sku", line->sku}});
  }
  const std::string text = order.dump(1);
  if (text.size() + 5 > order::kMaxEntryBytes) return;
  check_same(request, {"order", text}, "the lines reversed and split decode differently");
}

void check_line_head(const Line& line) {
  std::string head;
  order::append_line_head(line, head);
  ORDERD_CHECK(head.back() == ',', "a line head must end with a comma");
  head.back() = '}';
  const json expected = {{"sku", line.sku}, {"quantity", line.quantity}};
  ORDERD_CHECK(json::parse(head) == expected, head.c_str());
}

}  // namespace

Entry::Entry(const uint8_t* data, std::size_t size) {
  Input input(data, size);
  limits = input.byte() % std::size(kLimits);
  const auto separator = static_cast<char>(input.byte());
  fields = input.parts(separator);
  if (fields.size() % 2 != 0) fields.emplace_back();
}

void check_meaning(const Request& request) {
  if (request.lines.size() == 1) check_one_line(request);
  check_items(request);
  for (const Line& line : request.lines) check_line_head(line);
}

}  // namespace orderd::fuzz
