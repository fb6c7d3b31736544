// The field `lines` of a result.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace orderd::audit {

// A member of a line: not there, null, or a whole number of 18 digits at most.
struct Amount {
  enum class Kind : uint8_t { kMissing, kNull, kNumber };
  Kind kind = Kind::kMissing;
  int64_t value = 0;
  [[nodiscard]] bool is_number() const { return kind == Kind::kNumber; }
  [[nodiscard]] bool is_null() const { return kind == Kind::kNull; }
  [[nodiscard]] bool is_missing() const { return kind == Kind::kMissing; }
  bool operator==(const Amount&) const = default;
};

struct ResultLine {
  std::string_view sku;
  Amount quantity;
  Amount remaining;
  Amount available;
  Amount before;
};

class LineReader {
 public:
  // Fills `lines`, whose views last until the next call and no longer than `json`. False: this is no JSON array of
  // objects with an SKU and whole numbers, at least one, no SKU twice. Other members are ignored.
  [[nodiscard]] bool read(std::string_view json, std::vector<ResultLine>& lines);

 private:
  [[nodiscard]] bool read_any(std::string_view json, std::vector<ResultLine>& lines);
  std::deque<std::string> skus_;  // those with an escape in them
};

}  // namespace orderd::audit
