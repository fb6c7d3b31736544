// One gnuplot process per picture: its script and its SVG are temporary files without a name, which are gone with them.
#include "replay/report.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
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
    return Failure{std::string("cannot run gnuplot (") + std::strerror(error) +
                   "); tools/setup installs it, or install the package gnuplot-nox"};
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
  return Failure{"gnuplot could not draw it; see its messages above"};
}

Result<std::string> draw(const Plot& plot) {
  const File script(std::tmpfile());
  const File picture(std::tmpfile());
  const auto failed = [&plot](const std::string& why) { return Failure{"the picture " + plot.title + ": " + why}; };
  if (!script || !picture) return failed(std::string("cannot create a temporary file: ") + std::strerror(errno));
  const bool written = std::fwrite(plot.script.data(), 1, plot.script.size(), script.get()) == plot.script.size();
  if (!written || std::fflush(script.get()) != 0) {
    return failed(std::string("cannot write a temporary file: ") + std::strerror(errno));
  }
  // The child shares the position in the file.
  std::rewind(script.get());
  if (const auto drawn = run_gnuplot(fileno(script.get()), fileno(picture.get())); !drawn) return failed(drawn.error());
  std::rewind(picture.get());
  std::string svg;
  std::array<char, 65536> part;
  for (std::size_t got = 1; got > 0; svg.append(part.data(), got)) {
    got = std::fread(part.data(), 1, part.size(), picture.get());
  }
  return colors_named(std::move(svg));
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
    auto svg = draw(plot);
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
