// The table of docs/contract.md, "A result", in code.
#include "audit/result_entry.h"

#include <charconv>

namespace orderd::audit {
namespace {

constexpr std::string_view kNames[] = {"order",    "request", "status", "reason", "lines",  "customer", "outcome",
                                       "original", "detail",  "change", "letter", "result", "pushed"};
using Given = Members<std::size(kNames)>;

// 0-0: missing or invalid.
Id id_in(const Given& given, std::string_view name) {
  return id_of(given[name].text).value_or(Id{});
}

const char* read_letter(const Given& given, ResultEntry& entry) {
  entry.kind = ResultKind::kLetter;
  const bool requeued = given["change"].text == "requeue";
  if (!requeued && given["change"].text != "discard") return "change is neither requeue nor discard";
  entry.lettered = id_in(given, "result");
  if (id_in(given, "letter") == Id{} || entry.lettered == Id{}) return "letter or result is not an entry ID";
  return (id_in(given, "pushed") != Id{}) == requeued ? nullptr : "pushed is not an entry ID, or is not due";
}

const char* read_kind(const Given& given, ResultEntry& entry) {
  const std::string_view status = given["status"].text;
  const std::string_view change = given["change"].text;
  if (status == "stock") return change == "set" || change == "add" ? nullptr : "change is neither set nor add";
  if (status == "letter") return read_letter(given, entry);
  if (status == "accepted") {
    entry.kind = ResultKind::kAccepted;
    return given["reason"].times == 0 ? nullptr : "an accepted order has a reason";
  }
  if (status == "duplicate") {
    entry.kind = ResultKind::kDuplicate;
    entry.was_accepted = given["outcome"].text == "accepted";
    entry.original = id_in(given, "original");
    if (!entry.was_accepted && given["outcome"].text != "rejected") return "outcome is neither accepted nor rejected";
    return entry.original == Id{} ? "original is not an entry ID" : nullptr;
  }
  if (status != "rejected") return "status is unknown";
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
  Given given(kNames);
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    given.take(fields[i], JsonValue::Kind::kString, fields[i + 1]);
  }
  entry.lines.clear();
  entry.asked.reset();
  entry.raw = nullptr;
  entry.kind = ResultKind::kStock;
  entry.reason = given["reason"].text;
  entry.order = given["order"].text;
  entry.customer = given["customer"].text;
  entry.detail = given["detail"].text;
  entry.request = id_in(given, "request");
  if (given.most_times() > 1) return "a field is given twice";
  const char* problem = read_kind(given, entry);
  if (problem != nullptr) return problem;
  const bool stock = entry.kind == ResultKind::kStock;
  const bool malformed = entry.kind == ResultKind::kMalformed;
  if (stock || entry.kind == ResultKind::kLetter) {
    if (given["request"].times + given["order"].times > 0)
      return "a stock change or a letter has no order and no request";
  } else {
    if (entry.request == Id{} || given["order"].times == 0) return "order or request is missing or invalid";
    if (entry.order.empty() && !malformed) return "order is empty";
  }
  const bool explained = malformed || entry.kind == ResultKind::kBadRecord || entry.kind == ResultKind::kWrongLane;
  if (entry.detail.empty() && explained) return "detail is missing";
  if (entry.kind != ResultKind::kDuplicate && given["outcome"].times + given["original"].times > 0) {
    return "outcome or original in a result that is not a duplicate";
  }
  if (!stock && !entry.decided()) return given["lines"].times == 0 ? nullptr : "lines in a result that has none";
  const bool read = read_array(json_, given["lines"].text, entry.lines);
  problem = read ? problem_of_lines(entry) : "lines are missing or invalid";
  if (problem != nullptr) entry.lines.clear();
  return problem;
}

ResultEntry* ResultCursor::next() {
  const RawEntry* const raw = raw_.peek();
  if (raw == nullptr) return nullptr;
  entry_.id = raw->id;
  entry_.problem = decoder_.decode(raw->fields, entry_);
  raw_.pop();
  return &entry_;
}

}  // namespace orderd::audit
