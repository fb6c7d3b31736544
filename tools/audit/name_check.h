// What ids, customers and SKUs may look like, as docs/contract.md has it.
#pragma once

#include <string_view>

namespace orderd::audit {

// 1 to 128 bytes of UTF-8, no control characters.
[[nodiscard]] bool is_name(std::string_view text);
// The same, and no white space, no brace.
[[nodiscard]] bool is_sku(std::string_view text);

}  // namespace orderd::audit
