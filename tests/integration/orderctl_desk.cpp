// The programs' paths come from the build: ORDERCTL_PATH, ORDERD_PATH.
#include "integration/orderctl_desk.h"

#include <unistd.h>

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

std::string Ran::row(const std::string& word) const {
  for (const std::string& line : lines_of(output)) {
    if (!line.starts_with(word)) continue;
    std::string out;
    for (const char c : line) {
      if (c != ' ' || out.empty() || out.back() != ' ') out.push_back(c);
    }
    return out;
  }
  return "";
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

Ran outcome_of(Process&& process, std::chrono::milliseconds deadline) {
  const int status = process.wait(deadline);
  return {status, process.output(), process.errors()};
}

Ran orderctl(const Words& words, const ProcessOptions& options) {
  return outcome_of(Process(clean_command(ORDERCTL_PATH, words), options));
}

Ran orderctl_at(const std::string& url, const Words& words, const ProcessOptions& options) {
  return orderctl(joined({"--valkey.url", url}, words), options);
}

Process Desk::start(const Words& words, const ProcessOptions& options) const {
  return Process(clean_command(ORDERCTL_PATH, joined({"--valkey.url", url()}, words)), options);
}

Process Desk::start_orderd(const Words& words) const {
  return Process(clean_command(ORDERD_PATH, joined({"--valkey.url", url()}, words)));
}

}  // namespace orderd::test
