// simdjson's DOM parser checks the whole text, strictly; what it leaves open (repeated members, types, numbers too
// large for it) is checked here.
#include "order/decode_json.h"

#include <algorithm>
#include <span>

#include "base/check.h"
#include "base/number.h"
#include "order/name_rules.h"

namespace orderd::order {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;
using Members = GivenNames<element>;

const char* reason_of(simdjson::error_code error) {
  switch (error) {
    case simdjson::EMPTY: return "it is empty";
    case simdjson::UTF8_ERROR: return "it is not valid UTF-8";
    case simdjson::DEPTH_ERROR: return "it is nested too deeply";
    case simdjson::UNCLOSED_STRING: return "a string is not terminated";
    case simdjson::UNESCAPED_CHARS: return "a string contains an unescaped control character";
    case simdjson::STRING_ERROR: return "a string contains an invalid escape";
    case simdjson::NUMBER_ERROR: return "it contains an invalid number";
    case simdjson::T_ATOM_ERROR:
    case simdjson::F_ATOM_ERROR:
    case simdjson::N_ATOM_ERROR: return "it contains a word other than true, false and null";
    default: return "a bracket, comma or colon is missing or misplaced";
  }
}

const char* type_of(const element& value) {
  switch (value.type()) {
    case element_type::ARRAY: return "an array";
    case element_type::OBJECT: return "an object";
    case element_type::STRING: return "a string";
    case element_type::BOOL: return "a boolean";
    case element_type::NULL_VALUE: return "null";
    default: return "a number";
  }
}

Members members_of(const simdjson::dom::object& object) {
  Members members;
  for (const auto [name, value] : object) members.note(name_of(name), value);
  return members;
}

// An optional null member counts as absent. A repeated one is still an error.
void drop_null(Members& members, Name name) {
  auto& [value, times] = members[name];
  if (times == 1 && value.is_null()) times = 0;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Whether `token` is a JSON number that may not fit into 64 bits or a double.
bool is_large_number(std::string_view token) {
  if (parse_number<int64_t>(token) || parse_number<uint64_t>(token)) return false;
  const auto digits = [&token] {
    const auto count = static_cast<std::size_t>(std::find_if_not(token.begin(), token.end(), is_digit) - token.begin());
    token.remove_prefix(count);
    return count;
  };
  const auto skip = [&token](std::string_view any) {
    const bool found = !token.empty() && any.find(token.front()) != std::string_view::npos;
    if (found) token.remove_prefix(1);
    return found;
  };
  (void)skip("-");
  const bool zero_first = token.starts_with('0');
  const std::size_t whole = digits();
  if (whole == 0 || (zero_first && whole > 1)) return false;
  if (skip(".") && digits() == 0) return false;
  std::size_t exponent = 0;
  if (skip("eE")) {
    (void)skip("+-");
    exponent = digits();
    if (exponent == 0) return false;
  }
  return token.empty() && (whole >= 19 || exponent >= 3);
}

// simdjson refuses numbers beyond 64 bits and beyond a double, which JSON allows. No such number is a valid quantity,
// and in an ignored member it must not matter: each is replaced by a 1.0 of the same length.
bool replace_large_numbers(std::span<char> text) {
  bool replaced = false;
  const std::string_view view(text.data(), text.size());
  for (std::size_t at = 0; at < view.size(); ++at) {
    if (view[at] == '"') {
      for (++at; at < view.size() && view[at] != '"'; ++at) at += view[at] == '\\';
    } else if (view[at] == '-' || is_digit(view[at])) {
      const std::size_t end = std::min(view.find_first_not_of("0123456789+-.eE", at), view.size());
      if (is_large_number(view.substr(at, end - at))) {
        std::fill(text.begin() + static_cast<std::ptrdiff_t>(at), text.begin() + static_cast<std::ptrdiff_t>(end), '0');
        text[at] = '1';
        text[at + 1] = '.';
        replaced = true;
      }
      at = end - 1;
    }
  }
  return replaced;
}

bool read_name(const Members& members, Name name, const Place& place, const char* (*problem_of)(std::string_view),
               std::string& out, std::string& detail) {
  const auto& [value, times] = members[name];
  if (!given_once(detail, place, times)) return false;
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) {
    return refuse(detail, place, {" has to be a string, not ", type_of(value)});
  }
  return take_name(text, place, problem_of, out, detail);
}

}  // namespace

JsonForm::JsonForm(const Limits& limits) : limits_(limits) {
  ORDERD_CHECK(parser_.allocate(kMaxEntryBytes) == simdjson::SUCCESS, "no memory for the JSON parser");
  ORDERD_CHECK(document_.allocate(kMaxEntryBytes) == simdjson::SUCCESS, "no memory for the JSON parser");
}

