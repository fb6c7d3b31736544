// The options, and the two commands that only read; dead_change.cpp has the others. In a letter orderd's three fields
// come first; a raw field may have one of their names.
#include "orderctl/dead.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "order/request.h"
#include "orderctl/commands.h"
#include "orderctl/lane_clients.h"
#include "shared/options.h"
#include "shared/place.h"
#include "shared/table.h"

namespace orderd::tools {
namespace {

using valkey::Command;

constexpr std::size_t kOwnFields = 3;
// At most so many raw fields are copied (lua/settle.lua).
constexpr std::size_t kRawFields = 3500;
// The detail of a request that has more bytes than a dead letter begins so (src/order/decode.cpp), and no other.
constexpr std::string_view kTooLarge = "entry: ";

constexpr const char* kListHelp = R"(Examples:
  orderctl dead list                          the newest 20
  orderctl dead list --limit 1000 --json
  orderctl dead list --from 2h                of the last two hours, oldest first)";

constexpr const char* kLetterHelp =
    R"(Control characters and bytes that are not UTF-8 are shown as \xNN, characters that cannot be seen as \u{200B}.

Example:
  orderctl dead show 1795569346433-0

Exit status 1: there is no such letter.)";

constexpr const char* kRequeueHelp =
    R"(Pushes the request again, as a new entry of the orders stream, once: in the same step the letter is removed, and an entry of
the results stream with status letter records that. --set replaces the value of a field, or adds the field. A request that
would be malformed again is refused, by the limits of these settings (processing.max_quantity, max_lines). A request that
was too large for its letter cannot be requeued: the letter holds only its beginning.

Examples:
  orderctl dead requeue 1795569346433-0 --set quantity=3
  orderctl dead requeue 1795569346433-0 --set order='{"id":"o-1","sku":"shoe","quantity":3}' --reason "ticket 4711"
  orderctl --processing.max_quantity 5000000 dead requeue 1795569346433-0 1795569346435-0

Exit status 1: a letter was not requeued.)";

constexpr const char* kDiscardHelp =
    R"(Removes the letter. In the same step an entry of the results stream with status letter records that.

Examples:
  orderctl dead discard 1795569346433-0 --reason "a test of the producer"
  orderctl dead list --limit 100 --json | jq -r .letter | xargs orderctl dead discard

Exit status 1: a letter was not discarded.)";

Json json_of(const Letter& letter) {
  return {{"letter", letter.id},     {"time", time_of_id(letter.id)}, {"request", letter.request},
          {"result", letter.result}, {"detail", letter.detail},       {"whole", letter.whole()},
          {"fields", letter.raw}};
}

std::string check_letter_id(const std::string& text) {
  return StreamId::parse(text) ? "" : "'" + shown(text) + "' is not the ID of a dead letter (example: 1795569346433-0)";
}

std::string check_setting(const std::string& text) {
  return text.find('=') == std::string::npos ? "'" + shown(text) + "' is not NAME=VALUE" : "";
}

Result<int> show_letter(const Context& context, const std::string& id) {
  auto client = Client::connect(context.settings);
  if (!client) return client.failure();
  const std::string dead = context.settings.dead();
  const auto reply = client->ask(Command::of("XRANGE", dead, id, id));
  if (!reply) return reply.failure();
  const auto entries = entries_of(reply->view());
  const auto letter = entries.empty() ? std::nullopt : letter_of(entries.front());
  if (!letter) {
    note(entries.empty() ? "there is no dead letter " + id + " in '" + shown(dead) + "'; orderctl dead list shows them"
                         : "the entry " + id + " of '" + shown(dead) + "' is not a dead letter of orderd");
    return kFailed;
  }
  if (context.json) {
    print_json(json_of(*letter));
    return kDone;
  }
  const auto row = [](const char* name, const std::string& text) { print(padded(name, 10) + text + "\n"); };
  row("letter", id + ", " + time_of_id(id));
  row("request", shown(letter->request));
  row("result", shown(letter->result));
  row("detail", shown(letter->detail));
  if (!letter->whole()) row("cut", "the request was too large for its letter; what follows is its beginning");
  print("\n");
  for (const auto& [name, value] : letter->raw) print(shown(name) + ": " + shown(value) + "\n");
  return kDone;
}

struct ListOptions {
  std::string from;
  std::string to;
  uint64_t limit = 20;
};

