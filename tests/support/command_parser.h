// Parses commands as a server receives them: arrays of bulk strings, however fragmented.
#pragma once

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

namespace orderd::test {

class CommandParser {
 public:
  enum class Found { kCommand, kNothing, kGarbage };

  void feed(std::string_view bytes) { bytes_.append(bytes); }

  // Removes and returns the next complete command. kNothing: more bytes are needed. kGarbage: this and everything after
  // it cannot be parsed.
  [[nodiscard]] Found next(std::vector<std::string>& words) {
    words.clear();
    std::size_t at = 0;
    std::size_t count = 0;
    if (const Found found = number('*', at, count); found != Found::kCommand) return found;
    for (std::size_t i = 0; i < count; ++i) {
      std::size_t length = 0;
      if (const Found found = number('$', at, length); found != Found::kCommand) return found;
      if (bytes_.size() < at + length + 2) return Found::kNothing;
      if (bytes_.compare(at + length, 2, "\r\n") != 0) return Found::kGarbage;
      words.push_back(bytes_.substr(at, length));
      at += length + 2;
    }
    bytes_.erase(0, at);
    return words.empty() ? Found::kGarbage : Found::kCommand;
  }

 private:
  // Type, digits and CR LF at `at`, which moves past them.
  [[nodiscard]] Found number(char kind, std::size_t& at, std::size_t& value) const {
    if (at == bytes_.size()) return Found::kNothing;
    if (bytes_[at] != kind) return Found::kGarbage;
    const std::size_t end = bytes_.find("\r\n", at);
    if (end == std::string::npos) return Found::kNothing;
    const char* last = bytes_.data() + end;
    const auto [stop, bad] = std::from_chars(bytes_.data() + at + 1, last, value);
    if (bad != std::errc{} || stop != last) return Found::kGarbage;
    at = end + 2;
    return Found::kCommand;
  }

  std::string bytes_;
};

}  // namespace orderd::test
