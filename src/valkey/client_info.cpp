// The server rejects names with spaces or bytes that are not printable ASCII.
#include "valkey/client_info.h"

#include <algorithm>
#include <string>

namespace orderd::valkey {

std::array<Command, 3> client_info(std::string_view name) {
  std::string accepted(name);
  std::replace_if(
      accepted.begin(), accepted.end(), [](char byte) { return byte < '!' || byte > '~'; }, '_');
  return {Command::of("CLIENT", "SETINFO", "LIB-NAME", "orderd"),
          Command::of("CLIENT", "SETINFO", "LIB-VER", ORDERD_VERSION), Command::of("CLIENT", "SETNAME", accepted)};
}

}  // namespace orderd::valkey
