// Hash slots of a cluster. Source: "Valkey cluster specification", Key distribution model.
#pragma once

#include <cstdint>
#include <string_view>

namespace orderd::valkey {

inline constexpr uint16_t kSlots = 16384;

// What of a key decides its slot: the text between the first '{' and the first '}' after it, where that is not empty,
// else the whole key. A view into `key`.
[[nodiscard]] std::string_view hash_tag(std::string_view key);

// CRC16 (XMODEM) of the hash tag, modulo kSlots.
[[nodiscard]] uint16_t slot_of(std::string_view key);

}  // namespace orderd::valkey
