// Base64 of RFC 4648, with padding.
#pragma once

#include <string>
#include <string_view>

namespace orderd::replay {

void append_base64(std::string& out, std::string_view bytes);
// False: `text` is not what append_base64() writes; `out` is of no use then.
[[nodiscard]] bool read_base64(std::string_view text, std::string& out);

}  // namespace orderd::replay
