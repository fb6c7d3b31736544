// A recording: one JSON object per line. See docs/replay.md for the format.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "order/request.h"
#include "shared/entry.h"

namespace orderd::replay {

// Longer lines are refused.
inline constexpr std::size_t kMaxLineBytes = 4 * 1024 * 1024;
// A recording spans at most a year.
inline constexpr uint64_t kMaxAtUs = uint64_t{366} * 24 * 3600 * 1'000'000;

// One line. Views into the reader, valid until its next read().
struct Recorded {
  enum class Kind {
    kEntry,  // a request or a result
    kStock,  // the stock of an SKU at the start
    kEmpty,  // an empty line
  };
  Kind kind = Kind::kEmpty;
  std::optional<uint64_t> at_us;  // since the start of the recording
  std::string_view id;            // of the entry it was captured from; empty: none
  order::Fields fields;           // names and values in turn
  std::string_view sku;  // kStock; of a request, its first SKU where the source knows it even if it is malformed
  uint64_t quantity = 0;
};

// Parses lines.
class RecordingReader {
 public:
  RecordingReader();
  ~RecordingReader();
  RecordingReader(const RecordingReader&) = delete;
  RecordingReader& operator=(const RecordingReader&) = delete;

  // `line` without its newline. An object without "fields" and "stock" is an order's JSON: a request of one field,
  // `order`. The failure says what is wrong with the line, without its number.
  [[nodiscard]] Result<bool> read(std::string_view line, Recorded& out);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Append a line with its newline. Bytes that are not UTF-8 are written as {"base64":"..."}.
void append_entry(std::string& out, std::optional<uint64_t> at_us, std::string_view id, const order::Fields& fields);
void append_stock(std::string& out, std::string_view sku, uint64_t quantity);
// For append_entry(): the fields of a stream's entry.
[[nodiscard]] order::Fields fields_of(const tools::Entry& entry);
// The other way round: a recorded entry. Views as in `line`.
[[nodiscard]] tools::Entry entry_of(const Recorded& line);
// Appends `text`, which must be UTF-8, as a JSON string, and returns `out`.
std::string& append_json(std::string& out, std::string_view text);

// The stock that an accepted order, or a change of stock, left behind.
struct Left {
  std::string_view sku;
  uint64_t quantity = 0;  // what an order took
  uint64_t remaining = 0;
};
// Calls `each` for every SKU in `lines` of an entry of the results stream that says what remains of it.
void each_left(const tools::Entry& result, const std::function<void(const Left&)>& each);

}  // namespace orderd::replay
