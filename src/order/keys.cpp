// A template is the text before its placeholder and the text behind it; the name between them has at least one byte.
#include "order/keys.h"

#include <algorithm>

namespace orderd::order {

Result<KeyTemplate> KeyTemplate::parse(std::string_view text, std::string_view placeholder) {
  const auto describe = [&](std::string_view what) {
    return Failure{std::string(text).append(what).append(placeholder).append(" stands in a key just once")};
  };
  const std::size_t at = text.find(placeholder);
  if (at == std::string_view::npos) return describe(" lacks its placeholder: ");
  if (text.find(placeholder, at + 1) != std::string_view::npos) return describe(" has its placeholder twice: ");
  return KeyTemplate(std::string(text.substr(0, at)), std::string(text.substr(at + placeholder.size())));
}

void KeyTemplate::append(std::string_view name, std::string& out) const {
  out.append(before_).append(name).append(after_);
}

std::string KeyTemplate::key(std::string_view name) const {
  std::string out;
  out.reserve(before_.size() + name.size() + after_.size());
  append(name, out);
  return out;
}

// A common key begins with both heads and ends with both tails. Where the heads and the tails agree as far as both
// reach, the longer head, any byte and the longer tail make one.
bool KeyTemplate::may_collide(const KeyTemplate& other) const {
  const auto head = std::min(before_.size(), other.before_.size());
  const auto tail = std::min(after_.size(), other.after_.size());
  return before_.compare(0, head, other.before_, 0, head) == 0 &&
         after_.compare(after_.size() - tail, tail, other.after_, other.after_.size() - tail, tail) == 0;
}

bool KeyTemplate::may_collide(std::string_view fixed) const {
  return fixed.size() > before_.size() + after_.size() && fixed.starts_with(before_) && fixed.ends_with(after_);
}

}  // namespace orderd::order
