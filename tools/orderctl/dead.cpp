// The flags, and the two commands that only read; dead_change.cpp has the others.
#include "orderctl/dead.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "order/request.h"
#include "orderctl/lane_clients.h"
#include "orderctl/letter.h"
#include "shared/options.h"
#include "shared/place.h"
#include "shared/table.h"

namespace orderd::tools {
namespace {

using valkey::Command;

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
the results stream with status letter says what became of it. --set replaces the value of a field, or adds the field. A
request that would be malformed again is refused, by the limits of these settings (processing.max_quantity, max_lines).
A request that was too large for its letter cannot be requeued: the rest of it is not there.

Examples:
  orderctl dead requeue 1795569346433-0 --set quantity=3
  orderctl dead requeue 1795569346433-0 --set order='{"id":"o-1","sku":"shoe","quantity":3}' --reason "ticket 4711"
  orderctl --processing.max_quantity 5000000 dead requeue 1795569346433-0 1795569346435-0

Exit status 1: a letter was not requeued.)";

constexpr const char* kDiscardHelp =
    R"(Removes the letter. In the same step an entry of the results stream with status letter says so.

Examples:
  orderctl dead discard 1795569346433-0 --reason "a test of the producer"
  orderctl dead list --limit 100 --json | jq -r .letter | xargs orderctl dead discard

Exit status 1: a letter was not discarded.)";

std::string check_letter_id(const std::string& text) {
  const bool whole = text.find('-') != std::string::npos && parse_id(text);
  return whole ? "" : "'" + shown(text) + "' is not the ID of a dead letter (example: 1795569346433-0)";
}

std::string check_setting(const std::string& text) {
  return text.find('=') == std::string::npos ? "'" + shown(text) + "' is not NAME=VALUE" : "";
}

Result<int> show(const Context& context, const std::string& id) {
  auto client = Client::connect(context.settings);
  if (!client) return client.failure();
  const std::string dead = context.settings.dead();
  const auto reply = client->ask(Command::of("XRANGE", dead, id, id));
  if (!reply) return reply.failure();
  const auto entries = entries_of(reply->view());
  const auto letter = entries.empty() ? std::nullopt : letter_of(entries.front());
  if (!letter) {
    note(entries.empty() ? "there is no dead letter " + id + " in '" + shown(dead) + "'; orderctl dead list shows them"
                         : "the entry " + id + " of '" + shown(dead) + "' is no dead letter of orderd");
    return kFailed;
  }
  if (context.json) {
    print_json(json_of(*letter));
    return kDone;
  }
  const auto row = [](std::string name, const std::string& text) {
    name.resize(std::max<std::size_t>(name.size() + 1, 10), ' ');
    print(name + text + "\n");
  };
  row("letter", id + ", " + time_text(parse_id(id)->ms));
  row("request", shown(letter->request));
  row("result", shown(letter->result));
  row("detail", shown(letter->detail));
  if (!letter->whole()) row("cut", "the request was too large for its letter; what follows is its beginning");
  print("\n");
  for (const auto& [name, value] : letter->raw) print(shown(name) + ": " + shown(value) + "\n");
  return kDone;
}

}  // namespace

Dead::Dead(CLI::App& parent, Program& program) {
  CLI::App* dead = add_command(parent, "dead", "list, show, requeue and discard malformed requests", R"(Examples:
  orderctl dead list
  orderctl dead show 1795569346433-0
  orderctl dead requeue 1795569346433-0 --set quantity=3
  orderctl dead discard 1795569346433-0)");
  dead->require_subcommand(1);
  add_list(*dead, program);
  add_show(*dead, program);
  add_change(*dead, program, true);
  add_change(*dead, program, false);
}

void Dead::add_list(CLI::App& dead, Program& program) {
  CLI::App* app = add_command(dead, "list", "show dead letters, the newest first; with --from the oldest",
                              kPlaceHelp + std::string(kListHelp));
  add_place(*app, "--from,--since", from_, "start at this letter, or at this time");
  add_place(*app, "--to,--until", to_, "no letters after this one, or after this time");
  add_whole(*app, "--limit", limit_, 1, order::kMaxWhole, "how many at most [20]");
  add_json(*app, program);
  app->callback([this, &program] {
    program.lanes = LaneUse::kAll;
    program.action = [this](const Context& context) { return list(context); };
  });
}

void Dead::add_show(CLI::App& dead, Program& program) {
  CLI::App* app = add_command(dead, "show", "show all of a dead letter", kLetterHelp);
  add_text(*app, "ID", id_, "", "the letter's ID")->required()->check(check_letter_id);
  add_json(*app, program);
  app->callback([this, &program] { program.action = [this](const Context& context) { return show(context, id_); }; });
}

void Dead::add_change(CLI::App& dead, Program& program, bool requeue) {
  CLI::App* app = requeue ? add_command(dead, "requeue", "push malformed requests again, once", kRequeueHelp)
                          : add_command(dead, "discard", "remove dead letters", kDiscardHelp);
  add_texts(*app, "ID", ids_, "", "IDs of letters")->required()->check(check_letter_id);
  if (requeue)
    add_texts(*app, "--set", set_, "NAME=VALUE", "correct this field; may be repeated")->check(check_setting);
  add_text(*app, "--reason", reason_, "TEXT", "why, for the results stream [by hand]");
  add_json(*app, program);
  app->callback([this, &program, requeue] {
    program.action = [this, requeue](const Context& context) {
      return change_letters(context, {requeue, ids_, set_, reason_.empty() ? "by hand" : reason_});
    };
  });
}

Result<int> Dead::list(const Context& context) const {
  LaneClients clients(context);
  std::vector<Table::Column> columns = {
      {"LETTER", Table::Align::kLeft, 17}, {"TIME"}, {"REQUEST", Table::Align::kLeft, 17}, {"DETAIL"}};
  if (context.several()) columns.insert(columns.begin(), {"LANE"});
  Table table(std::move(columns));
  uint64_t left = limit_;
  const auto add = [&](std::size_t lane, const Entry& entry) {
    const auto letter = letter_of(entry);
    const auto id = parse_id(entry.id);
    if (context.json) {
      print_json(with_lane(context, lane,
                           letter ? json_of(*letter) : Json({{"letter", std::string(entry.id)}, {"detail", Json()}})));
    } else {
      std::vector<Cell> row = {
          {shown(entry.id)},
          {id ? time_text(id->ms) : ""},
          {letter ? shown(letter->request) : ""},
          {letter ? shown(letter->detail) : "no dead letter of orderd", letter ? Color::kPlain : Color::kRed}};
      if (context.several()) row.insert(row.begin(), {context.lanes[lane].lane_name()});
      table.add(std::move(row));
    }
    --left;
    if (!context.json && (limit_ - left) % kPageEntries == 0) table.print();
    return left > 0;
  };
  MergedRange range;
  range.stream = [](const settings::Settings& lane) { return lane.dead(); };
  range.first = place_of(from_).value_or(*place_of("-")).first.text();
  range.last = place_of(to_).value_or(*place_of("+")).last.text();
  range.back = from_.empty();
  const auto read = read_merged(context, clients, range, add);
  if (!read) return read.failure();
  if (!context.json) table.print();
  if (left == limit_) {
    note("no dead letters in " + (context.several() ? "any lane" : "'" + shown(context.settings.dead()) + "'") +
         (from_.empty() && to_.empty() ? "" : " there"));
  }
  return kDone;
}

}  // namespace orderd::tools
