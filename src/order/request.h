// A purchase request in the domain: what a producer asked for, or why it is malformed. Rules: docs/contract.md, "A
// purchase request".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace orderd::order {

// 2^53-1: the largest whole number a Lua number, a double, holds exactly.
inline constexpr uint64_t kMaxWhole = 9'007'199'254'740'991;
// Bytes of an id, a customer or an SKU.
inline constexpr std::size_t kMaxNameBytes = 128;
// Bytes of all names and values of a request entry.
inline constexpr std::size_t kMaxEntryBytes = 64 * 1024;

struct Limits {
  uint64_t max_quantity = 1'000'000;  // of one line; 1 to kMaxWhole
  std::size_t max_lines = 64;         // of one order, before lines of the same SKU are summed; at least 1
};

struct Line {
  std::string sku;
  uint64_t quantity = 0;  // 1 to kMaxWhole
};

// A valid request, or the readable part of a malformed one.
struct Request {
  std::string id;        // empty only in a malformed request
  std::string customer;  // empty: none
  // In the order of first appearance, no SKU twice.
  std::vector<Line> lines;
  // The reply list; empty: none. Not part of the content.
  std::string reply_to = {};
};

// The fields of a stream entry, alternating names and values, binary-safe. Views into the caller's buffer.
using Fields = std::vector<std::string_view>;

}  // namespace orderd::order
