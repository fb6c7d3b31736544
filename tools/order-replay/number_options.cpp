// A decimal is two whole numbers with a point between them.
#include "order-replay/number_options.h"

#include <CLI/CLI.hpp>

#include "order-replay/numbers.h"
#include "shared/options.h"
#include "shared/output.h"

namespace orderd::replay {

std::optional<uint64_t> millionths_of(std::string_view text) {
  constexpr std::size_t kDigits = 6;
  const std::size_t point = text.find('.');
  const auto whole = tools::whole_of(text.substr(0, point));
  if (!whole || *whole > kMillion) return std::nullopt;
  uint64_t fraction = 0;
  if (point != std::string_view::npos) {
    const std::string_view digits = text.substr(point + 1);
    if (digits.empty() || digits.size() > kDigits) return std::nullopt;
    for (std::size_t i = 0; i < kDigits; ++i) {
      const char c = i < digits.size() ? digits[i] : '0';
      if (c < '0' || c > '9') return std::nullopt;
      fraction = fraction * 10 + static_cast<uint64_t>(c - '0');
    }
  }
  return *whole * kMillion + fraction;
}

CLI::Option* add_decimal(CLI::App& app, const std::string& name, uint64_t& target, uint64_t max,
                         const std::string& type, const std::string& help) {
  const CLI::callback_t keep = [&target](const CLI::results_t& texts) {
    target = millionths_of(texts.at(0)).value_or(0);
    return true;
  };
  const auto good = [max](const std::string& text) {
    const auto number = millionths_of(text);
    if (number && *number <= max * kMillion) return std::string();
    return "'" + tools::shown(text) + "' is not a decimal between 0 and " + std::to_string(max) +
           " with at most six decimal places (example: 0.05)";
  };
  return app.add_option(name, keep, help)->type_name(type)->type_size(1)->expected(1)->check(good);
}

}  // namespace orderd::replay
