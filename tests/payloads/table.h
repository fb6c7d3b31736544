// The table of payloads: every case of JSONTestSuite (https://github.com/nst/JSONTestSuite), under its name and written
// anew as an order, and what else a producer may get wrong. Both the decoder alone and a running orderd are held to it.
//
// Our policy where RFC 8259 leaves the choice (the suite's i_ cases):
// - a number of any size is JSON, and ignored in a member that means nothing; as a quantity it is out of range;
// - an escape of half a surrogate pair stands for no character: the text is malformed, wherever it stands;
// - bytes that are not valid UTF-8, UTF-16 in either order and a byte order mark are malformed;
// - 1,000 levels of nesting below the order are followed, 1,100 are not.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orderd::test {

struct Payload {
  std::string name;
  std::vector<std::pair<std::string, std::string>> fields;  // of the request entry
  std::string why;  // how the detail of a malformed one begins; empty: it is a good order
};
using Payloads = std::vector<Payload>;

inline constexpr const char* kNotJson = "order is not valid JSON: ";
inline constexpr const char* kNoObject = "order has to be a JSON object, not ";

// The field `order` with this text.
[[nodiscard]] Payload text(std::string name, std::string json, std::string why);
// A good order of one shoe, whose id is the case's name, with `value` in a member that means nothing.
[[nodiscard]] Payload member(std::string name, const std::string& value, std::string why);

// The two most frequent: the text is no JSON, the value is some.
[[nodiscard]] Payload bad(std::string name, const std::string& value);
[[nodiscard]] Payload good(std::string name, const std::string& value);

[[nodiscard]] Payloads array_payloads();
[[nodiscard]] Payloads object_payloads();
[[nodiscard]] Payloads number_payloads();
[[nodiscard]] Payloads string_payloads();
[[nodiscard]] Payloads escape_payloads();
[[nodiscard]] Payloads structure_payloads();
[[nodiscard]] Payloads choice_payloads();  // the i_ cases
[[nodiscard]] Payloads order_payloads();   // our own: what is JSON, or needs none, and is no order
[[nodiscard]] Payloads all_payloads();

}  // namespace orderd::test
