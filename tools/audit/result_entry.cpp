// The table of docs/contract.md, "A result", in code.
#include "audit/result_entry.h"

#include <algorithm>
#include <charconv>

namespace orderd::audit {
namespace {

// A missing field is nullopt; the first counts if a name is repeated.
struct ResultFields {
  using Text = std::optional<std::string_view>;
  Text order, request, status, reason, lines, customer, outcome, original, detail, change, letter, result, pushed;
  bool twice = false;

  explicit ResultFields(const std::vector<std::string_view>& fields);
};
using F = ResultFields;
constexpr std::pair<std::string_view, F::Text F::*> kFields[] = {
    {"order", &F::order},   {"request", &F::request},   {"status", &F::status},   {"reason", &F::reason},
    {"lines", &F::lines},   {"customer", &F::customer}, {"outcome", &F::outcome}, {"original", &F::original},
    {"detail", &F::detail}, {"change", &F::change},     {"letter", &F::letter},   {"result", &F::result},
    {"pushed", &F::pushed}};

ResultFields::ResultFields(const std::vector<std::string_view>& fields) {
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    const auto* const field =
        std::find_if(std::begin(kFields), std::end(kFields), [&](const auto& each) { return each.first == fields[i]; });
    if (field == std::end(kFields)) continue;
    Text& value = this->*field->second;
    twice = twice || value;
    if (!value) value = fields[i + 1];
  }
}

Id id_or_none(const ResultFields::Text& field) {
  return id_of(field.value_or("")).value_or(Id{});
}

const char* read_letter(const ResultFields& given, ResultEntry& entry) {
  entry.kind = ResultKind::kLetter;
  const bool requeued = given.change == "requeue";
  if (!requeued && given.change != "discard") return "change is neither requeue nor discard";
  entry.lettered = id_or_none(given.result);
  if (!id_of(given.letter.value_or("")) || entry.lettered == Id{}) return "letter or result is not an entry ID";
  return id_of(given.pushed.value_or("")).has_value() == requeued ? nullptr
                                                                  : "pushed is not an entry ID, or is not due";
}

const char* read_kind(const ResultFields& given, ResultEntry& entry) {
  if (given.status == "stock") {
    return given.change == "set" || given.change == "add" ? nullptr : "change is neither set nor add";
  }
  if (given.status == "letter") return read_letter(given, entry);
  if (given.status == "accepted") {
    entry.kind = ResultKind::kAccepted;
    return given.reason ? "an accepted order has a reason" : nullptr;
  }
  if (given.status == "duplicate") {
    entry.kind = ResultKind::kDuplicate;
    entry.was_accepted = given.outcome == "accepted";
    entry.original = id_or_none(given.original);
    if (!entry.was_accepted && given.outcome != "rejected") return "outcome is neither accepted nor rejected";
    return entry.original == Id{} ? "original is not an entry ID" : nullptr;
  }
  if (given.status != "rejected") return "status is unknown";
  constexpr std::pair<std::string_view, ResultKind> kReasons[] = {
      {"insufficient_stock", ResultKind::kRefused}, {"unknown_sku", ResultKind::kRefused},
      {"bad_stock", ResultKind::kRefused},          {"malformed", ResultKind::kMalformed},
      {"id_reused", ResultKind::kIdReused},         {"bad_record", ResultKind::kBadRecord},
      {"wrong_lane", ResultKind::kWrongLane}};
  for (const auto& [reason, kind] : kReasons) {
    if (entry.reason != reason) continue;
    entry.kind = kind;
    return nullptr;
  }
  return "reason is unknown";
}

// False if it is neither a whole number nor null.
bool read_amount(const JsonValue& value, Amount& out) {
  constexpr std::size_t kMaxDigits = 18;
  const char* const end = value.text.data() + value.text.size();
  out = {Amount::Kind::kNull, 0};
  if (value.kind != JsonValue::Kind::kNumber) return value.kind == JsonValue::Kind::kNull;
  out.kind = Amount::Kind::kNumber;
  return value.text.size() <= kMaxDigits && std::from_chars(value.text.data(), end, out.value).ptr == end;
}

// A JSON array of at least one object with an SKU and whole numbers, no SKU twice. Other members are ignored.
bool read_array(JsonReader& reader, std::string_view json, std::vector<ResultLine>& lines) {
  constexpr std::size_t kMaxLines = 1000;            // the limit of processing.max_lines
  constexpr std::size_t kMaxLinesBytes = 1'000'000;  // more than that many lines can have
  constexpr std::pair<std::string_view, Amount ResultLine::*> kAmounts[] = {{"quantity", &ResultLine::quantity},
                                                                            {"remaining", &ResultLine::remaining},
                                                                            {"available", &ResultLine::available},
                                                                            {"before", &ResultLine::before}};
  if (json.size() > kMaxLinesBytes) return false;
  bool good = true;
  for (const JsonValue& value : reader.read(json)) {
    if (value.depth == 0) good = value.kind == JsonValue::Kind::kArray;
    if (value.depth == 1) {
      good = good && value.kind == JsonValue::Kind::kObject && lines.size() < kMaxLines;
      lines.emplace_back();
    }
    if (!good) return false;
    if (value.depth != 2) continue;
    ResultLine& line = lines.back();
    if (value.name == "sku") {
      line.sku = value.text;
      good = value.kind == JsonValue::Kind::kString;
    }
    for (const auto& [name, amount] : kAmounts) {
      if (value.name == name) good = read_amount(value, line.*amount);
    }
  }
  for (std::size_t i = 0; good && i < lines.size(); ++i) {
    good = !lines[i].sku.empty();
    for (std::size_t j = 0; good && j < i; ++j) good = lines[j].sku != lines[i].sku;
  }
  return good && !lines.empty();
}

const char* problem_of_lines(const ResultEntry& entry) {
  const bool refused = entry.kind == ResultKind::kRefused;
  const bool stock = entry.kind == ResultKind::kStock;
  for (const ResultLine& line : entry.lines) {
    const bool good = line.remaining.is_number() != refused && line.remaining.is_missing() == refused &&
                      line.available.is_missing() != refused && line.before.is_missing() != stock &&
                      (stock ? !line.quantity.is_missing() && entry.lines.size() == 1 : line.quantity.is_number());
    if (!good) return "a line has the wrong members";
  }
  return nullptr;
}

}  // namespace

