// Shared by the decoder tests: a call to decode an entry, and the invariants of every answer.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "order/decode.h"
#include "order/name_rules.h"

namespace orderd::order {

using Rows = std::vector<std::pair<std::string, std::string>>;  // inputs and what is expected of them

struct Decoded {
  bool good = false;
  Request request;
  std::string detail;
};

// A valid detail of a result: one short line of printable text.
inline void check_detail(const std::string& detail) {
  CHECK(detail.size() > 10);
  CHECK(detail.size() < 300);
  const auto is_inside = [&](std::size_t at) { return at < detail.size() && (detail[at] & '\xC0') == '\x80'; };
  for (std::size_t at = 0, end = 0; at < detail.size(); at = end) {
    for (end = std::min(at + 100, detail.size()); is_inside(end);) ++end;
    CHECK_MESSAGE(problem_of_id(std::string_view(detail).substr(at, end - at)) == nullptr, detail);
  }
}

inline void check_answer(const Decoded& decoded, const Limits& limits = {}) {
  const Request& request = decoded.request;
  if (!request.customer.empty()) CHECK(problem_of_id(request.customer) == nullptr);
  if (!request.id.empty()) CHECK(problem_of_id(request.id) == nullptr);
  if (!decoded.good) {
    CHECK(request.lines.empty());
    check_detail(decoded.detail);
    return;
  }
  CHECK(decoded.detail.empty());
  CHECK(!request.id.empty());
  CHECK(!request.lines.empty());
  CHECK(request.lines.size() <= limits.max_lines);
  for (const Line& line : request.lines) {
    CHECK(problem_of_sku(line.sku) == nullptr);
    CHECK(line.quantity >= 1);
    CHECK(line.quantity <= kMaxWhole);
  }
}

inline Decoded decode_entry(const Fields& fields, const Limits& limits = {}) {
  Decoder decoder(limits);
  Decoded decoded;
  // Remains of an earlier request, which must not show up.
  decoded.request = {"old-id", "old-customer", {{"old-sku", 7}, {"older-sku", 8}}, "old-asker"};
  decoded.detail = "old detail";
  decoded.good = decoder.decode(fields, decoded.request, decoded.detail);
  check_answer(decoded, limits);
  return decoded;
}

// Decodes with a reused decoder, and checks the invariants of every answer.
class Again {
 public:
  Decoded decode(const Fields& fields) {
    decoded_.good = decoder_.decode(fields, decoded_.request, decoded_.detail);
    check_answer(decoded_);
    return decoded_;
  }

 private:
  Decoder decoder_{Limits{}};
  Decoded decoded_;
};

inline Decoded decode_json(std::string_view json, const Limits& limits = {}) {
  return decode_entry({"order", json}, limits);
}

// A request with these items.
inline Decoded decode_items(const std::string& items, const Limits& limits = {}) {
  return decode_json(R"({"id":"o-1","customer":"c-7","items":)" + items + "}", limits);
}

// "o-1/c-7": the ID and the customer.
inline std::string names_of(const Decoded& decoded) {
  return decoded.request.id + "/" + decoded.request.customer;
}

// "shoe=3 sock=2": the lines, short enough to compare.
inline std::string lines_of(const Decoded& decoded) {
  std::string text;
  for (const Line& line : decoded.request.lines) {
    if (!text.empty()) text += ' ';
    text += line.sku + '=' + std::to_string(line.quantity);
  }
  return text;
}

}  // namespace orderd::order
