// Reads everything in one MULTI and EXEC. XINFO STREAM copies the first and the last entry; it is called only a few
// times.
#include "audit/checks.h"

namespace orderd::audit {
namespace {

using valkey::Command;
using valkey::Reply;

constexpr uint64_t kMsPerSecond = 1000;
constexpr StreamFacts Horizon::*kStreams[] = {&Horizon::orders, &Horizon::results, &Horizon::dead};

// The value after `name` in a list of names and values; lost() if there is none.
Reply value_of(const Reply& list, std::string_view name) {
  for (std::size_t i = 0; i + 1 < list.size(); i += 2) {
    if (list.at(i).text() == name) return list.at(i + 1);
  }
  return Reply(nullptr);
}

Id id_in(const Reply& list, std::string_view name) {
  return id_of(value_of(list, name).text()).value_or(Id{});
}

// From a reply to XINFO STREAM.
StreamFacts facts_of(const Reply& reply) {
  StreamFacts facts;
  facts.length = static_cast<uint64_t>(value_of(reply, "length").integer());
  facts.added = static_cast<uint64_t>(value_of(reply, "entries-added").integer());
  facts.last = id_in(reply, "last-generated-id");
  facts.deleted = id_in(reply, "max-deleted-entry-id");
  // An empty stream begins after every entry it ever had.
  facts.first = id_of(value_of(reply, "first-entry").at(0).text()).value_or(after(facts.last));
  return facts;
}

Position position_of(const Reply& hash) {
  Position position;
  // A lane may be paused before it is first served.
  const bool paused_only = hash.size() == 2 && hash.at(0).text() == "paused";
  position.exists = hash.is_error() || (hash.size() > 0 && !paused_only);
  const auto number = [&hash](std::string_view name) { return whole_of(value_of(hash, name).text()); };
  const auto id = id_of(value_of(hash, "id").text());
  if (hash.is_error()) {
    position.problem = "the key is not a hash";
  } else if (position.exists && (!id || !number("count"))) {
    position.problem = "its id or its count is missing or invalid";
  }
  if (!position.known()) return position;
  position.id = *id;
  position.count = *number("count");
  position.result = id_in(hash, "result");
  position.from_start = number("base") == 0;
  position.deleted = number("deleted").value_or(0);
  position.floor = id_in(hash, "floor");
  position.start = id_in(hash, "start");
  return position;
}

}  // namespace

Horizon take_horizon(Link& link, const Options& options) {
  const auto replies = link.ask_at_once(
      {Command::of("XINFO", "STREAM", options.orders), Command::of("XINFO", "STREAM", options.results),
       Command::of("XINFO", "STREAM", options.dead), Command::of("HGETALL", options.position), Command::of("TIME")});
  Horizon horizon;
  for (std::size_t i = 0; i < std::size(kStreams); ++i) {
    const Reply reply = replies->at(i);
    const bool absent = reply.text().starts_with("ERR no such key");
    if (!absent && !link.fails(reply)) horizon.*kStreams[i] = facts_of(reply);
  }
  const Reply hash = replies->at(3);
  if (!hash.text().starts_with("WRONGTYPE")) link.fails(hash);
  horizon.position = position_of(hash);
  horizon.now_ms = whole_of(replies->at(4).at(0).text()).value_or(0) * kMsPerSecond + kMsPerSecond;
  horizon.from = options.from.value_or(Id{});
  horizon.to = std::min(options.to.value_or(kLastId), horizon.results.last);
  return horizon;
}

void refresh(const Task& task) {
  Horizon& horizon = task.horizon;
  if (horizon.fresh_at == task.link.received()) return;
  const Horizon now = take_horizon(task.link, task.options);
  for (StreamFacts Horizon::*const stream : kStreams) {
    StreamFacts& before = horizon.*stream;
    const StreamFacts& after = now.*stream;
    before.cut = before.cut || (before.length > 0 && after.first > before.first);
    before.first = std::max(before.first, after.first);
    before.deleted = std::max(before.deleted, after.deleted);
  }
  horizon.fresh_at = task.link.received();
}

}  // namespace orderd::audit
