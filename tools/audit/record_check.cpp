// Every n-th decision is chosen.
#include "audit/record_check.h"

#include <algorithm>

namespace orderd::audit {
namespace {

constexpr std::size_t kAtOnce = 256;
constexpr std::size_t kDigestBytes = 16;

}  // namespace

// A record of a later decision does not concern this one.
const char* RecordCheck::problem_of(const Decision& decision, std::string_view record) {
  constexpr const char* kForeign = "it is not a record";
  if (record.size() <= kDigestBytes) return kForeign;
  if (record.substr(0, kDigestBytes).find_first_not_of("0123456789abcdef") != std::string_view::npos) return kForeign;
  const char outcome = record[kDigestBytes];
  const auto result = id_of(record.substr(kDigestBytes + 1));
  if (!result || (outcome != 'a' && outcome != 'r')) return kForeign;
  if (*result > decision.result) return nullptr;
  if (*result < decision.result) return "it refers to an earlier result";
  return (outcome == 'a') == decision.accepted ? nullptr : "it has another outcome";
}

void RecordCheck::take(const ResultEntry& result, Id id) {
  const bool accepted = result.kind == ResultKind::kAccepted;
  if ((!accepted && result.kind != ResultKind::kRefused) || ++taken_ % every_ != 0) return;
  chosen_.push_back({std::string(result.order), id, result.request, accepted});
}

Result<uint64_t> RecordCheck::judge(Link& link, const Options& options, Findings& findings) {
  uint64_t compared = 0;
  for (std::size_t at = 0; at < chosen_.size(); at += kAtOnce) {
    const std::size_t end = std::min(at + kAtOnce, chosen_.size());
    std::vector<valkey::Command> commands;
    for (std::size_t i = at; i < end; ++i)
      commands.push_back(valkey::Command::of("GET", options.order_key(chosen_[i].order)));
    const auto replies = link.ask_at_once(commands);
    if (!replies) return replies.failure();
    for (std::size_t i = at; i < end; ++i) {
      const Decision& decision = chosen_[i];
      const valkey::Reply reply = replies->view().at(i - at);
      if (reply.is_nil()) continue;
      ++compared;
      findings.looked(Check::kRecordDiffers);
      const char* const problem = problem_of(decision, reply.is_string() ? reply.text() : std::string_view());
      if (problem == nullptr) continue;
      findings.add({Check::kRecordDiffers, decision.result.text(), decision.request.text(), decision.order, "",
                    "the record at " + options.order_key(decision.order) + ": " + problem});
    }
  }
  return compared;
}

}  // namespace orderd::audit
