// The options, what --check finds, and several lanes at once: a row for each. Each lane is asked on a connection of its
// own: in a cluster it may be on another node.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>

#include "orderctl/commands.h"
#include "orderctl/status.h"
#include "shared/options.h"
#include "shared/table.h"

namespace orderd::tools {
namespace {

using std::chrono::milliseconds;

constexpr const char* kStatusHelp =
    R"(position: the last settled request. settled: requests with a result. waiting: requests after the position.
active: the daemon that settles; standby: daemons that take over if it fails.
What the server does not report, or denies to this user, is "not known".
With several lanes, each has a row; --lane shows all of one.

Examples:
  orderctl status
  orderctl status --json | jq .waiting.count
  orderctl status --check --max-age 5s      for scripts and health checks

Exit status with --check: 1 when no daemon is active, when the oldest waiting request is older than --max-age, or when this
is not known.)";

// What keeps orders from being processed, one sentence each.
std::vector<std::string> obstacles(const Status& status, milliseconds max_age) {
  std::vector<std::string> out;
  if (status.facts["active"].is_null()) {
    out.emplace_back(status.owner_known ? "no orderd is active" : "which daemon is active is not known");
  }
  const Json& waiting = status.facts["waiting"];
  const Json& age = waiting["oldest_ms"];
  if (waiting["count"].is_null() && age.is_null()) {
    out.emplace_back("what waits is not known");
  } else if (!age.is_null() && age > max_age.count()) {
    out.push_back("the oldest waiting request, " + text_in(waiting["oldest"]) + ", has waited for " + duration_in(age) +
                  (status.facts["paused"].is_null() ? "" : ": the lane is paused; see orderctl resume"));
  }
  return out;
}

// One lane. A failure: the lane's server could not be asked.
struct LaneStatus {
  std::string lane;
  Result<Status> status;
};

std::vector<LaneStatus> read_lanes(const Context& context) {
  std::vector<LaneStatus> lanes;
  for (const settings::Settings& lane : context.lanes) {
    auto client = Client::connect(lane);
    lanes.push_back({lane.lane_name(), client ? read_status(*client, lane) : client.failure()});
  }
  return lanes;
}

// A lane whose server cannot be asked is an obstacle among several lanes, and the end of the command where it is one.
Result<int> check(const Context& context, milliseconds max_age) {
  std::vector<std::string> found;
  for (const auto& [lane, status] : read_lanes(context)) {
    if (!status && !context.several()) return status.failure();
    const auto here = status ? obstacles(*status, max_age) : std::vector<std::string>{status.error()};
    for (const std::string& each : here) found.push_back((context.several() ? "lane '" + lane + "': " : "") + each);
  }
  if (context.json) print_json({{"good", found.empty()}, {"obstacles", found}});
  for (const std::string& each : found) note(each);
  return found.empty() ? kDone : kFailed;
}

std::string number(const Json& fact) {
  return fact.is_null() ? "?" : fact.dump();
}

std::vector<Cell> row_of(const LaneStatus& lane) {
  if (!lane.status)
    return {{lane.lane}, {"?"}, {"?"}, {"?"}, {"?"}, {"?"}, {"?"}, {"?"}, {lane.status.error(), Color::kRed}};
  const Json& facts = lane.status->facts;
  const Json &active = facts["active"], &waiting = facts["waiting"];
  const Cell none = lane.status->owner_known ? Cell{"none", Color::kRed} : Cell{"?"};
  return {{lane.lane},
          active.is_null() ? none : Cell{text_in(active["name"])},
          {std::to_string(facts["standby"].size())},
          {number(waiting["count"])},
          {waiting["oldest_ms"].is_null() ? "" : duration_in(waiting["oldest_ms"])},
          {number(facts["settled"])},
          {number(facts["results"]["length"])},
          {number(facts["dead"]["length"])},
          {facts["paused"].is_null() ? "" : "paused", Color::kYellow}};
}

// Each warning once, with the lanes that it concerns.
void print_warnings(const std::vector<LaneStatus>& lanes) {
  std::vector<std::pair<std::string, std::vector<std::string>>> warnings;
  std::size_t asked = 0;
  for (const auto& [lane, status] : lanes) {
    if (!status) continue;
    ++asked;
    for (const auto& text : status->facts["warnings"].get<std::vector<std::string>>()) {
      auto known = std::find_if(warnings.begin(), warnings.end(), [&](const auto& each) { return each.first == text; });
      if (known == warnings.end()) known = warnings.insert(known, {text, {}});
      known->second.push_back("'" + lane + "'");
    }
  }
  if (!warnings.empty()) print("\n");
  for (const auto& [text, names] : warnings) {
    const std::string where = (names.size() == 1 ? "lane " : "lanes ") + CLI::detail::join(names, ", ") + ": ";
    print(colored("warning: ", Color::kYellow) + (names.size() == asked ? "" : where) + text + "\n");
  }
}

// A row for each lane, then each server, then the warnings.
void print_lanes(const std::vector<LaneStatus>& lanes) {
  using Align = Table::Align;
  Table table({{"LANE"},
               {"ACTIVE"},
               {"STANDBY", Align::kRight},
               {"WAITING", Align::kRight},
               {"OLDEST", Align::kRight},
               {"SETTLED", Align::kRight},
               {"RESULTS", Align::kRight},
               {"DEAD", Align::kRight},
               {""}});
  for (const LaneStatus& lane : lanes) table.add(row_of(lane));
  table.print();
  std::set<std::string> servers;
  for (const auto& [lane, status] : lanes) {
    if (!status || !servers.insert(status->facts["server"]["address"].get<std::string>()).second) continue;
    print("\n");
    print_server(status->facts["server"]);
  }
  print_warnings(lanes);
}

Json json_of(const LaneStatus& lane) {
  Json out = lane.lane.empty() ? Json::object() : Json({{"lane", lane.lane}});
  out.update(lane.status ? lane.status->facts : Json({{"error", lane.status.error()}}));
  return out;
}

Result<int> show_status(const Context& context) {
  const auto lanes = read_lanes(context);
  const auto& [lane, first] = lanes.front();
  if (!context.several() && !first) return first.failure();
  if (context.json && context.several()) {
    Json list = Json::array();
    for (const LaneStatus& each : lanes) list.push_back(json_of(each));
    print_json({{"lanes", list}});
  } else if (context.json) {
    print_json(json_of(lanes.front()));
  } else if (context.several()) {
    print_lanes(lanes);
  } else {
    print_page(*first, lane);
  }
  return std::all_of(lanes.begin(), lanes.end(), [](const auto& each) { return each.status.ok(); }) ? kDone : kFailed;
}

struct StatusOptions {
  bool check = false;
  milliseconds max_age{10'000};
};

}  // namespace

void add_status(CLI::App& parent, Program& program) {
  auto& options = program.keep<StatusOptions>();
  CLI::App* app =
      add_command(parent, "status", "show who is active, what waits, and problems of the server", kStatusHelp);
  CLI::Option* check_flag = app->add_flag("--check", options.check, "show only what is wrong");
  add_duration(*app, "--max-age", options.max_age, "with --check: how long a request may wait [10s]")
      ->needs(check_flag);
  set_action(*app, program, LaneUse::kAll, [&options](const Context& context) {
    return options.check ? check(context, options.max_age) : show_status(context);
  });
}

}  // namespace orderd::tools
