// The options, what --check finds, and several lanes at once: a row for each. Each lane is asked on a connection of its
// own: in a cluster it may be on another node.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "orderctl/commands.h"
#include "orderctl/lane_clients.h"
#include "orderctl/status.h"
#include "shared/options.h"
#include "shared/table.h"

namespace orderd::tools {
namespace {

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
std::vector<std::string> obstacles(const StatusFacts& facts, milliseconds max_age) {
  std::vector<std::string> out;
  if (!facts.owner_known) {
    out.emplace_back("which daemon is active is not known");
  } else if (!facts.owner) {
    out.emplace_back("no orderd is active");
  }
  if (!facts.waiting.count && !facts.waiting.age) {
    out.emplace_back("what waits is not known");
  } else if (facts.waiting.age && *facts.waiting.age > max_age) {
    out.push_back("the oldest waiting request, " + shown(facts.waiting.oldest) + ", has waited for " +
                  duration_text(*facts.waiting.age) +
                  (facts.position.paused.empty() ? "" : ": the lane is paused; see orderctl resume"));
  }
  return out;
}

// One of several lanes. A failure: the lane's server could not be asked.
struct LaneStatus {
  std::string lane;
  Result<StatusFacts> facts;
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
  for (const auto& [lane, facts] : read_lanes(context)) {
    if (!facts && !context.several()) return facts.failure();
    const auto here = facts ? obstacles(*facts, max_age) : std::vector<std::string>{facts.error()};
    for (const std::string& each : here) found.push_back((context.several() ? "lane '" + lane + "': " : "") + each);
  }
  if (context.json) print_json({{"good", found.empty()}, {"obstacles", found}});
  for (const std::string& each : found) note(each);
  return found.empty() ? kDone : kFailed;
}

std::string number(const std::optional<uint64_t>& value) {
  return value ? std::to_string(*value) : "?";
}

Cell active(const StatusFacts& facts) {
  if (!facts.owner_known) return {"?"};
  if (!facts.owner) return {"none", Color::kRed};
  return {shown(facts.owner->name)};
}

std::vector<Cell> row_of(const LaneStatus& lane) {
  if (!lane.facts)
    return {{lane.lane}, {"?"}, {"?"}, {"?"}, {"?"}, {"?"}, {"?"}, {"?"}, {lane.facts.error(), Color::kRed}};
  const StatusFacts& facts = *lane.facts;
  return {{lane.lane},
          active(facts),
          {std::to_string(facts.standby.size())},
          {number(facts.waiting.count)},
          {facts.waiting.age ? duration_text(*facts.waiting.age) : ""},
          {number(facts.position.settled)},
          {number(facts.results.length)},
          {number(facts.dead.length)},
          {facts.position.paused.empty() ? "" : "paused", Color::kYellow}};
}

void print_warnings(const std::vector<LaneStatus>& lanes) {
  std::vector<std::pair<std::string, std::vector<std::string>>> warnings;
  std::size_t asked = 0;
  for (const LaneStatus& lane : lanes) {
    if (!lane.facts) continue;
    ++asked;
    for (const std::string& text : lane.facts->warnings) {
      auto known = std::find_if(warnings.begin(), warnings.end(), [&](const auto& each) { return each.first == text; });
      if (known == warnings.end()) known = warnings.insert(known, {text, {}});
      known->second.push_back(lane.lane);
    }
  }
  if (!warnings.empty()) print("\n");
  for (const auto& [text, names] : warnings) {
    std::string where;
    for (const std::string& name : names) where.append(where.empty() ? "" : ", ").append("'" + name + "'");
    where = names.size() == asked ? "" : (names.size() == 1 ? "lane " : "lanes ") + where + ": ";
    print(colored("warning: ", Color::kYellow) + where + text + "\n");
  }
}

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
  std::vector<std::string> servers;
  for (const LaneStatus& lane : lanes) table.add(row_of(lane));
  table.print();
  for (const LaneStatus& lane : lanes) {
    if (!lane.facts || std::count(servers.begin(), servers.end(), lane.facts->server.address) > 0) continue;
    servers.push_back(lane.facts->server.address);
    print("\n");
    print_server(lane.facts->server);
  }
  print_warnings(lanes);
}

Json json_of(const std::vector<LaneStatus>& lanes) {
  Json list = Json::array();
  for (const LaneStatus& lane : lanes) {
    Json out = {{"lane", lane.lane}};
    out.update(lane.facts ? json_of(*lane.facts) : Json({{"error", lane.facts.error()}}));
    list.push_back(std::move(out));
  }
  return {{"lanes", list}};
}

Result<int> status(const Context& context) {
  const auto lanes = read_lanes(context);
  if (context.several()) {
    if (context.json) {
      print_json(json_of(lanes));
    } else {
      print_lanes(lanes);
    }
    const bool all = std::all_of(lanes.begin(), lanes.end(), [](const LaneStatus& lane) { return lane.facts.ok(); });
    return all ? kDone : kFailed;
  }
  const auto& [lane, facts] = lanes.front();
  if (!facts) return facts.failure();
  if (context.json) {
    Json out = lane.empty() ? Json::object() : Json({{"lane", lane}});
    out.update(json_of(*facts));
    print_json(out);
  } else {
    print_page(*facts, lane);
  }
  return kDone;
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
    return options.check ? check(context, options.max_age) : status(context);
  });
}

}  // namespace orderd::tools
