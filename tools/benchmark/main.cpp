// order-bench: what tools/bench runs. Prints the table to standard output, progress to standard error.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "benchmark/facts.h"
#include "benchmark/lab.h"
#include "benchmark/parts.h"

namespace orderd::bench {

void say(const std::string& what) {
  std::cerr << "bench: " << what << std::endl;
}

namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kViolation = 3;

struct Output {
  bool markdown = false;
  std::string save;  // without its ending; empty: nowhere
};

std::string beside_this_program(const std::string& name) {
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / name).string();
}

void write(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path + ": check that its folder is there and may be written");
}

// Runs one part. If it fails, the others still run and report, and the exit status shows the failure.
int run_part(void (*part)(const Plan&, Report&), const Plan& plan, Report& report) {
  try {
    part(plan, report);
    return 0;
  } catch (const Violation& violation) {
    say("VIOLATION: " + std::string(violation.what()));
    report.failure("violation: " + std::string(violation.what()));
    return kViolation;
  } catch (const std::exception& error) {
    say(error.what());
    report.failure(error.what());
    return kFailed;
  }
}

int run(const std::vector<void (*)(const Plan&, Report&)>& parts, const Plan& plan, const Output& output) {
  try {
    int status = 0;
    Report report;
    put_down_machine(report);
    for (const auto part : parts) {
      status = std::max(status, run_part(part, plan, report));
      if (output.save.empty()) continue;
      // After each part, so that a later failure loses nothing.
      write(output.save + ".md", report.markdown());
      write(output.save + ".json", report.json().dump(2) + "\n");
    }
    std::cout << (output.markdown ? report.markdown() : report.text());
    if (!output.save.empty()) say("saved as " + output.save + ".md and .json");
    return status;
  } catch (const std::exception& error) {
    say(error.what());
    return kFailed;
  }
}

int main_of(int argc, char** argv) {
  CLI::App app(
      "Measures orderd on private servers, and prints the measured values, the targets, and whether they were reached");
  Plan plan;
  plan.orderd = beside_this_program("orderd");
  plan.micro = beside_this_program("order-bench-micro");
  plan.replay = beside_this_program("order-replay");
  plan.consumer = beside_this_program("order-bench-consumer");
  Output output;
  app.add_option("--orders", plan.orders, "orders of one run")->check(CLI::Range(1'000U, 100'000'000U));
  app.add_option("--repeat", plan.repeat, "runs of everything; medians are shown")->check(CLI::Range(1U, 100U));
  app.add_option("--waiting", plan.waiting, "the longest backlog")->check(CLI::Range(1'000U, 100'000'000U));
  app.add_option("--seconds", plan.seconds, "length of one latency run")->check(CLI::Range(1U, 600U));
  app.add_option("--orderd", plan.orderd, "the program to measure")->check(CLI::ExistingFile);
  app.add_option("--against", plan.against, "another orderd, built from an earlier commit, that drain compares with")
      ->check(CLI::ExistingFile);
  app.add_flag("--base", plan.base, "drain: only the base case, one line and one SKU over a Unix socket");
  app.add_option("--replay", plan.replay, "order-replay");
  app.add_option("--peers", plan.peers, "folder of the peers, with their node_modules")->check(CLI::ExistingDirectory);
  app.add_flag("--markdown", output.markdown, "the table as Markdown");
  app.add_option("--save", output.save, "save to FILE.md and FILE.json");
  app.fallthrough();
  app.require_subcommand(1);

  using Parts = std::vector<void (*)(const Plan&, Report&)>;
  Parts chosen;
  const auto part = [&](const char* name, const char* help, const Parts& parts) {
    app.add_subcommand(name, help)->callback([&chosen, parts] { chosen = parts; });
  };
  part("drain", "a backlog drained, against the ceiling", {measure_drain});
  part("watch", "the tutorials' WATCH, MULTI, EXEC", {measure_watch});
  part("peers", "other clients at the same work", {measure_watch, measure_peers});
  part("latency", "from due to readable", {measure_latency});
  part("takeover", "how long orders wait when a daemon starts, stops or is killed", {measure_takeover});
  part("backlog", "short and long backlogs, memory", {measure_backlog});
  part("lanes", "many lanes against one, a cluster, TLS", {measure_lanes});
  part("micro", "decoding, writing and reading, without a server", {measure_micro});
  part("all", "everything",
       {measure_drain, measure_watch, measure_peers, measure_latency, measure_takeover, measure_backlog, measure_lanes,
        measure_micro});
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int status = app.exit(error);
    return status == 0 ? 0 : kUsage;
  }
  return run(chosen, plan, output);
}

}  // namespace
}  // namespace orderd::bench

int main(int argc, char** argv) {
  return orderd::bench::main_of(argc, argv);
}
