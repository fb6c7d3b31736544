// A key is the text before the placeholder, a name of at least one byte, and the text after the placeholder.
#include "order/keys.h"

#include <algorithm>

namespace orderd::order {

std::string with_orders(std::string_view text, std::string_view orders) {
  std::string out;
  for (std::size_t at = 0; (at = text.find(kOrdersPlaceholder)) != std::string_view::npos;) {
    out.append(text.substr(0, at)).append(orders);
    text.remove_prefix(at + kOrdersPlaceholder.size());
  }
  return out.append(text);
}

std::string position_key(std::string_view orders) {
  return std::string(orders).append(":position");
}

std::string owner_key(std::string_view orders) {
  return std::string(orders).append(":owner");
}

std::string standby_key(std::string_view orders) {
  return std::string(orders).append(":standby");
}

Result<KeyTemplate> KeyTemplate::parse(std::string_view text, std::string_view placeholder) {
  const std::size_t at = text.find(placeholder);
  if (at == std::string_view::npos) return Failure{std::string(text).append(" does not contain ").append(placeholder)};
  if (text.find(placeholder, at + 1) != std::string_view::npos) {
    return Failure{std::string(text).append(" contains ").append(placeholder).append(" more than once")};
  }
  return KeyTemplate(std::string(text.substr(0, at)), std::string(text.substr(at + placeholder.size())));
}

KeyTemplate KeyTemplate::with_orders(std::string_view orders) const {
  return {order::with_orders(before_, orders), order::with_orders(after_, orders)};
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

// A key of both templates begins with both heads and ends with both tails. If the shorter head and tail match the
// longer ones, then the longer head, any byte and the longer tail form such a key.
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
