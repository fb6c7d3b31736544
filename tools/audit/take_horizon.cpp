// MULTI and EXEC around questions; what is missing is an answer, too.
#include "audit/take_horizon.h"

namespace orderd::audit {
namespace {

using valkey::Command;

// More pending entries than this no group of orderd's has: processing.max_in_flight is 65536 at most for each consumer.
constexpr uint64_t kMaxPending = 50'000'000;

// The value behind `name` in a list of names and values; none: there is no such name.
std::optional<RespView> value_of(RespView list, std::string_view name) {
  RespView at = list.first();
  for (uint32_t i = 0; i + 1 < list.size(); i += 2) {
    const RespView value = at.next();
    if (at.text() == name) return value;
    if (i + 2 < list.size()) at = value.next();
  }
  return std::nullopt;
}

uint64_t number_in(RespView list, std::string_view name) {
  const auto value = value_of(list, name);
  return value ? static_cast<uint64_t>(value->integer()) : 0;
}

Id id_in(RespView list, std::string_view name) {
  const auto value = value_of(list, name);
  return value ? id_of(value->text()).value_or(Id{}) : Id{};
}

// A reply of XINFO STREAM.
Result<StreamFacts> facts_of(const Link& link, RespView reply) {
  StreamFacts facts;
  if (reply.is_error()) {
    if (reply.text().starts_with("ERR no such key")) return facts;
    return Failure{link.explain(reply.text())};
  }
  facts.exists = true;
  facts.length = number_in(reply, "length");
  facts.added = number_in(reply, "entries-added");
  facts.last = id_in(reply, "last-generated-id");
  facts.deleted = id_in(reply, "max-deleted-entry-id");
  const auto first = value_of(reply, "first-entry");
  if (first && first->size() == 2) facts.first = id_of(first->first().text()).value_or(Id{});
  return facts;
}

Result<bool> read_streams(const Link& link, RespView replies, Horizon& horizon) {
  RespView at = replies.first();
  for (StreamFacts* facts : {&horizon.orders, &horizon.results, &horizon.dead}) {
    auto read = facts_of(link, at);
    if (!read) return read.failure();
    *facts = *read;
    at = at.next();
  }
  return true;
}

std::vector<Command> stream_questions(const StreamNames& names) {
  return {Command::of("XINFO", "STREAM", names.orders), Command::of("XINFO", "STREAM", names.results),
          Command::of("XINFO", "STREAM", names.dead)};
}

}  // namespace

Result<Horizon> take_horizon(Link& link, const StreamNames& names) {
  auto questions = stream_questions(names);
  questions.push_back(Command::of("XREVRANGE", names.results, "+", "-", "COUNT", 1));
  questions.push_back(Command::of("XINFO", "GROUPS", names.orders));
  questions.push_back(Command::of("XPENDING", names.orders, names.group, "-", "+", kMaxPending));
  const auto replies = link.ask_at_once(questions);
  if (!replies) return replies.failure();
  Horizon horizon;
  const auto streams = read_streams(link, *replies, horizon);
  if (!streams) return streams.failure();
  const RespView newest = replies->at(3);
  const RespView groups = newest.next();
  const RespView pending = groups.next();
  if (newest.size() == 1 && newest.first().size() == 2) {
    horizon.newest_result = id_of(newest.first().first().text()).value_or(Id{});
  }
  if (groups.is_error() && !groups.text().starts_with("ERR no such key")) return Failure{link.explain(groups.text())};
  RespView group = groups.first();
  for (uint32_t i = 0; i < groups.size(); ++i) {
    const auto name = value_of(group, "name");
    if (name && name->text() == names.group) horizon.delivered = id_in(group, "last-delivered-id");
    if (i + 1 < groups.size()) group = group.next();
  }
  if (pending.is_error() && !pending.text().starts_with("NOGROUP")) return Failure{link.explain(pending.text())};
  RespView entry = pending.first();
  for (uint32_t i = 0; i < pending.size(); ++i) {
    const auto id = id_of(entry.first().text());
    if (id) horizon.pending.push_back(*id);
    if (i + 1 < pending.size()) entry = entry.next();
  }
  return horizon;
}

Result<bool> refresh(Link& link, const StreamNames& names, Horizon& horizon) {
  const auto replies = link.ask_at_once(stream_questions(names));
  if (!replies) return replies.failure();
  Horizon now;
  const auto streams = read_streams(link, *replies, now);
  if (!streams) return streams.failure();
  const auto move_on = [](StreamFacts& before, const StreamFacts& after) {
    // What is not even there any more begins behind all that was.
    before.first = after.length > 0 ? std::max(before.first, after.first) : before.last;
    before.deleted = std::max(before.deleted, after.deleted);
  };
  move_on(horizon.orders, now.orders);
  move_on(horizon.dead, now.dead);
  if (now.dead.length < horizon.dead.length) horizon.dead.length = now.dead.length;
  return true;
}

}  // namespace orderd::audit
