// One gnuplot process per picture: it reads a script file and writes an SVG file, both in the run's directory.
#include "replay/report.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "replay/page.h"
#include "replay/plots.h"
#include "replay/run_data.h"
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

Result<std::string> read_file(const std::string& name) {
  std::ifstream stream(name, std::ios::binary);
  if (!stream) return Failure{"cannot read '" + tools::shown(name) + "': " + std::strerror(errno)};
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

// Runs `command` in `directory`; the failure says what to do if it is not installed.
Result<bool> run_gnuplot(const std::string& directory, const std::string& script) {
  posix_spawn_file_actions_t actions;
  (void)posix_spawn_file_actions_init(&actions);
  (void)posix_spawn_file_actions_addchdir_np(&actions, directory.c_str());
  std::string program = "gnuplot";
  std::string file = script;
  char* arguments[] = {program.data(), file.data(), nullptr};
  pid_t child = -1;
  const int error = posix_spawnp(&child, program.c_str(), &actions, nullptr, arguments, environ);
  (void)posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return Failure{std::string("cannot run gnuplot (") + std::strerror(error) +
                   "); tools/setup installs it, or install the package gnuplot-nox"};
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
  return Failure{"gnuplot could not draw " + script + " in '" + tools::shown(directory) + "'; see its messages above"};
}

Result<std::string> draw(const std::string& directory, const Plot& plot) {
  const std::string script = plot.title + ".gnuplot";
  const std::string picture = plot.title + ".svg";
  auto sink = Sink::open(directory + "/" + script);
  if (!sink) return sink.failure();
  sink->write("set output \"" + picture + "\"\n" + plot.script);
  if (const auto flushed = sink->flush(); !flushed) return flushed.failure();
  if (const auto drawn = run_gnuplot(directory, script); !drawn) return drawn.failure();
  auto svg = read_file(directory + "/" + picture);
  if (!svg) return svg;
  return colors_named(std::move(*svg));
}

}  // namespace

Report::Report(CLI::App& parent, tools::Program& program) {
  CLI::App* app = tools::add_command(parent, "report", "draw a run as a page", kReportHelp);
  tools::add_text(*app, "DIR", directory_, "", "the data directory of the run")
      ->required()
      ->check(tools::check_file_name);
  app->callback([this, &program] {
    program.lanes = tools::LaneUse::kNone;
    program.action = [this](const tools::Context& context) { return run(context); };
  });
}

Result<int> Report::run(const tools::Context& /*context*/) const {
  const auto text = read_file(directory_ + "/" + kSummaryFile);
  if (!text) return Failure{text.error() + "; order-replay run FILE --wait --data DIR writes it"};
  const tools::Json summary = tools::Json::parse(*text, nullptr, false);
  if (!summary.is_object())
    return Failure{"'" + tools::shown(directory_) + "/" + kSummaryFile + "' is not a JSON object"};
  const auto plots = plots_of(directory_, summary);
  if (!plots) return plots.failure();
  std::vector<Picture> pictures;
  for (const Plot& plot : *plots) {
    auto svg = draw(directory_, plot);
    if (!svg) return svg.failure();
    pictures.push_back({plot.title, plot.caption, std::move(*svg)});
  }
  const std::string page = directory_ + "/" + kPage;
  auto sink = Sink::open(page);
  if (!sink) return sink.failure();
  sink->write(page_of(summary, pictures));
  if (const auto flushed = sink->flush(); !flushed) return flushed.failure();
  tools::print(page + "\n");
  return tools::kDone;
}

}  // namespace orderd::replay
