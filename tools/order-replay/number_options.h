// Options that are decimals, kept in millionths so that no rounding depends on the machine.
#pragma once

#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "order-replay/numbers.h"
#include "shared/options.h"
#include "shared/output.h"

namespace orderd::replay {

// Of requests, per second.
inline constexpr uint64_t kMaxRate = 100'000'000;

// "0.05" is 50,000; at most six decimals, no sign, no exponent.
[[nodiscard]] inline std::optional<uint64_t> millionths_of(std::string_view text) {
  constexpr std::size_t kDigits = 6;
  const std::size_t point = text.find('.');
  const auto whole = tools::whole_of(text.substr(0, point));
  std::string digits(point == std::string_view::npos ? "0" : text.substr(point + 1));
  if (!whole || *whole > kMillion || digits.empty() || digits.size() > kDigits) return std::nullopt;
  if (digits.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  digits.resize(kDigits, '0');
  return *whole * kMillion + std::stoull(digits);
}

// `max` in whole units. `target` must outlive the parsing.
inline CLI::Option* add_decimal(CLI::App& app, const std::string& name, uint64_t& target, uint64_t max,
                                const std::string& type, const std::string& help) {
  const auto keep = [&target](const std::string& text) { target = millionths_of(text).value_or(0); };
  return tools::add_one(app, name, type, help, keep)->check([max](const std::string& text) {
    if (millionths_of(text).value_or(UINT64_MAX) <= max * kMillion) return std::string();
    return fmt::format("'{}' is not a decimal between 0 and {} with at most six decimal places (example: 0.05)",
                       tools::shown(text), max);
  });
}

}  // namespace orderd::replay
