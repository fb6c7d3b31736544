// Private to this module: shared by the two forms of a request.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "order/request.h"

namespace orderd::order {

// The known names: five in both forms, `items` in JSON only, `order` as a field of the entry only.
enum class Name : uint8_t { kId, kCustomer, kReplyTo, kSku, kQuantity, kItems, kOrder, kOther };
inline constexpr std::size_t kNames = 7;  // without kOther
[[nodiscard]] Name name_of(std::string_view text);

// The value of a name, and how often the name was given. `Value` is a view into the entry or a JSON element.
template <class Value>
struct Given {
  Value value{};
  std::size_t times = 0;
};
template <class Value>
class GivenNames {
 public:
  Given<Value>& operator[](Name name) { return given_[static_cast<std::size_t>(name)]; }
  const Given<Value>& operator[](Name name) const { return given_[static_cast<std::size_t>(name)]; }
  void note(Name name, Value value) {
    if (name == Name::kOther) return;
    (*this)[name].value = value;
    ++(*this)[name].times;
  }

 private:
  std::array<Given<Value>, kNames> given_{};
};

// The field in an error: "sku", or "items[3].sku".
struct Place {
  static constexpr std::size_t kNoLine = SIZE_MAX;
  std::string_view field;
  std::size_t line = kNoLine;
};

// The errors. Each replaces `detail` and returns false.
bool refuse(std::string& detail, std::initializer_list<std::string_view> parts);
bool refuse(std::string& detail, const Place& place, std::initializer_list<std::string_view> parts);
bool refuse_quantity(std::string& detail, const Place& place, std::string_view given, uint64_t max_quantity);
// Returns true if the name was given exactly once.
bool given_once(std::string& detail, const Place& place, std::size_t times);

// Appends `text` in double quotes: at most 40 bytes of it, then "…"; control characters and invalid UTF-8 as \xNN.
void append_quoted(std::string_view text, std::string& out);

// Assigns `text` to `out` if `problem_of` finds no problem; otherwise reports it and returns false.
bool take_name(std::string_view text, const Place& place, const char* (*problem_of)(std::string_view), std::string& out,
               std::string& detail);

// Fills the lines of one request after another. Unused lines are kept, with their buffers, for later.
class LineKeeper {
 public:
  explicit LineKeeper(std::size_t kept_max) : kept_max_(kept_max) {}

  // The line at `index`, which is at most lines.size().
  Line& at(std::vector<Line>& lines, std::size_t index);
  // Leaves the first `count` lines.
  void cut(std::vector<Line>& lines, std::size_t count);
  // Adds each line to the first one of its SKU. False if a sum exceeds kMaxWhole: `detail` says for which SKU.
  bool sum(std::vector<Line>& lines, std::string& detail);

 private:
  std::size_t kept_max_;
  std::vector<Line> kept_;
  std::vector<std::size_t> by_sku_;
};

}  // namespace orderd::order
