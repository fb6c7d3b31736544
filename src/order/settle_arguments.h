// What the scripts need to know about an order, as bytes: digest, keys and line heads. See lua/settle.lua.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "order/request.h"

namespace orderd::order {

// 16 hexadecimal digits for the content of an order: its customer and its lines, in any order. XXH3, 64 bits:
// distinguishes a retry from another order with the same ID. It does not defend against a computed collision; all that
// such a producer gains is `duplicate` instead of `id_reused`.
using Digest = std::array<char, 16>;
[[nodiscard]] Digest digest_of(const Request& request);

// Appends the head of a line's JSON: {"sku":"shoe","quantity":3, with the SKU escaped.
void append_line_head(const Line& line, std::string& out);
// Appends {"sku":"shoe", for lua/stock.lua.
void append_stock_head(std::string_view sku, std::string& out);

}  // namespace orderd::order
