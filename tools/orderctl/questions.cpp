// A server may deny any command to a user, or have it renamed. A question for information only must not stop the rest.
#include "orderctl/questions.h"

#include <algorithm>

#include "shared/entry.h"
#include "shared/options.h"
#include "shared/output.h"
#include "valkey/error.h"

namespace orderd::tools {
namespace {

using valkey::OwnedReply;
using valkey::Reply;

// The smaller of what a group has read and what it has not acknowledged.
std::string group_at(Questions& questions, const std::string& stream, const Reply& info) {
  std::string at(value_of(info, "last-delivered-id").text());
  if (value_of(info, "pending").integer() <= 0) return at;
  const OwnedReply pending = questions.ask("XPENDING", stream, value_of(info, "name").text());
  const auto first = StreamId::parse(pending->at(1).text());
  const auto read = StreamId::parse(at);
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
    const auto id = StreamId::parse(at);
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

valkey::OwnedReply Questions::ask_command(std::string_view name, std::string_view key, const valkey::Command& command) {
  valkey::OwnedReply nothing(nullptr);
  if (!failure_.empty()) return nothing;
  auto reply = client_.call(command);
  if (!reply) {
    failure_ = reply.error();
    return nothing;
  }
  const std::string_view text = (*reply)->text();
  if (!(*reply)->is_error() || text.starts_with("ERR no such key")) {
    answered_ = true;
    return std::move(*reply);
  }
  if (text.starts_with("WRONGTYPE")) {
    answered_ = true;
    wrong_types_.emplace(key);
  } else if (valkey::denies_command(text)) {
    if (denial_.empty()) denial_ = client_.explain(text);
    denied_.emplace(name);
  } else {
    failure_ = client_.explain(text);
  }
  return nothing;
}

Questions::Fields Questions::fields_of(std::string_view info) {
  Fields fields;
  while (!info.empty()) {
    const std::string_view line = info.substr(0, info.find("\r\n"));
    info.remove_prefix(std::min(info.size(), line.size() + 2));
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) fields.emplace(line.substr(0, colon), line.substr(colon + 1));
  }
  return fields;
}

std::optional<uint64_t> Questions::ask_time() {
  const valkey::OwnedReply reply = ask("TIME", "");
  const auto seconds = whole_of(reply->at(0).text());
  const auto microseconds = whole_of(reply->at(1).text());
  if (!seconds || !microseconds) return std::nullopt;
  return *seconds * 1000 + *microseconds / 1000;
}

Result<bool> Questions::outcome() const {
  if (!failure_.empty()) return Failure{failure_};
  if (!answered_ && !denial_.empty()) return Failure{denial_};
  return true;
}

std::vector<std::string> Questions::wrong_types() const {
  std::vector<std::string> out;
  for (const std::string& key : wrong_types_) {
    out.push_back(
        "the key '" + shown(key) +
        "' holds another type than orderd expects; check the names in [streams], or rename or delete the key");
  }
  return out;
}

std::vector<std::string> Questions::warnings() const {
  std::vector<std::string> out = wrong_types();
  if (denied_.empty()) return out;
  std::string names;
  for (const std::string& name : denied_) names.append(names.empty() ? "" : ", ").append(name);
  out.push_back("not everything is known: the server denies " + names + "; " + denial_);
  return out;
}

std::string value_in(const Questions::Fields& fields, std::string_view name) {
  const auto found = fields.find(name);
  return found == fields.end() ? "" : found->second;
}

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
