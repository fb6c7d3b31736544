// MULTI and EXEC around the questions. XINFO STREAM copies the first and the last entry; it is asked only a few times.
#include "audit/horizon.h"

#include <charconv>
#include <vector>

namespace orderd::audit {
namespace {

using valkey::Command;
using valkey::Reply;

constexpr uint64_t kMsPerSecond = 1000;

// The value after `name` in a list of names and values; one that is lost() where there is none.
Reply value_of(const Reply& list, std::string_view name) {
  for (std::size_t i = 0; i + 1 < list.size(); i += 2) {
    if (list.at(i).text() == name) return list.at(i + 1);
  }
  return Reply(nullptr);
}

Id id_in(const Reply& list, std::string_view name) {
  return id_of(value_of(list, name).text()).value_or(Id{});
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

// From a reply to XINFO STREAM.
Result<StreamFacts> facts_of(const Link& link, const Reply& reply) {
  StreamFacts facts;
  if (reply.is_error()) {
    if (reply.text().starts_with("ERR no such key")) return facts;
    return Failure{link.explain(reply.text())};
  }
  facts.exists = true;
  facts.length = static_cast<uint64_t>(value_of(reply, "length").integer());
  facts.added = static_cast<uint64_t>(value_of(reply, "entries-added").integer());
  facts.last = id_in(reply, "last-generated-id");
  facts.deleted = id_in(reply, "max-deleted-entry-id");
  // An empty stream begins after everything it ever had.
  facts.first = id_of(value_of(reply, "first-entry").at(0).text()).value_or(after(facts.last));
  return facts;
}

Position position_of(const Reply& hash) {
  Position position;
  position.exists = hash.is_error() || hash.size() > 0;
  if (!position.exists) return position;
  const auto id = id_of(value_of(hash, "id").text());
  const auto count = number_of<uint64_t>(value_of(hash, "count").text());
  if (hash.is_error()) {
    position.problem = "the key is not a hash";
  } else if (!id || !count) {
    position.problem = "its id or its count is missing or invalid";
  } else {
    position.id = *id;
    position.count = *count;
    position.result = id_in(hash, "result");
    position.from_start = number_of<int64_t>(value_of(hash, "base").text()) == 0;
    position.deleted = number_of<uint64_t>(value_of(hash, "deleted").text()).value_or(0);
    position.floor = id_in(hash, "floor");
  }
  return position;
}

std::vector<Command> stream_questions(const KeyNames& names) {
  return {Command::of("XINFO", "STREAM", names.orders), Command::of("XINFO", "STREAM", names.results),
          Command::of("XINFO", "STREAM", names.dead)};
}

Result<bool> read_streams(const Link& link, const Reply& replies, Horizon& horizon) {
  std::size_t at = 0;
  for (StreamFacts* facts : {&horizon.orders, &horizon.results, &horizon.dead}) {
    auto read = facts_of(link, replies.at(at++));
    if (!read) return read.failure();
    *facts = *read;
  }
  return true;
}

}  // namespace

Result<Horizon> take_horizon(Link& link, const Options& options) {
  auto questions = stream_questions(options.names);
  questions.push_back(Command::of("HGETALL", options.names.position));
  questions.push_back(Command::of("TIME"));
  const auto replies = link.ask_at_once(questions);
  if (!replies) return replies.failure();
  Horizon horizon;
  const auto streams = read_streams(link, replies->view(), horizon);
  if (!streams) return streams.failure();
  const Reply hash = replies->view().at(3);
  if (hash.is_error() && !hash.text().starts_with("WRONGTYPE")) return Failure{link.explain(hash.text())};
  horizon.position = position_of(hash);
  horizon.now_ms = number_of<uint64_t>(replies->view().at(4).at(0).text()).value_or(0) * kMsPerSecond + kMsPerSecond;
  horizon.window_ms = static_cast<uint64_t>(options.window.count());
  horizon.from = options.from.value_or(Id{});
  horizon.to = std::min(options.to.value_or(kLastId), horizon.results.last);
  horizon.to_given = options.to.has_value();
  return horizon;
}

Result<bool> refresh(Link& link, const KeyNames& names, Horizon& horizon) {
  const auto replies = link.ask_at_once(stream_questions(names));
  if (!replies) return replies.failure();
  Horizon now;
  const auto streams = read_streams(link, replies->view(), now);
  if (!streams) return streams.failure();
  const auto move_on = [](StreamFacts& before, const StreamFacts& after) {
    before.cut = before.cut || (before.length > 0 && after.first > before.first);
    before.first = std::max(before.first, after.first);
    before.deleted = std::max(before.deleted, after.deleted);
  };
  move_on(horizon.orders, now.orders);
  move_on(horizon.results, now.results);
  move_on(horizon.dead, now.dead);
  return true;
}

}  // namespace orderd::audit
