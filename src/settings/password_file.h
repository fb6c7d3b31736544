// The file of valkey.password_file.
#pragma once

#include <string>

#include "base/result.h"

namespace orderd::settings {

// The first line of the file, without its end (LF or CRLF): 1 to 1024 bytes. Fails unless it is a regular file that is
// not world-readable. The error does not repeat the path.
[[nodiscard]] Result<std::string> read_password_file(const std::string& path);

}  // namespace orderd::settings
