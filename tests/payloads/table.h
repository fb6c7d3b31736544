// The table of payloads: every file of JSONTestSuite, as an ignored member of an order and alone, and producer errors.
// Tests run it on the decoder alone and on a running orderd.
//
// Our policy where RFC 8259 leaves the choice (the suite's i_ cases):
// - a number of any size is JSON, and allowed in an ignored member; as a quantity it is out of range;
// - an escape of half a surrogate pair is invalid: the text is malformed, wherever it is;
// - bytes that are not valid UTF-8, UTF-16 in either order and a byte order mark are malformed;
// - 1,000 levels of nesting below the order are accepted, 1,100 are not.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orderd::test {

struct Payload {
  std::string name;
  std::vector<std::pair<std::string, std::string>> fields;  // of the request entry
  std::string why;  // the beginning of the detail if malformed; empty: a valid order
};
using Payloads = std::vector<Payload>;

inline constexpr const char* kNotJson = "order is not valid JSON: ";
inline constexpr const char* kNoObject = "order has to be a JSON object, not ";

// The field `order` with this text.
[[nodiscard]] Payload text(std::string name, std::string json, std::string why);
// A valid order of one shoe, whose ID is the case's name, with `value` in an ignored member.
[[nodiscard]] Payload member(const std::string& name, const std::string& value, std::string why);

[[nodiscard]] Payloads suite_payloads();  // two for each file of json_test_suite/, named after it
[[nodiscard]] Payloads order_payloads();  // our own: text, JSON or flat fields that are not orders, or only just
[[nodiscard]] Payloads all_payloads();

}  // namespace orderd::test
