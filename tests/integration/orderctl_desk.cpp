// The programs' paths come from the build: ORDERCTL_PATH, ORDERD_PATH.
#include "integration/orderctl_desk.h"

#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace orderd::test {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<Json> json_lines(const std::string& text) {
  std::vector<Json> values;
  for (const std::string& line : lines_of(text)) {
    Json value = Json::parse(line, nullptr, false);
    REQUIRE_MESSAGE(!value.is_discarded(), "no JSON: ", line);
    values.push_back(std::move(value));
  }
  return values;
}

std::vector<Json> Ran::json() const {
  return json_lines(output);
}

std::vector<std::string> Ran::column(const std::string& name) const {
  std::vector<std::string> values;
  for (const Json& line : json()) values.push_back(line.at(name));
  return values;
}

std::vector<std::string> Ran::rows() const {
  std::vector<std::string> rows = lines_of(output);
  const auto both_spaces = [](char a, char b) { return a == ' ' && b == ' '; };
  for (std::string& row : rows) row.erase(std::unique(row.begin(), row.end(), both_spaces), row.end());
  return rows;
}

std::string Ran::row(const std::string& word) const {
  for (const std::string& row : rows()) {
    if (row.starts_with(word)) return row;
  }
  return "";
}

Ran succeeded(Ran ran, const Words& parts) {
  INFO(Json(ran.words).dump());
  CHECK_MESSAGE(ran.status == 0, ran.output, ran.errors);
  for (const std::string& part : parts) CHECK_MESSAGE(ran.says(part), part, " is not in: ", ran.output);
  return ran;
}

Ran failed(Ran ran, const Words& parts, int status) {
  INFO(Json(ran.words).dump());
  CHECK_MESSAGE(ran.status == status, ran.output, ran.errors);
  for (const std::string& part : parts) CHECK_MESSAGE(ran.complains(part), part, " is not in: ", ran.errors);
  return ran;
}

void check_rows(const Ran& ran, const Words& rows) {
  const auto shown = ran.rows();
  for (const std::string& row : rows) {
    const auto matches = [&](const std::string& each) { return fnmatch(row.c_str(), each.c_str(), FNM_NOESCAPE) == 0; };
    CHECK_MESSAGE(std::any_of(shown.begin(), shown.end(), matches), row, " is not in: ", ran.output);
  }
}

void check_values(const Json& json, const std::vector<std::pair<std::string, Json>>& expected) {
  for (const auto& [name, value] : expected) {
    const Json::json_pointer place("/" + name);
    REQUIRE_MESSAGE(json.contains(place), name, " is not in: ", json.dump());
    CHECK_MESSAGE(json.at(place) == value, name, " is not ", value.dump(), " in: ", json.dump());
  }
}

Words clean_command(const std::string& path, const Words& words) {
  Words command = {"env"};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string variable = *entry;
    if (!variable.starts_with("ORDERD_")) continue;
    command.emplace_back("-u");
    command.push_back(variable.substr(0, variable.find('=')));
  }
  command.emplace_back("ORDERD_ADMIN_LISTEN=");
  command.push_back(path);
  return joined(command, words);
}

Words lane_settings(const std::string& names) {
  return {"--streams.lanes",  names,          "--streams.orders",    "{<lane>}:orders", "--streams.results",
          "{<lane>}:results", "--keys.stock", "{<lane>}:stock:<sku>"};
}

void check_settled(valkey::SyncClient& client, const std::string& orders, const std::string& results) {
  const auto settled = [&] {
    const auto newest = send(client, command_of({"XREVRANGE", orders, "+", "-", "COUNT", "1"}));
    return ask(client, {"HGET", orders + ":position", "id"}) == newest->at(0).at(0).text();
  };
  wait_for(settled, std::chrono::minutes(1), "everything in " + orders + " to be settled");
  Words asked, answered;
  for (const Entry& request : entries(client, orders)) asked.push_back(request.id);
  for (const Entry& result : entries(client, results)) answered.push_back(result.field("request"));
  std::erase(answered, "");  // changes of stock
  CHECK(answered == asked);
}

Gate::Gate() {
  REQUIRE(mkfifo(file.c_str(), 0600) == 0);
}

void Gate::open() const {
  std::ofstream(file) << "go\n";
}

Ran outcome_of(Process&& process, std::chrono::milliseconds deadline) {
  const int status = process.wait(deadline);
  return {status, process.output(), process.errors()};
}

Ran orderctl(const Words& words, const ProcessOptions& options) {
  Ran ran = outcome_of(Process(clean_command(ORDERCTL_PATH, words), options));
  ran.words = words;
  return ran;
}

Ran orderctl_at(const std::string& url, const Words& words, const ProcessOptions& options) {
  return orderctl(joined({"--valkey.url", url}, words), options);
}

Process Desk::start(const Words& words, const ProcessOptions& options) const {
  return Process(clean_command(ORDERCTL_PATH, joined({"--valkey.url", url()}, words)), options);
}

Process Desk::start_script(const std::string& script, const Words& environment) const {
  return Process(clean_command("bash", {"-c", script}),
                 {.environment = joined(environment, {"ORDERCTL=" ORDERCTL_PATH " --valkey.url " + url()})});
}

Process Desk::start_orderd(const Words& words) const {
  return Process(clean_command(ORDERD_PATH, joined({"--valkey.url", url()}, words)));
}

}  // namespace orderd::test
