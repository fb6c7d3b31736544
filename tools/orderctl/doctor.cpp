// Text: a line for each finding, and below a problem its reason and its remedy.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "orderctl/checkup.h"
#include "orderctl/commands.h"
#include "orderctl/lane_clients.h"
#include "shared/options.h"

namespace orderd::tools {
namespace {

constexpr const char* kHelp =
    R"(Checks: version, role, persistence, truncated (a torn append-only file), eviction, memory, growth (until the retentions
are reached, at today's rate), replicas, coverage (of a cluster), login, rights (of the user in the settings, which should be
orderd's), scripts, clock, ids (from the future), keys (of another type), groups (that keep streams from being trimmed). With
several lanes, each server is checked once, and the streams and keys of all lanes on it.

Examples:
  orderctl --config orderd.toml doctor
  orderctl doctor --skip login --skip memory     leave these two out
  orderctl doctor --json | jq '.findings[] | select(.state == "problem")'

Exit status: 0 no problem, 1 a problem, or the server could not be asked. An unknown state is not a problem.)";

// How each Finding::State is shown.
constexpr std::pair<const char*, Color> kStates[] = {
    {"good", Color::kGreen}, {"problem", Color::kRed}, {"unknown", Color::kYellow}};
const auto& shown_as(const Finding& finding) {
  return kStates[static_cast<std::size_t>(finding.state)];
}

void print_text(const std::vector<Finding>& findings) {
  constexpr std::size_t kStateWidth = 9, kCheckWidth = 13;
  const std::string indent(kStateWidth + kCheckWidth, ' ');
  for (const Finding& finding : findings) {
    const auto& [word, color] = shown_as(finding);
    print(colored(padded(word, kStateWidth), color) + padded(finding.check, kCheckWidth) + finding.what + "\n");
    if (finding.state == Finding::State::kGood) continue;
    if (!finding.why.empty()) print(indent + "why: " + finding.why + "\n");
    if (!finding.fix.empty()) print(indent + "fix: " + finding.fix + "\n");
  }
}

void print_findings(const std::string& server, const std::vector<Finding>& findings, std::size_t problems) {
  Json list = Json::array();
  for (const Finding& finding : findings) {
    Json row = {{"check", finding.check}, {"state", shown_as(finding).first}, {"what", finding.what}};
    if (!finding.why.empty()) row["why"] = finding.why;
    if (!finding.fix.empty()) row["fix"] = finding.fix;
    list.push_back(std::move(row));
  }
  print_json({{"server", server}, {"problems", problems}, {"findings", list}});
}

// A server and the lanes on it.
struct Server {
  Client client;
  std::vector<settings::Settings> lanes;
};

Result<bool> examine(const Context& context, Server& server, const std::vector<std::string>& skipped) {
  auto findings = Checkup(server.client, server.lanes).run();
  if (!findings) return findings.failure();
  std::erase_if(*findings, [&](const Finding& finding) {
    return std::find(skipped.begin(), skipped.end(), finding.check) != skipped.end();
  });
  const auto problems = static_cast<std::size_t>(std::count_if(
      findings->begin(), findings->end(), [](const auto& each) { return each.state == Finding::State::kProblem; }));
  if (context.json) {
    print_findings(server.client.server(), *findings, problems);
  } else {
    print_text(*findings);
    print("\n" + (problems == 0 ? "no problem was found" : count_text(problems, "problem")) + " at " +
          server.client.server() + "\n");
  }
  return problems == 0;
}

// Each server once. One that cannot be asked does not keep the others from it.
Result<int> examine(const Context& context, const std::vector<std::string>& skipped) {
  std::vector<Server> servers;
  bool good = true;
  for (const settings::Settings& lane : context.lanes) {
    auto client = Client::connect(lane);
    if (!client && !context.several()) return client.failure();
    if (!client) {
      note(of_lane(context, lane) + client.error());
      good = false;
      continue;
    }
    const auto known = std::find_if(servers.begin(), servers.end(),
                                    [&](const Server& server) { return server.client.server() == client->server(); });
    if (known == servers.end()) {
      servers.push_back({std::move(*client), {lane}});
    } else {
      known->lanes.push_back(lane);
    }
  }
  for (Server& server : servers) {
    if (&server != &servers.front() && !context.json) print("\n");
    const auto clean = examine(context, server, skipped);
    if (!clean && !context.several()) return clean.failure();
    if (!clean) note(clean.error());
    good = good && clean && *clean;
  }
  return good ? kDone : kFailed;
}

std::string check_name(const std::string& text) {
  const std::vector<std::string> names = Checkup::names();
  if (std::find(names.begin(), names.end(), text) != names.end()) return "";
  return "there is no check '" + shown(text) + "'; there are: " + CLI::detail::join(names, ", ");
}

}  // namespace

void add_doctor(CLI::App& parent, Program& program) {
  auto& skipped = program.keep<std::vector<std::string>>();
  CLI::App* app = add_command(parent, "doctor", "check the server: what is wrong, why, and how to fix it", kHelp);
  add_texts(*app, "--skip", skipped, "CHECK", "leave this one out; may be repeated")->check(check_name);
  set_action(*app, program, LaneUse::kAll, [&skipped](const Context& context) { return examine(context, skipped); });
}

}  // namespace orderd::tools
