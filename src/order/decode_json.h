// Private to this module: the JSON form of a request.
#pragma once

#include <simdjson.h>

#include <array>
#include <string>
#include <string_view>

#include "order/decode_parts.h"
#include "order/request.h"

namespace orderd::order {

// Holds simdjson's buffers, large enough for any entry from the start.
class JsonForm {
 public:
  explicit JsonForm(const Limits& limits);
  JsonForm(const JsonForm&) = delete;
  JsonForm& operator=(const JsonForm&) = delete;

  // Like Decoder::decode(), for the text of the field `order`, at most kMaxEntryBytes long. The names in `request` are
  // empty at the call; if it returns false, its lines have no meaning.
  [[nodiscard]] bool read(std::string_view json, Request& request, LineKeeper& keeper, std::string& detail);

 private:
  using Element = simdjson::dom::element;
  using Members = GivenNames<Element>;

  [[nodiscard]] bool parse(std::string_view json, simdjson::dom::object& top, std::string& detail);
  [[nodiscard]] bool read_names(const Members& members, Request& request, std::string& detail) const;
  [[nodiscard]] bool read_items(const Members& members, Request& request, LineKeeper& keeper,
                                std::string& detail) const;
  [[nodiscard]] bool read_line(const Members& members, std::size_t index, Line& line, std::string& detail) const;
  [[nodiscard]] bool read_quantity(const Element& value, const Place& place, uint64_t& quantity,
                                   std::string& detail) const;

  const Limits limits_;
  simdjson::dom::parser parser_;
  simdjson::dom::document document_;
  std::array<char, kMaxEntryBytes + simdjson::SIMDJSON_PADDING> text_{};
};

}  // namespace orderd::order
