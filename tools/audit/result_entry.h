// An entry of the results stream, read by the names of its fields.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

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

// A whole number: a member of a line, or the stock of a key.
struct Amount {
  enum class Kind : uint8_t {
    kMissing,  // the line has no such member
    kNumber,   // of at most 18 digits
    kNull,     // either of these two:
    kAbsent,   // no key
    kBad,      // a key that is not a whole number
  };
  Kind kind = Kind::kMissing;
  int64_t value = 0;
  [[nodiscard]] bool is_number() const { return kind == Kind::kNumber; }
  [[nodiscard]] bool is_missing() const { return kind == Kind::kMissing; }
};

struct ResultLine {
  std::string_view sku;
  Amount quantity;
  Amount remaining;
  Amount available;
  Amount before;
};

// Where something was found; 0-0 and empty: does not apply.
struct Place {
  Id result;
  Id request = {};
  std::string_view order = {};
  std::string_view sku = {};
};

struct ResultEntry {
  Id id;
  const char* problem = nullptr;  // what is wrong with it; then only its ID, request and order can be relied on
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
  // What its request asks for; check_requests() fills it. Nothing if unknown or different.
  std::optional<Content> asked;
  // The fields of its request, until the next result is read. Null if unknown.
  const std::vector<std::string_view>* raw = nullptr;

  [[nodiscard]] bool good() const { return problem == nullptr; }
  [[nodiscard]] bool decided() const { return kind == ResultKind::kAccepted || kind == ResultKind::kRefused; }
  [[nodiscard]] Place place() const { return {id, request, order}; }
  // Customer and lines.
  [[nodiscard]] Content content() const;
};

class ResultDecoder {
 public:
  // Fills everything but the ID and the problem, which it returns. `fields`: alternating names and values, to which the
  // views point; some are valid only until the next call. Never throws on any input.
  [[nodiscard]] const char* decode(const std::vector<std::string_view>& fields, ResultEntry& entry);

 private:
  JsonReader json_;  // owns SKUs with escapes
};

// Reads the results from `first` to `last`, inclusive, without a gap.
class ResultCursor {
 public:
  ResultCursor(Link& link, const std::string& stream, Id first, Id last) : raw_(link, stream, first, last, true) {}
  // The next one, valid until the next call; null at the end.
  [[nodiscard]] ResultEntry* next();

 private:
  Cursor raw_;
  ResultDecoder decoder_;
  ResultEntry entry_;
};

}  // namespace orderd::audit
