// Shared by the targets that decode orders: their input, and an order written in every form.
#pragma once

#include <cstddef>
#include <cstdint>

#include "support/decoded.h"

namespace orderd::fuzz {

constexpr order::Limits kLimits[] = {{}, {.max_quantity = order::kMaxWhole, .max_lines = 1000}, {1, 1}, {5, 3}};

// The input of these targets: a byte for the limits, a separator byte, and alternating names and values with that byte
// between them.
struct Entry {
  Entry(const uint8_t* data, std::size_t size);
  std::size_t limits;  // in kLimits
  order::Fields fields;
};

using test::decode;
using test::Decoded;

// Checks a well-formed request: rewritten as flat fields and as JSON, with its lines reordered or split, it decodes to
// the same request and digest; and its line heads are JSON with the same SKU and quantity.
void check_meaning(const order::Request& request);

}  // namespace orderd::fuzz
