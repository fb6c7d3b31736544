// The audit shares no code with the judge: each checks the other.
#include "order-chaos/audit_check.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace orderd::chaos {
namespace {

constexpr std::size_t kQuotedMax = 4000;  // bytes of the audit's output in a complaint
constexpr int kClean = 0;
constexpr int kViolated = 3;

// A fault that overwrote stock with something that is not a number breaks the chain, and the audit reports it rightly.
bool stock_was_no_number(const std::string& detail) {
  return detail.find("available is null") != std::string::npos ||
         detail.find("there was not a whole number") != std::string::npos;
}

bool explained(const nlohmann::json& violation, const OrderCheck& order, const std::vector<IdRange>& discarded) {
  const std::string check = violation.value("check", "");
  const EntryId request = EntryId::parse(violation.value("request", ""));
  if (check == "missing_result") return order.unanswered.count(request) > 0;
  if (check == "request_order") return order.restarts.count(EntryId::parse(violation.value("result", ""))) > 0;
  if (check == "invented_request") {
    return std::any_of(discarded.begin(), discarded.end(), [&](const IdRange& range) { return range.has(request); });
  }
  return check == "chain_broken" && stock_was_no_number(violation.value("detail", ""));
}

}  // namespace

std::optional<std::string> check_audit(const AuditVerdict& verdict, const OrderCheck& order,
                                       const std::vector<IdRange>& discarded) {
  const auto said = nlohmann::json::parse(verdict.output, nullptr, false);
  const auto none = nlohmann::json::array();
  const auto& violations = said.is_object() && said.contains("violations") ? said["violations"] : none;
  std::string complaint;
  if (!said.is_object() || verdict.status != (violations.empty() ? kClean : kViolated))
    complaint = "status " + std::to_string(verdict.status) + ": " + verdict.errors;
  std::set<EntryId> named;
  std::size_t unexplained = 0;
  for (const auto& violation : violations) {
    if (violation.value("check", "") == "missing_result") named.insert(EntryId::parse(violation.value("request", "")));
    if (explained(violation, order, discarded)) continue;
    if (++unexplained == 1) complaint += "no fault explains " + violation.dump();
  }
  if (unexplained > 1) complaint += " and " + std::to_string(unexplained - 1) + " more";
  for (const EntryId request : order.unanswered) {
    if (named.count(request) > 0) continue;
    complaint += "; it does not name " + request.text() + ", which has no result";
    break;
  }
  if (complaint.empty()) return std::nullopt;
  return complaint + "\n" + verdict.output.substr(0, kQuotedMax);
}

}  // namespace orderd::chaos
