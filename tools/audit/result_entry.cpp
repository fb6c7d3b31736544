// The table of docs/contract.md, "A result", in code.
#include "audit/result_entry.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace orderd::audit {
namespace {

enum Field {
  kOrder,
  kRequest,
  kStatus,
  kReason,
  kLines,
  kCustomer,
  kOutcome,
  kOriginal,
  kDetail,
  kChange,
  kLetter,
  kResult,
  kPushed,
  kFields
};
constexpr std::array<std::string_view, kFields> kNames = {"order",    "request", "status",   "reason", "lines",
                                                          "customer", "outcome", "original", "detail", "change",
                                                          "letter",   "result",  "pushed"};
constexpr std::pair<std::string_view, Amount ResultLine::*> kAmounts[] = {{"quantity", &ResultLine::quantity},
                                                                          {"remaining", &ResultLine::remaining},
                                                                          {"available", &ResultLine::available},
                                                                          {"before", &ResultLine::before}};
constexpr std::size_t kMaxDigits = 18;
constexpr std::size_t kMaxLines = 1000;            // the limit of processing.max_lines
constexpr std::size_t kMaxLinesBytes = 1'000'000;  // more than that many lines can have

// False if it is neither a whole number nor null.
bool read_amount(const JsonValue& value, Amount& out) {
  const char* const end = value.text.data() + value.text.size();
  out = {Amount::Kind::kNull, 0};
  if (value.kind != JsonValue::Kind::kNumber) return value.kind == JsonValue::Kind::kNull;
  out.kind = Amount::Kind::kNumber;
  return value.text.size() <= kMaxDigits && std::from_chars(value.text.data(), end, out.value).ptr == end;
}

}  // namespace

// A missing field is nullopt; the first counts if a name is repeated.
struct ResultDecoder::Given {
  std::array<std::optional<std::string_view>, kFields> values;
  bool twice = false;

  explicit Given(const std::vector<std::string_view>& fields) {
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
      const auto* const name = std::find(kNames.begin(), kNames.end(), fields[i]);
      if (name == kNames.end()) continue;
      auto& value = values.at(static_cast<std::size_t>(name - kNames.begin()));
      twice = twice || value;
      if (!value) value = fields[i + 1];
    }
  }
  [[nodiscard]] bool has(Field field) const { return values.at(field).has_value(); }
  [[nodiscard]] std::string_view text(Field field) const { return values.at(field).value_or(""); }
};

Content ResultEntry::content() const {
  Content content;
  content.set_customer(customer);
  for (const ResultLine& line : lines) content.add_line(line.sku, static_cast<uint64_t>(line.quantity.value));
  return content;
}

const char* ResultDecoder::decode(const std::vector<std::string_view>& fields, ResultEntry& entry) {
  const Given given(fields);
  entry.lines.clear();
  entry.kind = ResultKind::kStock;
  entry.reason = given.text(kReason);
  entry.order = given.text(kOrder);
  entry.customer = given.text(kCustomer);
  entry.detail = given.text(kDetail);
  entry.request = id_of(given.text(kRequest)).value_or(Id{});
  if (given.twice) return "a field is given twice";
  if (const char* const problem = read_kind(given, entry); problem != nullptr) return problem;
  if (entry.kind == ResultKind::kStock || entry.kind == ResultKind::kLetter) {
    if (given.has(kRequest) || given.has(kOrder)) return "a stock change or a letter has no order and no request";
  } else if (entry.request == Id{} || !given.has(kOrder)) {
    return "order or request is missing or invalid";
  }
  const bool malformed = entry.kind == ResultKind::kMalformed;
  const bool answers = entry.request != Id{};
  if (entry.order.empty() && answers && !malformed) return "order is empty";
  const bool explained = malformed || entry.kind == ResultKind::kBadRecord || entry.kind == ResultKind::kWrongLane;
  if (entry.detail.empty() && explained) return "detail is missing";
  if (entry.kind != ResultKind::kDuplicate && (given.has(kOutcome) || given.has(kOriginal))) {
    return "outcome or original in a result that is not a duplicate";
  }
  switch (entry.kind) {
    case ResultKind::kAccepted:
    case ResultKind::kRefused:
    case ResultKind::kStock: return read_lines(given, entry);
    default: return given.has(kLines) ? "lines in a result that has none" : nullptr;
  }
}

