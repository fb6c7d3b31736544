// Hash slots of a cluster. Source: "Valkey cluster specification", Key distribution model.
#pragma once

#include <cstdint>
#include <string_view>

namespace orderd::valkey {

inline constexpr uint16_t kSlots = 16384;

// The part of a key that decides its slot: the text between the first '{' and the next '}' if it is not empty,
// otherwise the whole key. A view into `key`.
[[nodiscard]] std::string_view hash_tag(std::string_view key);

// CRC16 (XMODEM) of the hash tag, modulo kSlots.
[[nodiscard]] uint16_t slot_of(std::string_view key);

}  // namespace orderd::valkey
