// Valid IDs, customers and SKUs: docs/contract.md, "A purchase request".
#pragma once

#include <string_view>

namespace orderd::audit {

[[nodiscard]] bool is_utf8(std::string_view text);
// 1 to 128 bytes of UTF-8, no control characters.
[[nodiscard]] bool is_name(std::string_view text);
// The same, without white space and braces.
[[nodiscard]] bool is_sku(std::string_view text);

}  // namespace orderd::audit
