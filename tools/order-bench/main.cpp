// order-bench: what tools/bench runs. Prints the tables to standard output, progress to standard error.
// The private servers come from the tests' library, whose headers use doctest.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <hiredis/hiredis.h>
#include <spdlog/fmt/chrono.h>
#include <sys/utsname.h>
#include <uv.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

#include "order-bench/bench.h"
#include "order-bench/lab.h"

namespace orderd::bench {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kViolation = 3;

// The sub-commands, besides `all`.
struct Part {
  const char* name;
  const char* help;
  void (*measure)(const Plan&, Report&);
  bool in_all = true;
};
constexpr Part kParts[] = {
    {"drain", "a backlog drained, against the ceiling", measure_drain},
    {"watch", "the tutorials' WATCH, MULTI, EXEC", measure_watch, false},  // part of peers
    {"peers", "other clients at the same work", measure_peers},
    {"latency", "from due to readable", measure_latency},
    {"takeover", "how long orders wait when a daemon starts, stops or is killed", measure_takeover},
    {"backlog", "short and long backlogs, memory", measure_backlog},
    {"lanes", "many lanes against one, a cluster, TLS", measure_lanes},
    {"micro", "decoding, writing and reading, without a server", measure_micro},
    {"script", "the cost of an order on the server, by what is sent for it", measure_script},
    {"audit", "orderctl audit", measure_audit},
};

// The first line that begins with this; empty if there is none.
std::string line_of(const std::string& path, const std::string& head) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line) && !line.starts_with(head)) {
  }
  return line;
}

// What the figures depend on besides the code.
void describe_machine(Report& report) {
  utsname kernel{};
  uname(&kernel);
  Lab lab;
  report.fact("when", fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::time(nullptr))));
  const std::string cpu = line_of("/proc/cpuinfo", "model name");
  report.fact("CPU", fmt::format("{}, {} cores", cpu.empty() ? "unknown" : cpu.substr(cpu.find(':') + 2),
                                 std::thread::hardware_concurrency()));
  report.fact("load average at the start", line_of("/proc/loadavg", ""));
  report.fact("kernel", kernel.release);
  report.fact("valkey-server", info_value(lab.admin(), "server", "valkey_version"));
  report.fact("hiredis", fmt::format("{}.{}.{}", HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH));
  report.fact("libuv", uv_version_string());
  report.fact("compiler", "g++ " __VERSION__);
  report.fact("orderd", ORDERD_VERSION);
}

struct Output {
  bool markdown = false;
  std::string save;  // without its ending; empty: nowhere
};

void write(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path + ": check that its folder is there and may be written");
}

// Runs one part. If it fails, the others still run and report, and the exit status shows the failure.
int run_part(const Part& part, const Plan& plan, Report& report) {
  try {
    part.measure(plan, report);
    return 0;
  } catch (const std::exception& error) {
    const bool violation = dynamic_cast<const Violation*>(&error) != nullptr;
    say(fmt::format("{}: {}{}", part.name, violation ? "VIOLATION: " : "", error.what()));
    report.failure(fmt::format("{}: {}{}", part.name, violation ? "violation: " : "", error.what()));
    return violation ? kViolation : kFailed;
  }
}

int run(const std::string& name, const Plan& plan, const Output& output) {
  int status = 0;
  Report report;
  describe_machine(report);
  for (const Part& part : kParts) {
    if (name != part.name && !(name == "all" && part.in_all)) continue;
    status = std::max(status, run_part(part, plan, report));
    if (output.save.empty()) continue;
    // After each part, so that a later failure loses nothing.
    write(output.save + ".md", report.markdown());
    write(output.save + ".json", report.json().dump(2) + "\n");
  }
  std::cout << (output.markdown ? report.markdown() : report.text());
  if (!output.save.empty()) say("saved as " + output.save + ".md and .json");
  return status;
}

int main_of(int argc, char** argv) {
  CLI::App app(
      "Measures orderd on private servers, and prints the measured values, the targets, and whether they were reached");
  Plan plan;
  plan.orderd = program("orderd");
  Output output;
  app.add_option("--orders", plan.orders, "orders of one run")->check(CLI::Range(1'000U, 100'000'000U));
  app.add_option("--repeat", plan.repeat, "runs of everything; medians are shown")->check(CLI::Range(1U, 100U));
  app.add_option("--waiting", plan.waiting, "the longest backlog")->check(CLI::Range(1'000U, 100'000'000U));
  app.add_option("--seconds", plan.seconds, "length of one latency run")->check(CLI::Range(1U, 600U));
  app.add_option("--orderd", plan.orderd, "the program to measure")->check(CLI::ExistingFile);
  app.add_option("--against", plan.against, "another orderd, built from an earlier commit, that drain compares with")
      ->check(CLI::ExistingFile);
  app.add_flag("--base", plan.base, "drain: only the base case, one line and one SKU over a Unix socket");
  app.add_option("--peers", plan.peers, "folder of the peers, with their node_modules")->check(CLI::ExistingDirectory);
  app.add_flag("--markdown", output.markdown, "the table as Markdown");
  app.add_option("--save", output.save, "save to FILE.md and FILE.json");
  app.fallthrough();
  app.require_subcommand(0, 1);

  for (const Part& part : kParts) app.add_subcommand(part.name, part.help);
  app.add_subcommand("all", "everything");
  CLI::App* script = app.get_subcommand("script");
  script->add_flag("--instructions", plan.instructions, "count instructions, with callgrind");
  script->add_option("SHAPE", plan.shapes, "files to compare with the bare script; without one, all that there are")
      ->check(CLI::ExistingFile);
  app.get_subcommand("audit")->add_option("N", plan.results, "results")->check(CLI::Range(1U, 999'999'999U));
  std::string url, batch;
  CLI::App* consumer = app.add_subcommand("consumer")->group("");  // what drain and peers start
  consumer->add_option("URL", url)->required();
  consumer->add_option("BATCH", batch)->required();
  try {
    app.parse(argc, argv);
    // Only now: an unknown one is named by parse().
    if (app.get_subcommands().empty()) throw CLI::RequiredError("A subcommand");
  } catch (const CLI::ParseError& error) {
    const int status = app.exit(error);
    return status == 0 ? 0 : kUsage;
  }
  if (consumer->parsed()) run_consumer(url, batch);
  return run(app.get_subcommands().front()->get_name(), plan, output);
}

}  // namespace

void say(const std::string& what) {
  std::cerr << "bench: " << what << std::endl;
}

std::string this_program() {
  return std::filesystem::read_symlink("/proc/self/exe").string();
}

std::string program(const std::string& name) {
  return std::filesystem::path(this_program()).replace_filename(name).string();
}

}  // namespace orderd::bench

int main(int argc, char** argv) {
  try {
    return orderd::bench::main_of(argc, argv);
  } catch (const std::exception& error) {
    orderd::bench::say(error.what());
    return 1;
  }
}