Result<int> list_letters(const Context& context, const ListOptions& wanted) {
  LaneClients clients(context);
  Table table({{"LANE", Table::Align::kLeft, 0, !context.several()},
               {"LETTER", Table::Align::kLeft, 17},
               {"TIME"},
               {"REQUEST", Table::Align::kLeft, 17},
               {"DETAIL"}});
  uint64_t left = wanted.limit;
  const auto add = [&](std::size_t lane, const Entry& entry) {
    const auto letter = letter_of(entry);
    if (context.json) {
      print_json(with_lane(context, lane,
                           letter ? json_of(*letter) : Json({{"letter", std::string(entry.id)}, {"detail", Json()}})));
    } else {
      table.add(
          {{context.lanes[lane].lane_name()},
           {shown(entry.id)},
           {time_of_id(entry.id)},
           {letter ? shown(letter->request) : ""},
           {letter ? shown(letter->detail) : "not a dead letter of orderd", letter ? Color::kPlain : Color::kRed}});
    }
    --left;
    if (!context.json && (wanted.limit - left) % kPageEntries == 0) table.print();
    return left > 0;
  };
  const Range range{place_of(wanted.from).value_or(*place_of("-")).first.text(),
                    place_of(wanted.to).value_or(*place_of("+")).last.text(), wanted.from.empty()};
  const auto read = read_merged(
      context, clients, [](const settings::Settings& lane) { return lane.dead(); }, range, add);
  if (!read) return read.failure();
  if (!context.json) table.print();
  if (left == wanted.limit) {
    note("no dead letters in " + (context.several() ? "any lane" : "'" + shown(context.settings.dead()) + "'") +
         (wanted.from.empty() && wanted.to.empty() ? "" : " in that range"));
  }
  return kDone;
}

void add_dead_change(CLI::App& dead, Program& program, bool requeue) {
  auto& change = program.keep<LetterChange>();
  change.requeue = requeue;
  CLI::App* app = requeue ? add_command(dead, "requeue", "push malformed requests again, once", kRequeueHelp)
                          : add_command(dead, "discard", "remove dead letters", kDiscardHelp);
  add_texts(*app, "ID", change.ids, "", "IDs of letters")->required()->check(check_letter_id);
  if (requeue)
    add_texts(*app, "--set", change.set, "NAME=VALUE", "correct this field; may be repeated")->check(check_setting);
  add_text(*app, "--reason", change.reason, "TEXT", "why, for the results stream [by hand]");
  set_action(
      *app, program, LaneUse::kOne, [&change](const Context& context) { return change_letters(context, change); },
      [&change] {
        if (change.reason.empty()) change.reason = "by hand";
      });
}

}  // namespace

bool Letter::whole() const {
  return !raw.empty() && raw.size() < kRawFields && !detail.starts_with(kTooLarge);
}

std::optional<Letter> letter_of(const Entry& entry) {
  const auto& fields = entry.fields;
  if (fields.size() < kOwnFields || fields[0].first != "request" || fields[1].first != "result" ||
      fields[2].first != "detail") {
    return std::nullopt;
  }
  return Letter{
      entry.id, fields[0].second, fields[1].second, fields[2].second, {fields.begin() + kOwnFields, fields.end()}};
}

void add_dead(CLI::App& parent, Program& program) {
  CLI::App* dead = add_command(parent, "dead", "list, show, requeue and discard malformed requests", R"(Examples:
  orderctl dead list
  orderctl dead show 1795569346433-0
  orderctl dead requeue 1795569346433-0 --set quantity=3
  orderctl dead discard 1795569346433-0)");
  dead->require_subcommand(1);

  auto& options = program.keep<ListOptions>();
  CLI::App* list = add_command(*dead, "list", "show dead letters, the newest first; with --from the oldest",
                               kPlaceHelp + std::string(kListHelp));
  add_place(*list, "--from,--since", options.from, "start at this letter, or at this time");
  add_place(*list, "--to,--until", options.to, "no letters after this one, or after this time");
  add_whole(*list, "--limit", options.limit, 1, order::kMaxWhole, "how many at most [20]");
  set_action(*list, program, LaneUse::kAll,
             [&options](const Context& context) { return list_letters(context, options); });

  auto& id = program.keep<std::string>();
  CLI::App* show = add_command(*dead, "show", "show all of a dead letter", kLetterHelp);
  add_text(*show, "ID", id, "", "the letter's ID")->required()->check(check_letter_id);
  set_action(*show, program, LaneUse::kOne, [&id](const Context& context) { return show_letter(context, id); });

  add_dead_change(*dead, program, true);
  add_dead_change(*dead, program, false);
}

}  // namespace orderd::tools
