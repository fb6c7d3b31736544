// orderd's three fields come first; a raw field may have one of their names.
#include "orderctl/letter.h"

#include <nlohmann/json.hpp>

namespace orderd::tools {
namespace {

constexpr std::size_t kOwnFields = 3;
// At most so many raw fields are copied (lua/settle.lua).
constexpr std::size_t kRawFields = 3500;
// The detail of a request that has more bytes than a dead letter begins so (src/order/decode.cpp), and no other.
constexpr std::string_view kTooLarge = "entry: ";

}  // namespace

bool Letter::whole() const {
  return !raw.empty() && raw.size() < kRawFields && !detail.starts_with(kTooLarge);
}

std::optional<Letter> letter_of(const Entry& entry) {
  const auto& fields = entry.fields;
  if (fields.size() < kOwnFields || fields[0].first != "request" || fields[1].first != "result" ||
      fields[2].first != "detail") {
    return std::nullopt;
  }
  return Letter{
      entry.id, fields[0].second, fields[1].second, fields[2].second, {fields.begin() + kOwnFields, fields.end()}};
}

Json json_of(const Letter& letter) {
  Json fields = Json::array();
  for (const auto& [name, value] : letter.raw) fields.push_back({std::string(name), std::string(value)});
  return {{"letter", std::string(letter.id)},
          {"time", time_of_id(letter.id)},
          {"request", std::string(letter.request)},
          {"result", std::string(letter.result)},
          {"detail", std::string(letter.detail)},
          {"whole", letter.whole()},
          {"fields", fields}};
}

}  // namespace orderd::tools
