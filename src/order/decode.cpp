// Determines which form an entry has, and reads the flat one. Looks at each field once; the JSON form is in
// decode_json.cpp.
#include "order/decode.h"

#include "base/check.h"
#include "base/number.h"
#include "order/decode_json.h"
#include "order/decode_parts.h"
#include "order/name_rules.h"

namespace orderd::order {
namespace {

using FlatFields = GivenNames<std::string_view>;

constexpr std::array kFlatNames = {Name::kId, Name::kCustomer, Name::kSku, Name::kQuantity, Name::kReplyTo};
constexpr std::array<std::string_view, kFlatNames.size()> kFlatTexts = {"id", "customer", "sku", "quantity",
                                                                        "reply_to"};

// A flat field that was given; empty if none was.
std::string_view flat_field_of(const FlatFields& given) {
  for (std::size_t i = 0; i < kFlatNames.size(); ++i) {
    if (given[kFlatNames[i]].times > 0) return kFlatTexts[i];
  }
  return {};
}

bool read_name(const FlatFields& given, Name name, std::string_view field, const char* (*problem_of)(std::string_view),
               std::string& out, std::string& detail) {
  return given_once(detail, {field}, given[name].times) &&
         take_name(given[name].value, {field}, problem_of, out, detail);
}

bool read_optional(const FlatFields& given, Name name, std::string_view field, std::string& out, std::string& detail) {
  return given[name].times == 0 || read_name(given, name, field, problem_of_id, out, detail);
}

// Digits only, the first of them not 0.
bool read_quantity(const FlatFields& given, uint64_t max_quantity, uint64_t& quantity, std::string& detail) {
  const auto& [text, times] = given[Name::kQuantity];
  if (!given_once(detail, {"quantity"}, times)) return false;
  quantity = text.starts_with('0') ? 0 : parse_number<uint64_t>(text).value_or(0);
  if (quantity >= 1 && quantity <= max_quantity) return true;
  std::string quoted;
  append_quoted(text, quoted);
  return refuse_quantity(detail, {"quantity"}, quoted, max_quantity);
}

}  // namespace

class Decoder::Impl {
 public:
  explicit Impl(const Limits& limits) : limits_(limits), json_(limits), keeper_(limits.max_lines) {
    ORDERD_CHECK(limits.max_quantity >= 1 && limits.max_quantity <= kMaxWhole, "max_quantity is out of range");
    ORDERD_CHECK(limits.max_lines >= 1, "an order has at least one line");
  }

  bool decode(const Fields& fields, Request& request, std::string& detail) {
    ORDERD_CHECK(fields.size() % 2 == 0, "a field has a name and a value");
    detail.clear();
    request.id.clear();
    request.customer.clear();
    request.reply_to.clear();
    const bool good = read(fields, request, detail);
    if (!good) keeper_.cut(request.lines, 0);
    return good;
  }

 private:
  bool read(const Fields& fields, Request& request, std::string& detail) {
    FlatFields given;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < fields.size(); i += 2) {
      bytes += fields[i].size() + fields[i + 1].size();
      given.note(name_of(fields[i]), fields[i + 1]);
    }
    // A producer that mixes the forms, or sends too much, still waits for an answer.
    const auto& [reply_to, reply_times] = given[Name::kReplyTo];
    if (reply_times == 1 && problem_of_id(reply_to) == nullptr) request.reply_to.assign(reply_to);
    if (bytes > kMaxEntryBytes) {
      return refuse(detail, {"entry: ", std::to_string(bytes), " bytes are more than the ",
                             std::to_string(kMaxEntryBytes), " that an entry may have"});
    }
    const std::string_view flat_field = flat_field_of(given);
    if (given[Name::kOrder].times == 0) {
      if (!flat_field.empty()) return read_flat(given, request, detail);
      return refuse(detail,
                    {"order is missing: an entry has the field order, which holds JSON, or the fields id, sku and "
                     "quantity"});
    }
    if (!given_once(detail, {"order"}, given[Name::kOrder].times)) return false;
    if (flat_field.empty()) return json_.read(given[Name::kOrder].value, request, keeper_, detail);
    return refuse(detail,
                  {"order and ", flat_field, " are both given: an entry is either JSON in the field order, or flat"});
  }

  bool read_flat(const FlatFields& given, Request& request, std::string& detail) {
    // All are read in any case, for the result; the ID comes last, so that its error is the one that remains.
    const bool reply_good = read_optional(given, Name::kReplyTo, "reply_to", request.reply_to, detail);
    const bool customer_good = read_optional(given, Name::kCustomer, "customer", request.customer, detail);
    const bool id_good = read_name(given, Name::kId, "id", problem_of_id, request.id, detail);
    Line& line = keeper_.at(request.lines, 0);
    keeper_.cut(request.lines, 1);
    return id_good && customer_good && reply_good &&
           read_name(given, Name::kSku, "sku", problem_of_sku, line.sku, detail) &&
           read_quantity(given, limits_.max_quantity, line.quantity, detail);
  }

  const Limits limits_;
  JsonForm json_;
  LineKeeper keeper_;
};

Decoder::Decoder(Limits limits) : impl_(std::make_unique<Impl>(limits)) {
}
Decoder::~Decoder() = default;

bool Decoder::decode(const Fields& fields, Request& request, std::string& detail) {
  return impl_->decode(fields, request, detail);
}

}  // namespace orderd::order
