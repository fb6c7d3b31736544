// What tests ask of texts and lists of words.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace orderd::test {

[[nodiscard]] inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// How often a part occurs in a text.
[[nodiscard]] inline std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; ++at) ++count;
  return count;
}

// `words`, then `more`.
[[nodiscard]] inline std::vector<std::string> joined(std::vector<std::string> words,
                                                     const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace orderd::test
