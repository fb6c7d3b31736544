// Helpers for text from outside: quoting it in an error, suggesting the word that was meant.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace orderd::settings {

// `text` for an error, always one line: control characters and bytes that are not UTF-8 as \xNN, cut after 96 bytes or
// `bytes_max`.
inline constexpr std::size_t kPrintableBytes = 96;
[[nodiscard]] std::string printable(std::string_view text, std::size_t bytes_max = kPrintableBytes);
// The same in double quotes.
[[nodiscard]] std::string in_quotes(std::string_view text);
// `text` as a TOML basic string, in quotes.
[[nodiscard]] std::string toml_string(std::string_view text);

// nullptr if `text` is allowed in a setting, else "is not valid UTF-8" or "contains a control character".
[[nodiscard]] const char* problem_of_text(std::string_view text);

// "; did you mean X?" if one of `known` is near `word`, else "". What follows the last '.' of a word may be right while
// the rest is wrong.
[[nodiscard]] std::string suggestion(std::string_view word, const std::vector<std::string>& known);

}  // namespace orderd::settings
