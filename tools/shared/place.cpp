// A time is read by hand: strptime() knows neither fractions nor offsets with a colon, and takes blanks anywhere.
#include "shared/place.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <limits>

#include "shared/options.h"
#include "shared/output.h"

namespace orderd::tools {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t kLast = std::numeric_limits<uint64_t>::max();

// Takes `count` digits from the front.
std::optional<int> digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int number = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    number = number * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return number;
}

bool skip(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

// Two numbers with a colon between them: hours, below 24, and minutes. Of an offset, +0100, the colon may be missing.
std::optional<milliseconds> clock(std::string_view& text, bool needs_colon = true) {
  const auto hours = digits(text, 2);
  if (!hours || *hours > 23 || (!skip(text, ':') && needs_colon)) return std::nullopt;
  const auto minutes = digits(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  return std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
}

std::optional<milliseconds> seconds(std::string_view& text) {
  if (!skip(text, ':')) return milliseconds(0);
  const auto whole = digits(text, 2);
  if (!whole || *whole > 59) return std::nullopt;
  int fraction = 0;
  if (skip(text, '.')) {
    int weight = 100;
    if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
    for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), weight /= 10) {
      fraction += (text[0] - '0') * weight;
    }
  }
  return std::chrono::seconds(*whole) + milliseconds(fraction);
}

// "Z", or hours and minutes east of it.
std::optional<milliseconds> offset(std::string_view& text) {
  if (skip(text, 'Z')) return milliseconds(0);
  const bool east = skip(text, '+');
  if (!east && !skip(text, '-')) return std::nullopt;
  const auto amount = clock(text, false);
  if (!amount) return std::nullopt;
  return east ? *amount : -*amount;
}

struct Time {
  std::optional<uint64_t> ms;  // since 1970
  bool zone_missing = false;   // everything else is right
};

Time time_of(std::string_view text) {
  using namespace std::chrono;
  const auto y = digits(text, 4);
  if (!y || !skip(text, '-')) return {};
  const auto m = digits(text, 2);
  if (!m || !skip(text, '-')) return {};
  const auto d = digits(text, 2);
  if (!d) return {};
  const year_month_day day{year(*y), month(static_cast<unsigned>(*m)), std::chrono::day(static_cast<unsigned>(*d))};
  if (!day.ok() || *y < 1970) return {};
  milliseconds since_1970 = sys_days(day).time_since_epoch();
  if (!text.empty()) {
    if (!skip(text, 'T') && !skip(text, ' ')) return {};
    const auto minutes = clock(text);
    if (!minutes) return {};
    const auto rest = seconds(text);
    if (!rest) return {};
    if (text.empty()) return {std::nullopt, true};
    const auto east = offset(text);
    if (!east || !text.empty()) return {};
    since_1970 += *minutes + *rest - *east;
  }
  if (since_1970.count() < 0) return {};
  return {static_cast<uint64_t>(since_1970.count()), false};
}

}  // namespace

std::optional<Place> place_of(std::string_view text) {
  const auto millisecond = [](uint64_t ms) { return Place{{ms, 0}, {ms, kLast}}; };
  if (text == "-") return Place{{}, {}};
  if (text == "+") return Place{{kLast, kLast}, {kLast, kLast}};
  if (const auto id = parse_id(text)) {
    return text.find('-') == std::string_view::npos ? millisecond(id->ms) : Place{*id, *id};
  }
  if (const auto ago = duration_of(text)) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto then = std::chrono::duration_cast<milliseconds>(now) - *ago;
    return millisecond(static_cast<uint64_t>(std::max<int64_t>(then.count(), 0)));
  }
  if (const auto ms = time_of(text).ms) return millisecond(*ms);
  return std::nullopt;
}

std::string problem_of_place(const std::string& text) {
  if (place_of(text)) return "";
  if (time_of(text).zone_missing) {
    return "'" + shown(text) + "' has no zone; append Z for UTC, or an offset such as +01:00";
  }
  return "'" + shown(text) + "' is not a stream entry ID (example: 1795569346433-0), a time (2026-11-25, " +
         "2026-11-25T12:00:00Z), or how long ago (10m, at most 8760h)";
}

CLI::Option* add_place(CLI::App& app, const std::string& name, std::string& target, const std::string& help) {
  return add_text(app, name, target, "PLACE", help)->check(problem_of_place);
}

}  // namespace orderd::tools
