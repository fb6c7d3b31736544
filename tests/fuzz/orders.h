// Shared by the targets that decode orders: an answer as a value, and an order written in every form.
#pragma once

#include <string>
#include <string_view>

#include "order/decode.h"

namespace orderd::fuzz {

struct Decoded {
  bool good = false;
  order::Request request;
  std::string detail;
  bool operator==(const Decoded& other) const;
};

[[nodiscard]] Decoded decode(order::Decoder& decoder, const order::Fields& fields);
[[nodiscard]] bool same(const order::Request& a, const order::Request& b);

// Checks a well-formed request: rewritten as flat fields and as JSON, with its lines reordered or split, it decodes to
// the same request and digest; and its line heads are JSON with the same SKU and quantity.
void check_meaning(const order::Request& request);

}  // namespace orderd::fuzz
