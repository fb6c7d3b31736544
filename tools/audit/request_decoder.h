// A second decoder for request entries: written from docs/contract.md, "A purchase request", sharing no code with the
// daemon's decoder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/json.h"
#include "audit/rules.h"

namespace orderd::audit {

// What an order asks for, as fingerprints, to compare a request with its result.
struct Content {
  uint32_t customer = 0;
  uint64_t lines = 0;  // independent of their order

  // `quantity`: the sum of all lines of the SKU.
  void add_line(std::string_view sku, uint64_t quantity) { lines += hash_of(sku, quantity * 0x9E3779B97F4A7C15U); }
  void set_customer(std::string_view name) { customer = static_cast<uint32_t>(hash_of(name) >> 32U); }
  [[nodiscard]] uint64_t digest() const {
    const uint64_t mixed = (lines ^ (uint64_t{customer} + 1) * 0xC2B2AE3D27D4EB4FU) * 0x165667B19E3779F9U;
    return mixed ^ (mixed >> 29U);
  }
};

struct RequestLimits {
  uint64_t max_quantity = 1'000'000;
  std::size_t max_lines = 64;
};

struct DecodedRequest {
  bool malformed = true;
  bool elsewhere = false;  // well-formed, with an SKU of another lane
  // Of a malformed request, if readable.
  std::string order;
  std::string customer;
  Content content;  // of a well-formed request
};

class RequestDecoder {
 public:
  explicit RequestDecoder(const RequestLimits& limits, LaneNumber lane = {}) : limits_(limits), lane_(lane) {}

  // `fields`: alternating names and values. Never throws on any input.
  void decode(const std::vector<std::string_view>& fields, DecodedRequest& out);

 private:
  void decode_json(std::string_view order, DecodedRequest& out);

  const RequestLimits limits_;
  const LaneNumber lane_;
  JsonReader json_;
};

}  // namespace orderd::audit