const char* ResultDecoder::read_kind(const Given& given, ResultEntry& entry) {
  const std::string_view status = given.text(kStatus);
  if (status == "stock") {
    return given.text(kChange) == "set" || given.text(kChange) == "add" ? nullptr : "change is neither set nor add";
  }
  if (status == "letter") return read_letter(given, entry);
  if (status == "accepted") {
    entry.kind = ResultKind::kAccepted;
    return given.has(kReason) ? "an accepted order has a reason" : nullptr;
  }
  if (status == "duplicate") {
    entry.kind = ResultKind::kDuplicate;
    entry.was_accepted = given.text(kOutcome) == "accepted";
    entry.original = id_of(given.text(kOriginal)).value_or(Id{});
    if (!entry.was_accepted && given.text(kOutcome) != "rejected") return "outcome is neither accepted nor rejected";
    return entry.original == Id{} ? "original is not an entry ID" : nullptr;
  }
  if (status != "rejected") return "status is unknown";
  const std::string_view reason = entry.reason;
  const bool stock = reason == "insufficient_stock" || reason == "unknown_sku" || reason == "bad_stock";
  entry.kind = reason == "malformed"    ? ResultKind::kMalformed
               : reason == "id_reused"  ? ResultKind::kIdReused
               : reason == "bad_record" ? ResultKind::kBadRecord
               : reason == "wrong_lane" ? ResultKind::kWrongLane
                                        : ResultKind::kRefused;
  return entry.kind == ResultKind::kRefused && !stock ? "reason is unknown" : nullptr;
}

const char* ResultDecoder::read_letter(const Given& given, ResultEntry& entry) {
  entry.kind = ResultKind::kLetter;
  const bool requeued = given.text(kChange) == "requeue";
  if (!requeued && given.text(kChange) != "discard") return "change is neither requeue nor discard";
  entry.lettered = id_of(given.text(kResult)).value_or(Id{});
  if (!id_of(given.text(kLetter)) || entry.lettered == Id{}) return "letter or result is not an entry ID";
  return id_of(given.text(kPushed)).has_value() == requeued ? nullptr : "pushed is not an entry ID, or is not due";
}

const char* ResultDecoder::read_lines(const Given& given, ResultEntry& entry) {
  const char* problem = read_array(given.text(kLines), entry.lines) ? nullptr : "lines are missing or invalid";
  for (const ResultLine& line : entry.lines) {
    const bool refused = entry.kind == ResultKind::kRefused;
    const bool stock = entry.kind == ResultKind::kStock;
    const bool good = line.remaining.is_number() != refused && line.remaining.is_missing() == refused &&
                      line.available.is_missing() != refused && line.before.is_missing() != stock &&
                      (stock ? !line.quantity.is_missing() && entry.lines.size() == 1 : line.quantity.is_number());
    if (problem == nullptr && !good) problem = "a line has the wrong members";
  }
  if (problem != nullptr) entry.lines.clear();
  return problem;
}

// A JSON array of at least one object with an SKU and whole numbers, no SKU twice. Other members are ignored.
bool ResultDecoder::read_array(std::string_view json, std::vector<ResultLine>& lines) {
  using Kind = JsonValue::Kind;
  if (json.size() > kMaxLinesBytes) return false;
  bool good = true;
  for (const JsonValue& value : json_.read(json)) {
    if (value.depth == 0) good = value.kind == Kind::kArray;
    if (value.depth == 1) {
      good = good && value.kind == Kind::kObject && lines.size() < kMaxLines;
      lines.emplace_back();
    }
    if (!good) return false;
    if (value.depth != 2) continue;
    ResultLine& line = lines.back();
    if (value.name == "sku") {
      line.sku = value.text;
      good = value.kind == Kind::kString;
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

}  // namespace orderd::audit
