// The audit's own strict JSON reader (RFC 8259): the daemon's parser is part of what is audited.
#pragma once

#include <cstdint>
#include <forward_list>
#include <string>
#include <string_view>
#include <vector>

namespace orderd::audit {

struct JsonValue {
  enum class Kind : uint8_t { kObject, kArray, kString, kNumber, kNull, kTrue, kFalse };
  Kind kind = Kind::kNull;
  std::size_t depth = 0;  // 0 for the outermost value
  std::string_view name;  // of a member of an object
  std::string_view text;  // of a string, unescaped; of a number, as written
};

class JsonReader {
 public:
  // All values of `text` in order, an object or array before its contents; empty if not JSON. The values are valid
  // until the next call, and while `text` exists.
  [[nodiscard]] const std::vector<JsonValue>& read(std::string_view text);

 private:
  [[nodiscard]] bool read_value(std::size_t depth, std::string_view name);
  [[nodiscard]] bool read_contents(std::size_t depth, bool object);
  [[nodiscard]] bool read_string(std::string_view& out);
  [[nodiscard]] bool read_number(std::string_view& out);
  [[nodiscard]] bool unescape(std::string_view& text);
  [[nodiscard]] bool skip(char c);
  [[nodiscard]] char peek();

  std::string_view rest_;
  std::vector<JsonValue> values_;
  std::forward_list<std::string> unescaped_;
};

}  // namespace orderd::audit
