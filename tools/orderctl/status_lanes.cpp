// Several lanes at once: a row for each.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "orderctl/status_view.h"
#include "shared/table.h"

namespace orderd::tools {
namespace {

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

}  // namespace

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

}  // namespace orderd::tools
