// A place in a stream as people name it: an entry's ID, a time, or how long ago.
#pragma once

#include <string>
#include <string_view>

#include "shared/entry.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace orderd::tools {

// For the help of a command with such options: the first lines of its text.
inline constexpr const char* kPlaceHelp =
    R"(A PLACE is an entry ID, milliseconds since 1970, a time with its zone (2026-11-25T12:00:00Z, 2026-11-25T12:00:00+01:00), a
day (2026-11-25, from 00:00 UTC), or how long ago (10m).

)";

// An option that takes a place. `target` keeps the text, which was checked.
CLI::Option* add_place(CLI::App& app, const std::string& name, std::string& target, const std::string& help);

// An entry's ID, or its milliseconds alone; a time of RFC 3339, "2026-11-25T12:00:00Z", "...12:00+01:00", or a day,
// which begins at 00:00 UTC (an offset may lack its colon); a duration, "10m": that long ago by this machine's clock;
// "-" and "+": the ends of the stream. Nothing: none of these; problem_of_place() says why.
struct Place {
  StreamId first;  // the first entry that may be meant
  StreamId last;   // the last one: a time means a whole millisecond
};
[[nodiscard]] std::optional<Place> place_of(std::string_view text);
[[nodiscard]] std::string problem_of_place(const std::string& text);

}  // namespace orderd::tools
