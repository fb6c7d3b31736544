// Shared by the fuzz targets: splitting an input into what a target needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace orderd::fuzz {

// The bytes of one run, consumed from the front. An input that is too short yields zeros and empty texts.
class Input {
 public:
  Input(const uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}
  explicit Input(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto first = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  // The next `size` bytes, or what is left.
  std::string_view take(std::size_t size) {
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(text.size());
    return text;
  }
  // Up to the next `separator`, which is dropped; or everything.
  std::string_view take_to(char separator) {
    const std::size_t end = rest_.find(separator);
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return text;
  }
  // The rest, split at each `separator`; an empty rest yields one empty text.
  std::vector<std::string_view> parts(char separator) {
    std::vector<std::string_view> found;
    while (rest_.find(separator) != std::string_view::npos) found.push_back(take_to(separator));
    found.push_back(take_to(separator));
    return found;
  }

 private:
  std::string_view rest_;
};

}  // namespace orderd::fuzz
