// Decodes a request entry a second time: written from docs/contract.md, "A purchase request", and sharing no code with
// the daemon's decoder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/content.h"

namespace orderd::audit {

struct RequestLimits {
  uint64_t max_quantity = 1'000'000;
  std::size_t max_lines = 64;
};

struct DecodedRequest {
  bool malformed = true;
  // Of a malformed one, where they could be read.
  std::string order;
  std::string customer;
  Content content;  // of a good one
};

// `fields`: names and values in turn. Never throws on any input.
void decode_request(const std::vector<std::string_view>& fields, const RequestLimits& limits, DecodedRequest& out);

}  // namespace orderd::audit
