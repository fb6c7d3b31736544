// Small helpers for text that comes from outside: quoting it in an error, finding the word that was meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace orderd::settings {

// `text` for an error, always one line: control characters and bytes that are no UTF-8 as \xNN, cut behind 96 bytes.
[[nodiscard]] std::string printable(std::string_view text);
// The same in double quotes.
[[nodiscard]] std::string in_quotes(std::string_view text);
// `text` as a TOML basic string, in quotes.
[[nodiscard]] std::string toml_string(std::string_view text);

// nullptr where `text` may stand in a setting, else what is wrong: "is not valid UTF-8", "holds a control character".
[[nodiscard]] const char* problem_of_text(std::string_view text);

// "did you mean X?" where one of `known` (at least one) is near to `word`, else "the nearest is X". What stands behind
// the last
// '.' of a word may be right while the rest is wrong.
[[nodiscard]] std::string suggestion(std::string_view word, const std::vector<std::string>& known);

}  // namespace orderd::settings
