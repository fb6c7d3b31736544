// Numbers are compared before they are multiplied: nothing can overflow.
#include "settings/duration.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace orderd::settings {
namespace {

using std::chrono::milliseconds;

constexpr std::array<std::pair<std::string_view, milliseconds>, 4> kUnits = {
    {{"h", milliseconds(3'600'000)}, {"m", milliseconds(60'000)}, {"s", milliseconds(1000)}, {"ms", milliseconds(1)}}};

}  // namespace

std::optional<milliseconds> duration_of(std::string_view text) {
  const std::string_view digits = text.substr(0, text.find_first_not_of("0123456789"));
  const std::string_view unit = text.substr(digits.size());
  const auto* found = std::find_if(kUnits.begin(), kUnits.end(), [&](const auto& u) { return u.first == unit; });
  if (!is_whole(digits) || found == kUnits.end()) return std::nullopt;
  const uint64_t count = to_whole(digits);
  if (count > static_cast<uint64_t>(milliseconds::max() / found->second)) return milliseconds::max();
  return found->second * static_cast<int64_t>(count);
}

std::string duration_text(milliseconds value) {
  if (value == milliseconds::zero()) return "0s";
  for (const auto& [unit, size] : kUnits) {
    if (value % size == milliseconds::zero()) return std::to_string(value / size).append(unit);
  }
  return {};
}

bool is_whole(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
         (text.size() == 1 || text[0] != '0');
}

uint64_t to_whole(std::string_view digits) {
  uint64_t value = 0;
  return std::from_chars(digits.data(), digits.data() + digits.size(), value).ec == std::errc() ? value : UINT64_MAX;
}

}  // namespace orderd::settings
