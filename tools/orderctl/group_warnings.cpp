// lua/trim.lua looks at the same, and the daemon logs it.
#include "orderctl/group_warnings.h"

#include <chrono>

#include "shared/entry.h"
#include "shared/output.h"

namespace orderd::tools {
namespace {

using valkey::OwnedReply;
using valkey::Reply;

// The smaller of what a group has read and what it has not acknowledged.
std::string group_at(Questions& questions, const std::string& stream, const Reply& info) {
  std::string at(value_of(info, "last-delivered-id").text());
  if (value_of(info, "pending").integer() <= 0) return at;
  const OwnedReply pending = questions.ask("XPENDING", stream, value_of(info, "name").text());
  const auto first = parse_id(pending->at(1).text());
  const auto read = parse_id(at);
  return first && read && *first < *read ? first->text() : at;
}

struct TrimmedStream {
  const char* setting;  // of its retention
  std::string name;
  std::chrono::milliseconds retention;
  std::string own_group;  // of orderd: does not count
};

void find_in(Questions& questions, const TrimmedStream& stream, uint64_t now_ms, std::vector<GroupWarning>& found) {
  const auto kept_ms = static_cast<uint64_t>(stream.retention.count());
  if (kept_ms == 0 || kept_ms >= now_ms) return;
  const OwnedReply groups = questions.ask("XINFO GROUPS", stream.name);
  for (std::size_t i = 0; i < groups->size(); ++i) {
    const Reply info = groups->at(i);
    const std::string group(value_of(info, "name").text());
    if (group.empty() || group == stream.own_group) continue;
    const std::string at = group_at(questions, stream.name, info);
    const auto id = parse_id(at);
    if (!id || id->ms >= now_ms - kept_ms) continue;
    const OwnedReply kept = questions.ask("XRANGE", stream.name, "(" + at, now_ms - kept_ms, "COUNT", 1);
    if (kept->size() == 0) continue;
    const Reply lag = value_of(info, "lag");
    const std::string time = time_of_id(at);
    std::string what = "the consumer group '" + shown(group) + "' keeps '" + shown(stream.name) +
                       "' from being trimmed (" + stream.setting + "): it is behind, at " + at;
    if (!time.empty()) what += ", " + time;
    if (lag.is_integer()) {
      what += ", with " + count_text(static_cast<uint64_t>(lag.integer()), "entry", "entries") + " to read";
    }
    found.push_back({what, "XGROUP DESTROY " + shown(stream.name) + " " + shown(group)});
  }
}

}  // namespace

std::vector<GroupWarning> find_slow_groups(Questions& questions, const settings::Settings& settings, uint64_t now_ms) {
  const auto& [orders, results, dead] = settings.retention;
  const auto& streams = settings.streams;
  std::vector<GroupWarning> found;
  find_in(questions, {"retention.orders", streams.orders, orders, streams.group}, now_ms, found);
  find_in(questions, {"retention.results", streams.results, results, ""}, now_ms, found);
  find_in(questions, {"retention.dead", settings.dead(), dead, ""}, now_ms, found);
  return found;
}

}  // namespace orderd::tools
