// The address that a server of ours listens on: IP address and port.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace orderd {

struct ListenAddress {
  std::string host;  // numeric
  uint16_t port = 0;
  bool v6 = false;

  // Whether only this machine can reach it.
  [[nodiscard]] bool loopback() const;
  // "127.0.0.1:9464", "[::1]:9464"
  [[nodiscard]] std::string text() const;
};

// Parses the format of text(); `localhost` is 127.0.0.1. Port 0: any free one.
[[nodiscard]] Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace orderd
