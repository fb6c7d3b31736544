// order-replay report: one gnuplot process draws all pictures (report.gp), and its SVG goes into a page (report.html).
// Script and output are temporary files without a name.
#include <spawn.h>
#include <spdlog/fmt/fmt.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <regex>

#include "base/check.h"
#include "order-replay/commands.h"
#include "order-replay/run_data.h"
#include "order-replay/templates.h"
#include "shared/options.h"
#include "shared/output.h"

namespace orderd::replay {
namespace {

constexpr const char* kPage = "report.html";

constexpr const char* kReportHelp =
    R"(Draws what order-replay run --wait --data DIR has written: throughput over time, latency, outcomes, stock. The page is
DIR/report.html; it follows the browser's light or dark theme and needs no other file. The pictures are drawn by gnuplot.

Examples:
  order-replay run load.ndjson --set-stock --wait --data run-1
  order-replay report run-1)";

struct Close {
  void operator()(std::FILE* file) const { (void)std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

// gnuplot with these as its standard input and output. The failure says what to do if it is not installed.
Result<bool> run_gnuplot(int script, int picture) {
  posix_spawn_file_actions_t actions;
  (void)posix_spawn_file_actions_init(&actions);
  (void)posix_spawn_file_actions_adddup2(&actions, script, STDIN_FILENO);
  (void)posix_spawn_file_actions_adddup2(&actions, picture, STDOUT_FILENO);
  std::string program = "gnuplot";
  char* arguments[] = {program.data(), nullptr};
  pid_t child = -1;
  const int error = posix_spawnp(&child, program.c_str(), &actions, nullptr, arguments, environ);
  (void)posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return Failure{fmt::format("cannot run gnuplot ({}); tools/setup installs it, or install the package gnuplot-nox",
                               std::strerror(error))};
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
  return Failure{"gnuplot could not draw the report; see its messages above"};
}

// What gnuplot writes for this script.
Result<std::string> output_of_gnuplot(const std::string& text) {
  const File script(std::tmpfile());
  const File output(std::tmpfile());
  if (!script || !output) return Failure{fmt::format("cannot create a temporary file: {}", std::strerror(errno))};
  const bool written = std::fwrite(text.data(), 1, text.size(), script.get()) == text.size();
  if (!written || std::fflush(script.get()) != 0) {
    return Failure{fmt::format("cannot write a temporary file: {}", std::strerror(errno))};
  }
  // The child shares the position in the file.
  std::rewind(script.get());
  if (const auto drawn = run_gnuplot(fileno(script.get()), fileno(output.get())); !drawn) return drawn.failure();
  std::rewind(output.get());
  std::string out;
  std::array<char, 65536> part;
  for (std::size_t got = 1; got > 0; out.append(part.data(), got)) {
    got = std::fread(part.data(), 1, part.size(), output.get());
  }
  return out;
}

// `svg` with the colors of the script, as gnuplot writes them, as the page's variables.
std::string with_variables(std::string svg) {
  svg = std::regex_replace(svg, std::regex(R"(rgb\(  1,   2,   1\))"), "var(--ink)");
  svg = std::regex_replace(svg, std::regex(R"(rgb\(  1,   2,   2\))"), "var(--grid)");
  return std::regex_replace(svg, std::regex(R"(rgb\(  1,   3,   ([0-7])\))"), "var(--c$1)");
}

using Values = std::map<std::string, std::string, std::less<>>;

// Each picture by its name, without its XML declaration.
void add_pictures(const std::string& output, Values& values) {
  constexpr std::string_view kEnd = "</svg>";
  for (const char* name : {"throughput", "latency", "outcomes", "stock"}) {
    const std::size_t mark = output.find(fmt::format("picture {}\n", name));
    const std::size_t begin = mark == std::string::npos ? mark : output.find("<svg", mark);
    const std::size_t end = begin == std::string::npos ? begin : output.find(kEnd, begin);
    values[name] = end == std::string::npos ? "<p>The run was too short for this picture.</p>"
                                            : with_variables(output.substr(begin, end + kEnd.size() - begin));
  }
}

void add_facts(const tools::Json& summary, Values& values) {
  for (const char* name : {"pushed", "push_rate", "result_rate", "missing"}) {
    values[name] = std::to_string(std::llround(summary.value(name, 0.0)));
  }
  const tools::Json latency = summary.value("latency_us", tools::Json::object());
  for (const char* name : {"p50", "p99", "p99_9", "max"}) {
    values[name] = tools::duration_text(std::chrono::nanoseconds(std::llround(latency.value(name, 0.0) * 1e3)));
  }
  for (const char* name : {"first", "last"}) {
    std::string text = std::regex_replace(summary.value(name, tools::Json()).dump(), std::regex("&"), "&amp;");
    text = std::regex_replace(text, std::regex("<"), "&lt;");
    values[name] = std::regex_replace(text, std::regex(">"), "&gt;");
  }
  values["version"] = ORDERD_VERSION;
}

// `page` with the value of each {{name}}.
std::string filled(std::string_view page, const Values& values) {
  std::string out;
  for (std::size_t at = 0;;) {
    const std::size_t begin = page.find("{{", at);
    out += page.substr(at, begin - at);
    if (begin == std::string_view::npos) return out;
    const std::size_t end = page.find("}}", begin);
    const auto value = values.find(page.substr(begin + 2, end - begin - 2));
    ORDERD_CHECK(value != values.end(), "report.html names a value that is unknown");
    out += value->second;
    at = end + 2;
  }
}

Result<int> report(const std::string& directory) {
  const std::string name = directory + "/" + kSummaryFile;
  std::ifstream stream(name);
  if (!stream) {
    return Failure{fmt::format("cannot read '{}': {}; order-replay run FILE --wait --data DIR writes it",
                               tools::shown(name), std::strerror(errno))};
  }
  const tools::Json summary = tools::Json::parse(stream, nullptr, false);
  if (!summary.is_object()) return Failure{fmt::format("'{}' is not a JSON object", tools::shown(name))};
  const auto data = report_data(directory, summary);
  if (!data) return data.failure();
  const auto output = output_of_gnuplot(*data + std::string(report_gp));
  if (!output) return output.failure();
  Values values;
  add_facts(summary, values);
  add_pictures(*output, values);
  const std::string page = directory + "/" + kPage;
  if (const auto written = Sink::write_file(page, filled(report_html, values)); !written) return written.failure();
  tools::print(page + "\n");
  return tools::kDone;
}

}  // namespace

void add_report(CLI::App& app, tools::Program& program) {
  auto& directory = program.keep<std::string>();
  CLI::App* command = tools::add_command(app, "report", "draw a run as a page", kReportHelp);
  tools::add_text(*command, "DIR", directory, "", "the data directory of the run")
      ->required()
      ->check(tools::check_file_name);
  tools::set_text_action(*command, program, tools::LaneUse::kNone,
                         [&directory](const tools::Context& /*context*/) { return report(directory); });
}

}  // namespace orderd::replay
