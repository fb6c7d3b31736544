// Bytes for the scripts. The digest is kept in order records for days: changing its encoding makes each retry of an
// order that was decided before look like another order.
#include "order/settle_arguments.h"

#define XXH_STATIC_LINKING_ONLY  // XXH3_state_t on the stack
#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <span>
#include <vector>

#include "base/check.h"

namespace orderd::order {
namespace {

// Up to this many lines are sorted without an allocation.
constexpr std::size_t kLinesOnStack = 64;

// Numbers are encoded as eight little-endian bytes, and each text has its length before it: no two contents share an
// encoding.
class Hasher {
 public:
  Hasher() { ok(XXH3_64bits_reset(&state_)); }

  void add(uint64_t number) {
    std::array<unsigned char, 8> bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<unsigned char>(number >> (8 * i));
    ok(XXH3_64bits_update(&state_, bytes.data(), bytes.size()));
  }
  void add(std::string_view text) {
    add(static_cast<uint64_t>(text.size()));
    ok(XXH3_64bits_update(&state_, text.data(), text.size()));
  }
  void add(const Line& line) {
    add(std::string_view(line.sku));
    add(line.quantity);
  }
  [[nodiscard]] uint64_t value() const { return XXH3_64bits_digest(&state_); }

 private:
  static void ok(XXH_errorcode code) { ORDERD_CHECK(code == XXH_OK, "XXH3 refused its arguments"); }
  XXH3_state_t state_;
};

void add_sorted(std::span<const Line*> sorted, const std::vector<Line>& lines, Hasher& hasher) {
  std::transform(lines.begin(), lines.end(), sorted.begin(), [](const Line& line) { return &line; });
  std::sort(sorted.begin(), sorted.end(), [](const Line* a, const Line* b) { return a->sku < b->sku; });
  for (const Line* line : sorted) hasher.add(*line);
}

void add_lines(const std::vector<Line>& lines, Hasher& hasher) {
  if (lines.size() == 1) {
    hasher.add(lines.front());
  } else if (lines.size() <= kLinesOnStack) {
    std::array<const Line*, kLinesOnStack> sorted;
    add_sorted(std::span(sorted).first(lines.size()), lines, hasher);
  } else {
    std::vector<const Line*> sorted(lines.size());
    add_sorted(sorted, lines, hasher);
  }
}

void append_escaped(std::string_view text, std::string& out) {
  for (;;) {
    const std::size_t at = text.find_first_of("\"\\");
    out.append(text.substr(0, at));
    if (at == std::string_view::npos) return;
    out.push_back('\\');
    out.push_back(text[at]);
    text.remove_prefix(at + 1);
  }
}

}  // namespace

Digest digest_of(const Request& request) {
  Hasher hasher;
  hasher.add(std::string_view(request.customer));
  add_lines(request.lines, hasher);
  const uint64_t value = hasher.value();
  Digest digest;
  for (std::size_t i = 0; i < digest.size(); ++i) digest[i] = "0123456789abcdef"[value >> (60 - 4 * i) & 0xF];
  return digest;
}

void append_stock_head(std::string_view sku, std::string& out) {
  out.append(R"({"sku":")");
  append_escaped(sku, out);
  out.append("\",");
}

void append_line_head(const Line& line, std::string& out) {
  append_stock_head(line.sku, out);
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), line.quantity).ptr;
  out.append(R"("quantity":)").append(digits.data(), end).push_back(',');
}

}  // namespace orderd::order
