// Output to standard output: text and tables for people, JSON for programs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orderd::tools {

using Json = nlohmann::ordered_json;

// `text` made safe for a terminal: control characters and bytes that are not UTF-8 as \xNN, characters that cannot be
// seen or that change the reading direction as \u{200B}.
[[nodiscard]] std::string shown(std::string_view text);

void print(std::string_view text);
// On a line of its own. Bytes that are not UTF-8 become U+FFFD.
void print_json(const Json& value);
// The program's name, the prefix of each note; `name` must live as long as the program.
void name_program(const char* name);
[[nodiscard]] const char* program_name();
// A line on standard error, with the program's name as its prefix.
void note(std::string_view text);
// Flushes what was printed. A failure: that failed, now or before.
[[nodiscard]] Result<bool> flush_output();

enum class Color { kPlain, kBold, kRed, kGreen, kYellow };
// `text` in that color if standard output is a terminal and NO_COLOR is not set.
[[nodiscard]] std::string colored(std::string_view text, Color color);

// The width of the terminal: COLUMNS, or what the terminal reports. Nothing: standard output is not a terminal.
[[nodiscard]] std::optional<std::size_t> terminal_width();

// With spaces to `width` bytes, and at least one.
[[nodiscard]] std::string padded(std::string text, std::size_t width);
// "12.3 MiB".
[[nodiscard]] std::string mebibytes_text(uint64_t bytes);
// "250 us", "4.25 ms", "4.2 s", "3 min", "2.5 h", "12 days".
[[nodiscard]] std::string duration_text(std::chrono::nanoseconds time);
// Milliseconds since 1970 as UTC, "2025-11-23T19:07:03Z"; empty for an implausible time.
[[nodiscard]] std::string time_text(uint64_t since_1970_ms);
// "1 entry", "2 entries"; if `many` is empty: `one` with an s.
[[nodiscard]] std::string count_text(uint64_t count, std::string_view one, std::string_view many = {});

}  // namespace orderd::tools
