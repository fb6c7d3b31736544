// The queries of the alerts and the dashboard in config/ use existing metrics.
#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "admin/metrics.h"

namespace orderd::admin {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(ORDERD_SOURCE_DIR "/" + path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  REQUIRE_MESSAGE(!text.str().empty(), path);
  return text.str();
}

std::set<std::string> names_in(const std::string& text) {
  static const std::regex kName("\\b(orderd|process)_[a-z_]+");
  std::set<std::string> names;
  for (std::sregex_iterator each(text.begin(), text.end(), kName), end; each != end; ++each) names.insert(each->str());
  return names;
}

// The names to query; a histogram has three.
std::set<std::string> served() {
  std::set<std::string> names;
  for (const FamilyInfo& each : families()) {
    const std::string name(each.name);
    if (each.type != "histogram") {
      names.insert(name);
      continue;
    }
    for (const char* part : {"_bucket", "_sum", "_count"}) names.insert(name + part);
  }
  return names;
}

void collect(const nlohmann::json& json, std::vector<std::string>& queries) {
  if (json.is_object() && json.contains("expr")) queries.push_back(json["expr"]);
  for (const auto& each : json) {
    if (each.is_structured()) collect(each, queries);
  }
}

}  // namespace

TEST_CASE("each query of the dashboard uses existing metrics") {
  std::vector<std::string> queries;
  collect(nlohmann::json::parse(text_of("config/grafana/orderd.json")), queries);
  CHECK(queries.size() > 20);
  const std::set<std::string> known = served();
  for (const std::string& query : queries) {
    CAPTURE(query);
    const std::set<std::string> names = names_in(query);
    CHECK((!names.empty() || query.find("up{") != std::string::npos));
    for (const std::string& name : names) CHECK_MESSAGE(known.contains(name), name);
  }
}

TEST_CASE("each alert uses existing metrics and names a command") {
  const std::string alerts = text_of("config/prometheus/alerts.yml");
  const std::set<std::string> known = served();
  for (const std::string& name : names_in(alerts)) CHECK_MESSAGE(known.contains(name), name);
  // Once for each alert.
  const auto count = [&](const std::string& what) {
    std::size_t found = 0;
    for (std::size_t at = alerts.find(what); at != std::string::npos; at = alerts.find(what, at + 1)) ++found;
    return found;
  };
  CHECK(count("- alert: ") > 8);
  for (const char* part : {" summary: ", " description: ", " command: ", "severity: "}) {
    CAPTURE(part);
    CHECK(count(part) == count("- alert: "));
  }
}

}  // namespace orderd::admin
