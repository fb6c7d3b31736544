// The audit's own strict JSON reader (RFC 8259): the daemon's parser is part of what is audited. Also what is given by
// name, in JSON or in the fields of an entry.
#pragma once

#include <algorithm>
#include <array>
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

// How often a member was given, and its last value.
struct Member {
  std::string_view text;
  JsonValue::Kind kind = JsonValue::Kind::kNull;
  unsigned times = 0;

  [[nodiscard]] bool once(JsonValue::Kind wanted) const { return times == 1 && kind == wanted; }
  // Of an optional member: null counts as absent.
  [[nodiscard]] bool absent() const { return times == 0 || once(JsonValue::Kind::kNull); }
  // The text of a string given once; empty otherwise.
  [[nodiscard]] std::string_view string() const { return once(JsonValue::Kind::kString) ? text : std::string_view(); }
};

// The members of an object, or the fields of an entry, that have one of these names.
template <std::size_t N>
class Members {
 public:
  // `names` must outlive this.
  explicit Members(const std::string_view (&names)[N]) : names_(names) {}
  void take(std::string_view name, JsonValue::Kind kind, std::string_view text) {
    for (std::size_t i = 0; i < N; ++i) {
      if (names_[i] != name) continue;
      members_[i] = {text, kind, members_[i].times + 1};
      return;
    }
  }
  // `name` must be one of the names.
  [[nodiscard]] const Member& operator[](std::string_view name) const {
    return members_[static_cast<std::size_t>(std::find(names_, names_ + N, name) - names_)];
  }
  // How often the member that was given most often was given.
  [[nodiscard]] unsigned most_times() const {
    unsigned most = 0;
    for (const Member& member : members_) most = std::max(most, member.times);
    return most;
  }

 private:
  const std::string_view* names_;
  std::array<Member, N> members_;
};

}  // namespace orderd::audit
