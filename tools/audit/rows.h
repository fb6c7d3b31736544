// Fingerprints of entries, 64 bytes each: what is left of an entry once it was read, until all that belongs together
// stands together.
#pragma once

#include <tuple>

#include "audit/id.h"

namespace orderd::audit {

enum class RowKind : uint32_t {
  kRequestGood,
  kRequestMalformed,
  kRequestUnsure,
  kAccepted,
  kRefused,
  kIdReused,
  kMalformed,
  kLost,
  kDuplicate,
  kBadForm,  // a result of which no more is known than its request
  kDeadLetter,
};

// All that has to do with one request: sorted, the request comes first, then its results, then its dead letters.
struct RequestRow {
  Id request;
  Id result;  // 0-0 in a request
  Name order;
  uint64_t lines = 0;  // Content::lines; of what is malformed, the detail's hash
  uint32_t customer = 0;
  RowKind kind = RowKind::kBadForm;

  [[nodiscard]] bool is_request() const { return kind <= RowKind::kRequestUnsure; }
  bool operator<(const RequestRow& other) const {
    return std::tie(request, result, kind) < std::tie(other.request, other.result, other.kind);
  }
};
static_assert(sizeof(RequestRow) == 64);

enum class DecisionKind : uint32_t {
  kContent,  // of the request of the result of the same id, which follows
  kAccepted,
  kRefused,
  kIdReused,
  kDuplicateOfAccepted,
  kDuplicateOfRefused,
};

// All that has to do with one order id: sorted, in the order of the results.
struct DecisionRow {
  Name order;
  Id result;
  Id original;           // of a duplicate
  uint64_t content = 0;  // Content::digest(), of decisions and of kContent
  DecisionKind kind = DecisionKind::kContent;
  uint32_t unused = 0;

  bool operator<(const DecisionRow& other) const {
    return std::tie(order, result, kind) < std::tie(other.order, other.result, other.kind);
  }
};
static_assert(sizeof(DecisionRow) == 64);

}  // namespace orderd::audit
