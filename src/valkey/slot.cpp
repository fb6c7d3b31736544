#include "valkey/slot.h"

namespace orderd::valkey {

std::string_view hash_tag(std::string_view key) {
  const std::size_t open = key.find('{');
  if (open == std::string_view::npos) return key;
  const std::size_t close = key.find('}', open + 1);
  if (close == std::string_view::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

// Bit by bit: used at the start and by tools, not for each order.
uint16_t slot_of(std::string_view key) {
  constexpr unsigned kPolynomial = 0x1021;
  unsigned crc = 0;
  for (const char c : hash_tag(key)) {
    crc ^= static_cast<unsigned>(static_cast<unsigned char>(c)) << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000U) != 0 ? (crc << 1) ^ kPolynomial : crc << 1;
    crc &= 0xFFFFU;
  }
  return static_cast<uint16_t>(crc % kSlots);
}

}  // namespace orderd::valkey
