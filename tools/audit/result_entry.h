// An entry of the results stream, read by the names of its fields.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "audit/findings.h"
#include "audit/json.h"
#include "audit/link.h"
#include "audit/request_decoder.h"

namespace orderd::audit {

enum class ResultKind : uint8_t {
  kAccepted,
  kRefused,  // because of stock
  kBadRecord,
  kIdReused,
  kWrongLane,
  kMalformed,
  kDuplicate,
  kStock,   // a change by orderctl stock
  kLetter,  // a dead letter requeued or discarded by orderctl dead
};

// A member of a line: missing, null, or a whole number of at most 18 digits.
struct Amount {
  enum class Kind : uint8_t { kMissing, kNull, kNumber };
  Kind kind = Kind::kMissing;
  int64_t value = 0;
  [[nodiscard]] bool is_number() const { return kind == Kind::kNumber; }
  [[nodiscard]] bool is_null() const { return kind == Kind::kNull; }
  [[nodiscard]] bool is_missing() const { return kind == Kind::kMissing; }
};

struct ResultLine {
  std::string_view sku;
  Amount quantity;
  Amount remaining;
  Amount available;
  Amount before;
};

struct ResultEntry {
  Id id;
  ResultKind kind = ResultKind::kStock;
  std::string_view reason;
  std::string_view order;
  std::string_view customer;
  std::string_view detail;
  Id request;  // 0-0: not readable
  std::vector<ResultLine> lines;
  bool was_accepted = false;  // of a duplicate: its `outcome`
  Id original;                // of a duplicate
  Id lettered;                // of a letter: its `result`, which is malformed

  [[nodiscard]] bool decided() const { return kind == ResultKind::kAccepted || kind == ResultKind::kRefused; }
  [[nodiscard]] Place place() const { return {id, request, order}; }
  // Customer and lines.
  [[nodiscard]] Content content() const;
};

class ResultDecoder {
 public:
  // Fills `entry`; its views point into `raw`, or are valid until the next call. Returns nullptr, or what is wrong with
  // the entry; even then order and request are filled if they are readable. Never throws on any input.
  [[nodiscard]] const char* decode(const RawEntry& raw, ResultEntry& entry) {
    entry.id = raw.id;
    return decode(raw.fields, entry);
  }
  // `fields`: alternating names and values.
  [[nodiscard]] const char* decode(const std::vector<std::string_view>& fields, ResultEntry& entry);

 private:
  JsonReader json_;  // owns SKUs with escapes
};

}  // namespace orderd::audit
