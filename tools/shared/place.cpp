// A time is read with a regular expression: strptime() knows neither fractions nor offsets with a colon, and accepts
// blanks anywhere.
#include "shared/place.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <limits>
#include <regex>

#include "base/number.h"
#include "shared/options.h"
#include "shared/output.h"

namespace orderd::tools {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t kLast = std::numeric_limits<uint64_t>::max();

struct Time {
  std::optional<uint64_t> ms;  // since 1970
  bool zone_missing = false;   // everything else is right
};

// std::regex needs stack for each character.
constexpr std::size_t kTimeBytesMax = 64;

Time time_of(std::string_view text) {
  using namespace std::chrono;
  enum Part { kYear = 1, kMonth, kDay, kHour, kMinute, kSecond, kFraction, kZone, kSign, kZoneHour, kZoneMinute };
  static const std::regex format(R"((\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?)"
                                 R"((Z|([+-])(\d\d):?(\d\d))?)?)");
  std::cmatch parts;
  if (text.size() > kTimeBytesMax || !std::regex_match(text.begin(), text.end(), parts, format)) return {};
  const auto number = [&parts](Part part) { return parts[part].matched ? std::stoi(parts[part].str()) : 0; };
  const year_month_day date{year(number(kYear)), month(static_cast<unsigned>(number(kMonth))),
                            day(static_cast<unsigned>(number(kDay)))};
  if (!date.ok() || number(kYear) < 1970 || number(kHour) > 23 || number(kMinute) > 59 || number(kSecond) > 59 ||
      number(kZoneHour) > 23 || number(kZoneMinute) > 59) {
    return {};
  }
  if (parts[kHour].matched && !parts[kZone].matched) return {std::nullopt, true};
  const milliseconds fraction(std::stoi((parts[kFraction].str() + "000").substr(0, 3)));
  const auto east = (hours(number(kZoneHour)) + minutes(number(kZoneMinute))) * (parts[kSign] == "-" ? -1 : 1);
  const milliseconds since_1970 = sys_days(date).time_since_epoch() + hours(number(kHour)) + minutes(number(kMinute)) +
                                  seconds(number(kSecond)) + fraction - east;
  if (since_1970.count() < 0) return {};
  return {static_cast<uint64_t>(since_1970.count()), false};
}

}  // namespace

std::optional<Place> place_of(std::string_view text) {
  const auto millisecond = [](uint64_t ms) { return Place{{ms, 0}, {ms, kLast}}; };
  if (text == "-") return Place{{}, {}};
  if (text == "+") return Place{{kLast, kLast}, {kLast, kLast}};
  if (const auto id = StreamId::parse(text)) return Place{*id, *id};
  if (const auto ms = parse_number<uint64_t>(text)) return millisecond(*ms);
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