bool JsonForm::read(std::string_view json, Request& request, LineKeeper& keeper, std::string& detail) {
  simdjson::dom::object top;
  if (!parse(json, top, detail)) return false;
  Members members = members_of(top);
  drop_null(members, Name::kCustomer);
  drop_null(members, Name::kReplyTo);
  drop_null(members, Name::kItems);
  if (members[Name::kItems].times > 0) {
    drop_null(members, Name::kSku);
    drop_null(members, Name::kQuantity);
  }
  if (!read_names(members, request, detail)) return false;
  if (members[Name::kItems].times > 0) return read_items(members, request, keeper, detail);
  if (members[Name::kSku].times == 0 && members[Name::kQuantity].times == 0) {
    return refuse(detail, {"sku is missing: an order has sku and quantity, or items"});
  }
  Line& line = keeper.at(request.lines, 0);
  keeper.cut(request.lines, 1);
  return read_line(members, Place::kNoLine, line, detail);
}

bool JsonForm::parse(std::string_view json, simdjson::dom::object& top, std::string& detail) {
  ORDERD_CHECK(json.size() <= kMaxEntryBytes, "the entry was measured before");
  std::copy(json.begin(), json.end(), text_.begin());
  element root;
  const auto attempt = [&] {
    return parser_.parse_into_document(document_, text_.data(), json.size(), false).get(root);
  };
  auto error = attempt();
  if (error == simdjson::NUMBER_ERROR && replace_large_numbers(std::span(text_).first(json.size()))) error = attempt();
  if (error != simdjson::SUCCESS) return refuse(detail, {"order is not valid JSON: ", reason_of(error)});
  if (root.get_object().get(top) == simdjson::SUCCESS) return true;
  return refuse(detail, {"order has to be a JSON object, not ", type_of(root)});
}

// All are read in any case, for the result; the ID comes last, so that its error is the one that remains.
bool JsonForm::read_names(const Members& members, Request& request, std::string& detail) const {
  const bool reply_good = members[Name::kReplyTo].times == 0 ||
                          read_name(members, Name::kReplyTo, {"reply_to"}, problem_of_id, request.reply_to, detail);
  const bool customer_good = members[Name::kCustomer].times == 0 ||
                             read_name(members, Name::kCustomer, {"customer"}, problem_of_id, request.customer, detail);
  const bool id_good = read_name(members, Name::kId, {"id"}, problem_of_id, request.id, detail);
  // An integer is not a valid ID, but it helps to find the result.
  const auto& [value, times] = members[Name::kId];
  if (times == 1 && (value.is_int64() || value.is_uint64())) request.id = simdjson::to_string(value);
  return id_good && customer_good && reply_good;
}

bool JsonForm::read_items(const Members& members, Request& request, LineKeeper& keeper, std::string& detail) const {
  const auto& [value, times] = members[Name::kItems];
  if (!given_once(detail, {"items"}, times)) return false;
  for (const auto& [name, text] : {std::pair(Name::kSku, "sku"), std::pair(Name::kQuantity, "quantity")}) {
    if (members[name].times > 0)
      return refuse(detail, {"items and ", text, " are both given: an order has one or the other"});
  }
  simdjson::dom::array items;
  if (value.get_array().get(items) != simdjson::SUCCESS) {
    return refuse(detail, {"items has to be an array, not ", type_of(value)});
  }
  const std::size_t count = items.size();
  if (count == 0 || count > limits_.max_lines) {
    return refuse(detail, {"items: ", std::to_string(count), " is not a number of lines from 1 to ",
                           std::to_string(limits_.max_lines)});
  }
  std::size_t index = 0;
  for (const element item : items) {
    simdjson::dom::object line;
    if (item.get_object().get(line) != simdjson::SUCCESS) {
      return refuse(detail, {"items[", std::to_string(index), "] has to be an object, not ", type_of(item)});
    }
    if (!read_line(members_of(line), index, keeper.at(request.lines, index), detail)) return false;
    ++index;
  }
  keeper.cut(request.lines, count);
  return keeper.sum(request.lines, detail);
}

bool JsonForm::read_line(const Members& members, std::size_t index, Line& line, std::string& detail) const {
  const Place quantity{"quantity", index};
  return read_name(members, Name::kSku, {"sku", index}, problem_of_sku, line.sku, detail) &&
         given_once(detail, quantity, members[Name::kQuantity].times) &&
         read_quantity(members[Name::kQuantity].value, quantity, line.quantity, detail);
}

bool JsonForm::read_quantity(const Element& value, const Place& place, uint64_t& quantity, std::string& detail) const {
  switch (value.type()) {
    case element_type::INT64:
    case element_type::UINT64: {
      if (value.get_uint64().get(quantity) == simdjson::SUCCESS && quantity >= 1 && quantity <= limits_.max_quantity) {
        return true;
      }
      int64_t given = 0;
      const bool fits = value.get_int64().get(given) == simdjson::SUCCESS;
      return refuse_quantity(detail, place, fits ? std::to_string(given) : std::to_string(quantity),
                             limits_.max_quantity);
    }
    case element_type::DOUBLE:
      return refuse_quantity(detail, place,
                             "a number with a point, an exponent or more than 18 digits (send 3, not 3.0)",
                             limits_.max_quantity);
    case element_type::STRING:
      return refuse(detail, place, {R"( has to be a JSON integer, not a string (send 3, not "3"))"});
    default: return refuse(detail, place, {" has to be a JSON integer, not ", type_of(value)});
  }
}

}  // namespace orderd::order
