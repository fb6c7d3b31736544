// The table of docs/contract.md, "A result", as code.
#include "audit/result_entry.h"

#include <algorithm>
#include <array>
#include <optional>

namespace orderd::audit {

// A field that is not there is nullopt; the first of a name counts.
struct ResultDecoder::Given {
  std::optional<std::string_view> order, request, status, reason, lines, customer, outcome, original, detail, change;

  std::optional<std::string_view>* slot(std::string_view name) {
    switch (name.size()) {
      case 5: return name == "order" ? &order : name == "lines" ? &lines : nullptr;
      case 6:
        return name == "status"   ? &status
               : name == "reason" ? &reason
               : name == "detail" ? &detail
               : name == "change" ? &change
                                  : nullptr;
      case 7: return name == "request" ? &request : name == "outcome" ? &outcome : nullptr;
      case 8: return name == "customer" ? &customer : name == "original" ? &original : nullptr;
      default: return nullptr;
    }
  }
};

namespace {

constexpr std::array<std::pair<Reason, const char*>, 6> kReasons = {{{Reason::kInsufficientStock, "insufficient_stock"},
                                                                     {Reason::kUnknownSku, "unknown_sku"},
                                                                     {Reason::kBadStock, "bad_stock"},
                                                                     {Reason::kIdReused, "id_reused"},
                                                                     {Reason::kMalformed, "malformed"},
                                                                     {Reason::kRequestLost, "request_lost"}}};

bool has_lines(ResultKind kind) {
  return kind == ResultKind::kAccepted || kind == ResultKind::kRefused || kind == ResultKind::kStock;
}

ResultKind kind_of(Reason reason) {
  switch (reason) {
    case Reason::kIdReused: return ResultKind::kIdReused;
    case Reason::kMalformed: return ResultKind::kMalformed;
    case Reason::kRequestLost: return ResultKind::kLost;
    default: return ResultKind::kRefused;
  }
}

}  // namespace

const char* text_of(Reason reason) {
  const auto* const found =
      std::find_if(kReasons.begin(), kReasons.end(), [&](const auto& each) { return each.first == reason; });
  return found == kReasons.end() ? "" : found->second;
}

Content ResultEntry::content() const {
  Content content;
  content.set_customer(customer);
  for (const ResultLine& line : lines) content.add_line(line.sku, static_cast<uint64_t>(line.quantity.value));
  return content;
}

const char* ResultDecoder::decode(const RawFields& fields, ResultEntry& entry) {
  Given given;
  const char* problem = nullptr;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    auto* const slot = given.slot(fields[i]);
    if (slot == nullptr) continue;
    if (slot->has_value()) problem = "a field is given twice";
    if (!slot->has_value()) *slot = fields[i + 1];
  }
  entry.lines.clear();
  entry.reason = Reason::kNone;
  entry.kind = ResultKind::kStock;
  entry.order = given.order.value_or("");
  entry.customer = given.customer.value_or("");
  entry.detail = given.detail.value_or("");
  const auto request = id_of(given.request.value_or(""));
  entry.request = request.value_or(Id{});
  if (problem == nullptr) problem = read_kind(given, entry);
  if (problem != nullptr) return problem;
  if (entry.kind == ResultKind::kStock) {
    if (given.request || given.order) return "a change of stock has no order and no request";
  } else if (!request || !given.order) {
    return "order or request is missing, or is none";
  }
  const bool nameless = entry.kind == ResultKind::kMalformed || entry.kind == ResultKind::kLost;
  if (entry.order.empty() && entry.kind != ResultKind::kStock && !nameless) return "order is empty";
  if (entry.kind == ResultKind::kMalformed && entry.detail.empty()) return "detail is missing";
  if (entry.kind != ResultKind::kDuplicate && (given.outcome || given.original)) {
    return "outcome or original stands where there is none";
  }
  if (has_lines(entry.kind)) return read_lines(given, entry);
  return given.lines ? "lines stand where there are none" : nullptr;
}

const char* ResultDecoder::read_kind(const Given& given, ResultEntry& entry) {
  const std::string_view status = given.status.value_or("");
  if (status == "stock") {
    if (given.change != "set" && given.change != "add") return "change is neither set nor add";
    return nullptr;
  }
  if (status == "accepted") {
    entry.kind = ResultKind::kAccepted;
    return given.reason ? "an accepted order has a reason" : nullptr;
  }
  if (status == "duplicate") {
    entry.kind = ResultKind::kDuplicate;
    entry.was_accepted = given.outcome == "accepted";
    if (!entry.was_accepted && given.outcome != "rejected") return "outcome is neither accepted nor rejected";
    const auto original = id_of(given.original.value_or(""));
    entry.original = original.value_or(Id{});
    return original ? nullptr : "original is no id";
  }
  if (status != "rejected") return "status is none there is";
  for (const auto& [reason, text] : kReasons) {
    if (given.reason == text) entry.reason = reason;
  }
  entry.kind = kind_of(entry.reason);
  return entry.reason == Reason::kNone ? "reason is none there is" : nullptr;
}

const char* ResultDecoder::read_lines(const Given& given, ResultEntry& entry) {
  if (!given.lines || !lines_.read(*given.lines, entry.lines)) {
    entry.lines.clear();
    return "lines are missing, or are not what they have to be";
  }
  for (const ResultLine& line : entry.lines) {
    bool good = !line.remaining.is_missing() && line.available.is_missing();
    if (entry.kind == ResultKind::kAccepted) {
      good = good && line.remaining.is_number() && line.before.is_missing() && line.quantity.is_number();
    } else if (entry.kind == ResultKind::kStock) {
      good = good && entry.lines.size() == 1 && line.remaining.is_number() && !line.before.is_missing() &&
             !line.quantity.is_missing();
    } else {
      good = line.remaining.is_missing() && !line.available.is_missing() && line.before.is_missing() &&
             line.quantity.is_number();
    }
    if (!good) {
      entry.lines.clear();
      return "a line has not the members it has to have";
    }
  }
  return nullptr;
}

}  // namespace orderd::audit
