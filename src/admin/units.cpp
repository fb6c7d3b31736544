// At most two units: smaller ones do not matter then.
#include "admin/units.h"

#include <spdlog/fmt/chrono.h>
#include <spdlog/fmt/fmt.h>

#include <cmath>
#include <ctime>

namespace orderd::admin {

std::string count_text(uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string rate_text(double per_second) {
  if (per_second >= 9.95) return count_text(static_cast<uint64_t>(std::llround(per_second)));
  return per_second > 0 ? fmt::format("{:.1f}", per_second) : "0";
}

std::string span_text(uint64_t ms) {
  const uint64_t s = ms / 1000;
  if (ms < 1000) return fmt::format("{} ms", ms);
  if (s < 60) return fmt::format("{}.{} s", s, ms % 1000 / 100);
  if (s < 3600) return fmt::format("{} min {} s", s / 60, s % 60);
  if (s < 24 * 3600) return fmt::format("{} h {} min", s / 3600, s % 3600 / 60);
  return fmt::format("{} d {} h", s / (24 * 3600), s % (24 * 3600) / 3600);
}

std::string time_text(uint64_t ms_since_1970) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(ms_since_1970 / 1000)));
}

}  // namespace orderd::admin
