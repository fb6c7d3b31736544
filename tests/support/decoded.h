// The answer of the request decoder as a value, and the rules of docs/contract.md that every answer follows.
#pragma once

#include <algorithm>
#include <set>
#include <string>

#include "order/decode.h"
#include "support/text_rules.h"

namespace orderd::test {

[[nodiscard]] inline bool same(const order::Request& a, const order::Request& b) {
  return a.id == b.id && a.customer == b.customer && a.reply_to == b.reply_to &&
         std::equal(a.lines.begin(), a.lines.end(), b.lines.begin(), b.lines.end(),
                    [](const auto& x, const auto& y) { return x.sku == y.sku && x.quantity == y.quantity; });
}

struct Decoded {
  bool good = false;
  order::Request request;
  std::string detail;
  bool operator==(const Decoded& other) const {
    return good == other.good && detail == other.detail && same(request, other.request);
  }
};

// With remains of an earlier request, which must not show up.
[[nodiscard]] inline Decoded decode(order::Decoder& decoder, const order::Fields& fields) {
  Decoded answer{.request = {"old-id", "old-customer", {{"old-sku", 7}, {"older-sku", 8}}, "old-asker"},
                 .detail = "old detail"};
  answer.good = decoder.decode(fields, answer.request, answer.detail);
  return answer;
}

// The rule that an answer breaks, in words; empty: none.
[[nodiscard]] inline std::string broken_rule(const Decoded& answer, const order::Limits& limits) {
  const order::Request& request = answer.request;
  for (const std::string& name : {request.id, request.customer, request.reply_to}) {
    if (!name.empty() && !is_good_id(name)) return "a name breaks its rule";
  }
  if (!answer.good) {
    if (answer.detail.size() <= 10 || answer.detail.size() >= 300) return "the detail is too short or too long";
    if (!is_plain(answer.detail)) return "the detail is not plain text";
    return request.lines.empty() ? "" : "a malformed request has lines";
  }
  if (!answer.detail.empty()) return "a well-formed request has a detail";
  if (request.id.empty()) return "a well-formed request has no ID";
  if (request.lines.empty() || request.lines.size() > limits.max_lines) return "the number of lines is out of range";
  std::set<std::string> skus;
  for (const order::Line& line : request.lines) {
    if (!is_good_sku(line.sku)) return "an SKU breaks its rule";
    if (!skus.insert(line.sku).second) return "an SKU is in two lines";
    if (line.quantity < 1 || line.quantity > order::kMaxWhole) return "a quantity is out of range";
  }
  return "";
}

}  // namespace orderd::test
