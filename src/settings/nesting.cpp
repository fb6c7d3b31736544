// One pass that knows just enough of TOML: comments and the four kinds of strings are skipped; brackets are counted,
// and so are the dots since the last character that ends a key. If the text is not TOML, the parser stops before it
// could see more than was counted here.
#include "settings/nesting.h"

#include <algorithm>

namespace orderd::settings {
namespace {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::optional<TooDeep> run() {
    std::size_t dots = 0;
    std::size_t depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        skip_string(c);
        continue;
      }
      if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
        continue;
      }
      if (c == '.' && ++dots == kMaxKeyParts) return here("the key has more than 16 parts");
      if ((c == '[' || c == '{') && ++depth > kMaxNesting) return here("values are nested more than 16 levels deep");
      if ((c == ']' || c == '}') && depth > 0) --depth;
      if (std::string_view("\n=,[]{}").find(c) != std::string_view::npos) dots = 0;
      ++at_;
    }
    return std::nullopt;
  }

 private:
  static_assert(kMaxKeyParts == 16 && kMaxNesting == 16, "the errors say 16");

  // `at_` is at the opening quote; moves past the closing one. An unterminated string extends to the end of the text, a
  // plain one to the end of its line: the parser refuses both.
  void skip_string(char quote) {
    const std::string_view triple = quote == '"' ? R"(""")" : "'''";
    const bool multi_line = text_.substr(at_).starts_with(triple);
    at_ += multi_line ? triple.size() : 1;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (quote == '"' && c == '\\') {
        ++at_;
      } else if (!multi_line && (c == quote || c == '\n')) {
        ++at_;
        return;
      } else if (multi_line && text_.substr(at_).starts_with(triple)) {
        at_ += triple.size();
        // Up to two quotes before the end belong to the string.
        for (int more = 0; more < 2 && at_ < text_.size() && text_[at_] == quote; ++more) ++at_;
        return;
      }
    }
    at_ = std::min(at_, text_.size());
  }

  // Columns count characters, as in toml++'s errors.
  [[nodiscard]] TooDeep here(const char* what) const {
    const std::string_view before = text_.substr(0, at_);
    const std::string_view line = before.substr(before.rfind('\n') + 1);
    const auto begins_character = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
    return {static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1,
            static_cast<std::size_t>(std::count_if(line.begin(), line.end(), begins_character)) + 1, what};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<TooDeep> find_too_deep(std::string_view toml) {
  return Scanner(toml).run();
}

}  // namespace orderd::settings
