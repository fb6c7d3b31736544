// Options that are decimals, kept in millionths so that no rounding depends on the machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace orderd::replay {

// Of requests, per second.
inline constexpr uint64_t kMaxRate = 100'000'000;

// "0.05" is 50,000; at most six decimals, no sign, no exponent.
[[nodiscard]] std::optional<uint64_t> millionths_of(std::string_view text);

// `max` in whole units. `target` must outlive the parsing.
CLI::Option* add_decimal(CLI::App& app, const std::string& name, uint64_t& target, uint64_t max,
                         const std::string& type, const std::string& help);

}  // namespace orderd::replay
