// A request entry, decoded a second time: written from docs/contract.md ("A purchase request"), sharing nothing with
// the daemon's decoder but a JSON parser.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "audit/content.h"
#include "audit/result_entry.h"

namespace orderd::audit {

struct RequestLimits {
  uint64_t max_quantity = 1'000'000;
  std::size_t max_lines = 64;
};

struct DecodedRequest {
  enum class Verdict : uint8_t {
    kGood,
    kMalformed,
    kUnsure,  // the contract does not say: JSON nested hundreds of levels deep, or numbers beyond what any parser takes
  };
  Verdict verdict = Verdict::kMalformed;
  // Of a malformed one, where they could be read.
  std::string id;
  std::string customer;
  Content content;  // of a good one
};

class RequestDecoder {
 public:
  explicit RequestDecoder(RequestLimits limits);
  ~RequestDecoder();
  RequestDecoder(const RequestDecoder&) = delete;
  RequestDecoder& operator=(const RequestDecoder&) = delete;

  // Never throws on any input.
  void decode(const RawFields& fields, DecodedRequest& out);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace orderd::audit
