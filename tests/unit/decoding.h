// Shared by the decoder tests: a call to decode an entry, and the invariants of every answer.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/decoded.h"

namespace orderd::order {

using test::Decoded;
using Rows = std::vector<std::pair<std::string, std::string>>;  // inputs and what is expected of them

inline Decoded decode_entry(const Fields& fields, const Limits& limits = {}) {
  Decoder decoder(limits);
  Decoded decoded = test::decode(decoder, fields);
  CHECK(test::broken_rule(decoded, limits) == "");
  return decoded;
}

// Decodes with a reused decoder.
class Again {
 public:
  Decoded decode(const Fields& fields) {
    Decoded decoded = test::decode(decoder_, fields);
    CHECK(test::broken_rule(decoded, {}) == "");
    return decoded;
  }

 private:
  Decoder decoder_{Limits{}};
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
