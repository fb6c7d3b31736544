// The audit shares nothing with the judge: two opinions are better than one.
#include "chaos/runner/audit_check.h"

#include <nlohmann/json.hpp>

namespace orderd::chaos {

AuditCheck check_audit(Trial& trial, const std::set<EntryId>& unanswered) {
  test::ProcessOptions options;
  options.environment = {"ORDERD_VALKEY_URL=unix://" + trial.server.endpoint().path};
  test::Process audit({trial.programs.orderctl, "audit", "--json", "--max-findings", "1000000"}, options);
  const int status = audit.wait(std::chrono::minutes(5));
  AuditCheck check{audit.output(), std::nullopt};
  const auto said = nlohmann::json::parse(check.output, nullptr, false);
  std::set<EntryId> named;
  // Where a fault had the stream replaced, or the order of requests begin again, the audit can only say so: it sees
  // what is left. The judge, which knows what was pushed, has looked at all of it.
  const Record::Contents contents = trial.record.contents();
  if (said.is_object() && (!contents.recreated.empty() || !contents.passed_over.empty())) return check;
  bool good = said.is_object() && (status == 3 || (status == 0 && unanswered.empty()));
  for (std::size_t i = 0; good && i < said["violations"].size(); ++i) {
    const auto& violation = said["violations"][i];
    // Stock that a fault overwrote with what is no number breaks the chain, and the audit says so rightly.
    const std::string detail = violation.value("detail", "");
    if (violation["check"] == "chain_broken" && (detail.find("available is null") != std::string::npos ||
                                                 detail.find("there was not a whole number") != std::string::npos)) {
      continue;
    }
    if (violation["check"] != "missing_result") good = false;
    named.insert(EntryId::of(violation.value("request", "")));
  }
  if (!good || named != unanswered) {
    check.complaint = "status " + std::to_string(status) + ", " + std::to_string(unanswered.size()) +
                      " requests to be named: " + check.output.substr(0, 4000) + audit.errors();
  }
  return check;
}

}  // namespace orderd::chaos
