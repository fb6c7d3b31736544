// A strict JSON reader (RFC 8259). It reads forward once and builds no tree: the caller asks for what it expects, and
// whatever it does not ask for is checked and skipped.
#pragma once

#include <cstdint>
#include <forward_list>
#include <string>
#include <string_view>

namespace orderd::audit {

struct JsonValue {
  enum class Kind : uint8_t { kString, kNumber, kNull, kOther };
  Kind kind = Kind::kOther;
  std::string_view text;  // of a string, unescaped; of a number, as written; valid as long as the reader and its text
};

class JsonReader {
 public:
  // Text that is not valid UTF-8 is bad from the start.
  explicit JsonReader(std::string_view text);
  JsonReader(const JsonReader&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;

  // All answer false, and change nothing more, once the text turned out not to be JSON or not what was asked for.
  // `member` gets each name and consumes one value. `element` consumes one value.
  template <class Member>
  bool object(const Member& member) {
    if (!good_ || !(skip('{') || fail())) return false;
    if (skip('}')) return true;
    if (!enter()) return false;
    do {
      JsonValue name;
      if (!string(name) || !(skip(':') || fail())) return false;
      member(name.text);
    } while (good_ && skip(','));
    return (skip('}') || fail()) && leave();
  }
  template <class Element>
  bool array(const Element& element) {
    if (!good_ || !(skip('[') || fail())) return false;
    if (skip(']')) return true;
    if (!enter()) return false;
    do {
      element();
    } while (good_ && skip(','));
    return (skip(']') || fail()) && leave();
  }
  // Any value; of an array or an object only the kind is kept.
  bool value(JsonValue& out);
  // The first byte of the next value; NUL at the end.
  char peek();
  // Nothing but white space follows, and all before it was good.
  bool done() { return peek() == '\0' && at_ == text_.size() && good_; }

 private:
  bool fail() { return good_ = false; }
  bool enter();
  bool leave();
  bool skip(char c);
  bool word(std::string_view text);
  bool string(JsonValue& out);
  bool escape(std::string& out);
  bool hex4(uint32_t& code);
  bool number(JsonValue& out);
  bool digits();

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  bool good_;
  std::forward_list<std::string> unescaped_;
};

}  // namespace orderd::audit
