// Which IDs, customers and SKUs are valid.
#pragma once

#include <string_view>

namespace orderd::order {

// Each returns nullptr if the text is valid, else what is wrong with it, to follow the field's name:
// "is empty", "is longer than 128 bytes", "is not valid UTF-8", "contains a control character" (C0, DEL and C1).
[[nodiscard]] const char* problem_of_id(std::string_view text);
// As above, and "contains white space" (Unicode White_Space), "contains a brace" ({ and } move a key's slot).
[[nodiscard]] const char* problem_of_sku(std::string_view text);

}  // namespace orderd::order
