// lua/trim.lua looks at the same, and the daemon logs it.
#include "orderctl/group_warnings.h"

#include <chrono>

#include "shared/entry.h"
#include "shared/output.h"

namespace orderd::tools {
namespace {

using valkey::Command;
using valkey::OwnedReply;
using valkey::Reply;

// The smallest of what a group has read and what it has not acknowledged.
std::string group_at(Questions& questions, const std::string& stream, const Reply& info) {
  std::string at(value_of(info, "last-delivered-id").text());
  if (value_of(info, "pending").integer() <= 0) return at;
  const std::string group(value_of(info, "name").text());
  const OwnedReply pending = questions.ask("XPENDING", stream, Command::of("XPENDING", stream, group));
  const auto first = parse_id(pending->at(1).text());
  const auto read = parse_id(at);
  return first && read && *first < *read ? first->text() : at;
}

// A group that keeps entries of the stream that retention would have trimmed: lua/trim.lua, too.
void warn_of_stream(Questions& questions, const std::string& setting, const std::string& stream,
                    std::chrono::milliseconds retention, const std::string& own, uint64_t now_ms,
                    std::vector<std::string>& warnings) {
  const auto kept_ms = static_cast<uint64_t>(retention.count());
  if (kept_ms == 0 || kept_ms >= now_ms) return;
  const std::string old_enough = std::to_string(now_ms - kept_ms);
  const OwnedReply groups = questions.ask("XINFO GROUPS", stream, Command::of("XINFO", "GROUPS", stream));
  for (std::size_t i = 0; i < groups->size(); ++i) {
    const Reply info = groups->at(i);
    const std::string name(value_of(info, "name").text());
    if (name.empty() || name == own) continue;
    const std::string at = group_at(questions, stream, info);
    const auto id = parse_id(at);
    if (!id || id->ms >= now_ms - kept_ms) continue;
    const OwnedReply kept =
        questions.ask("XRANGE", stream, Command::of("XRANGE", stream, "(" + at, old_enough, "COUNT", 1));
    if (kept->size() == 0) continue;
    const Reply lag = value_of(info, "lag");
    const std::string time = time_text(id->ms);
    warnings.push_back(
        "the consumer group '" + shown(name) + "' keeps '" + shown(stream) + "' from being trimmed (" + setting +
        "): it is behind, at " + at + (time.empty() ? "" : ", " + time) +
        (lag.is_integer()
             ? ", with " + count_text(static_cast<uint64_t>(lag.integer()), "entry", "entries") + " to read"
             : "") +
        "; if nobody uses it: XGROUP DESTROY " + shown(stream) + " " + shown(name));
  }
}

}  // namespace

void warn_of_groups(Questions& questions, const settings::Settings& settings, uint64_t now_ms,
                    std::vector<std::string>& warnings) {
  const auto& [orders, results, dead] = settings.retention;
  const auto& streams = settings.streams;
  warn_of_stream(questions, "retention.orders", streams.orders, orders, streams.group, now_ms, warnings);
  warn_of_stream(questions, "retention.results", streams.results, results, "", now_ms, warnings);
  warn_of_stream(questions, "retention.dead", settings.dead(), dead, "", now_ms, warnings);
}

}  // namespace orderd::tools
