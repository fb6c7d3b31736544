// An entry of the results stream, read by the names of its fields. Needs no server.
#pragma once

#include <string_view>
#include <vector>

#include "audit/content.h"
#include "audit/lines.h"

namespace orderd::audit {

// Names and values in turn.
using RawFields = std::vector<std::string_view>;

enum class Reason : uint8_t { kNone, kInsufficientStock, kUnknownSku, kBadStock, kIdReused, kMalformed, kRequestLost };
enum class ResultKind : uint8_t {
  kAccepted,
  kRefused,  // for stock
  kIdReused,
  kMalformed,
  kLost,
  kDuplicate,
  kStock,  // a change by orderctl stock
};

struct ResultEntry {
  ResultKind kind = ResultKind::kStock;
  Reason reason = Reason::kNone;
  std::string_view order;
  std::string_view customer;
  std::string_view detail;
  Id request;  // all but a change of stock
  std::vector<ResultLine> lines;
  bool was_accepted = false;  // of a duplicate: its `outcome`
  Id original;                // of a duplicate

  // Customer and lines.
  [[nodiscard]] Content content() const;
};

class ResultDecoder {
 public:
  // Fills `entry`; its views point into `fields`, or last until the next call. Answers nullptr, or what is wrong with
  // the entry's form; of `entry` the order and the request are good then, if they could be read. Never throws on any
  // input.
  [[nodiscard]] const char* decode(const RawFields& fields, ResultEntry& entry);

 private:
  struct Given;
  [[nodiscard]] const char* read_kind(const Given& given, ResultEntry& entry);
  [[nodiscard]] const char* read_lines(const Given& given, ResultEntry& entry);
  LineReader lines_;
};

[[nodiscard]] const char* text_of(Reason reason);

}  // namespace orderd::audit