Content ResultEntry::content() const {
  Content content;
  content.set_customer(customer);
  for (const ResultLine& line : lines) content.add_line(line.sku, static_cast<uint64_t>(line.quantity.value));
  return content;
}

const char* ResultDecoder::decode(const std::vector<std::string_view>& fields, ResultEntry& entry) {
  const ResultFields given(fields);
  entry.lines.clear();
  entry.asked.reset();
  entry.kind = ResultKind::kStock;
  entry.reason = given.reason.value_or("");
  entry.order = given.order.value_or("");
  entry.customer = given.customer.value_or("");
  entry.detail = given.detail.value_or("");
  entry.request = id_or_none(given.request);
  if (given.twice) return "a field is given twice";
  const char* problem = read_kind(given, entry);
  if (problem != nullptr) return problem;
  const bool stock = entry.kind == ResultKind::kStock;
  const bool malformed = entry.kind == ResultKind::kMalformed;
  if (stock || entry.kind == ResultKind::kLetter) {
    if (given.request || given.order) return "a stock change or a letter has no order and no request";
  } else {
    if (entry.request == Id{} || !given.order) return "order or request is missing or invalid";
    if (entry.order.empty() && !malformed) return "order is empty";
  }
  const bool explained = malformed || entry.kind == ResultKind::kBadRecord || entry.kind == ResultKind::kWrongLane;
  if (entry.detail.empty() && explained) return "detail is missing";
  if (entry.kind != ResultKind::kDuplicate && (given.outcome || given.original)) {
    return "outcome or original in a result that is not a duplicate";
  }
  if (!stock && !entry.decided()) return given.lines ? "lines in a result that has none" : nullptr;
  const bool read = read_array(json_, given.lines.value_or(""), entry.lines);
  problem = read ? problem_of_lines(entry) : "lines are missing or invalid";
  if (problem != nullptr) entry.lines.clear();
  return problem;
}

ResultEntry* ResultCursor::next() {
  const RawEntry* const raw = raw_.peek();
  if (raw == nullptr) return nullptr;
  decoder_.decode(*raw, entry_);
  raw_.pop();
  return &entry_;
}

}  // namespace orderd::audit
