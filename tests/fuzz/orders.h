// What the targets that decode orders share: an answer as a value, and an order written in every form there is.
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

// Checks what has to hold of a good request: written anew as flat fields and as JSON, its lines in any order or cut in
// two, it is decoded to the same and has the same digest; and its line heads are JSON that gives back SKU and quantity.
void check_meaning(const order::Request& request);

}  // namespace orderd::fuzz
