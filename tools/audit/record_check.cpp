// The smallest hashes win: which orders are looked at is left to chance, and the same at each run.
#include "audit/record_check.h"

#include <algorithm>
#include <tuple>

namespace orderd::audit {
namespace {

constexpr std::size_t kChosenMax = 4096;
constexpr std::size_t kAtOnce = 256;
constexpr std::size_t kDigestBytes = 16;

struct Record {
  bool accepted = false;
  Id result;
  Id request;
};

std::optional<Record> record_of(std::string_view text) {
  if (text.size() <= kDigestBytes) return std::nullopt;
  if (text.substr(0, kDigestBytes).find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
  const char outcome = text[kDigestBytes];
  text.remove_prefix(kDigestBytes + 1);
  const std::size_t space = text.find(' ');
  if ((outcome != 'a' && outcome != 'r') || space == std::string_view::npos) return std::nullopt;
  const auto result = id_of(text.substr(0, space));
  const auto request = id_of(text.substr(space + 1));
  if (!result || !request) return std::nullopt;
  return Record{outcome == 'a', *result, *request};
}

// What is wrong; a record of a later decision is none of this one's business.
const char* problem_of(const RecordCheck::Decision& decision, const RespView& reply) {
  const auto record = record_of(reply.text());
  if (!record) return "it is no record";
  if (record->result > decision.result) return nullptr;
  if (record->result < decision.result) return "it points to an earlier result";
  if (record->request != decision.request) return "it names another request";
  return record->accepted == decision.accepted ? nullptr : "it has another outcome";
}

}  // namespace

void RecordCheck::take(const Name& name, std::string_view order, Id result, Id request, bool accepted) {
  if (chosen_.size() >= kChosenMax) {
    if (!(name < chosen_.front().name)) return;
    std::pop_heap(chosen_.begin(), chosen_.end());
    chosen_.pop_back();
  }
  chosen_.push_back({name, std::string(order), result, request, accepted});
  std::push_heap(chosen_.begin(), chosen_.end());
}

Result<uint64_t> RecordCheck::judge(Link& link, const std::function<std::string(std::string_view)>& key,
                                    Findings& findings) {
  uint64_t there = 0;
  for (std::size_t at = 0; at < chosen_.size(); at += kAtOnce) {
    const std::size_t end = std::min(at + kAtOnce, chosen_.size());
    std::vector<valkey::Command> commands;
    for (std::size_t i = at; i < end; ++i) commands.push_back(valkey::Command::of("GET", key(chosen_[i].order)));
    const auto replies = link.ask_at_once(commands);
    if (!replies) return replies.failure();
    RespView reply = replies->first();
    for (std::size_t i = at; i < end; ++i) {
      const Decision& decision = chosen_[i];
      if (!reply.is_nil()) {
        ++there;
        findings.looked(Check::kRecordDiffers);
        const char* const problem = problem_of(decision, reply);
        if (problem != nullptr) {
          findings.add({Check::kRecordDiffers, decision.result.text(), decision.request.text(), decision.order, "",
                        std::string("the record at ") + key(decision.order) + ": " + problem});
        }
      }
      if (i + 1 < end) reply = reply.next();
    }
  }
  return there;
}

}  // namespace orderd::audit
