// order-replay verify: compares the results of two runs. Two passes: the first one counts and hashes; if orders differ,
// a second one reads the texts of the first of them.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

#include "order-replay/commands.h"
#include "order-replay/comparison.h"
#include "order-replay/source.h"
#include "shared/options.h"
#include "shared/output.h"
#include "shared/program.h"

namespace orderd::replay {
namespace {

// Of the orders and of the SKUs that differ.
constexpr std::size_t kShown = 10;
constexpr std::size_t kShownResults = 5;  // of each order

constexpr const char* kVerifyHelp =
    R"(Compares two recordings of results: each order's results have to be the same in the same sequence (status, reason, outcome,
lines), and the same stock has to be left of each SKU. The two runs have to start with the same stock, with one producer,
because decisions depend on the order of requests. That a run on its own is right, orderctl audit proves. Those too malformed
to have an order ID count together. Memory: 100 bytes for each order.

Examples:
  order-replay run load.ndjson --set-stock --wait --record-results good.ndjson      with a script known to be good
  order-replay run load.ndjson --set-stock --wait --record-results new.ndjson       with a changed one, on an empty server
  order-replay verify good.ndjson new.ndjson
  order-replay capture --results -o now.ndjson; order-replay verify before.ndjson now.ndjson

Exit status 3: something differs; the first differences are shown.)";

// Files are read a second time if something differs.
std::string check_recording(const std::string& name) {
  if (name == "-") return "standard input cannot be read twice; give a file";
  return tools::check_file_name(name);
}

struct Difference {
  std::string order;
  std::string what;
  std::array<std::vector<std::string>, 2> results;  // of both runs
};

class Verify {
 public:
  void add(CLI::App& parent, tools::Program& program) {
    CLI::App* app = tools::add_command(parent, "verify", "check that two runs have the same results", kVerifyHelp);
    constexpr std::array kNames = {"EXPECTED", "RESULTS"};
    constexpr std::array kHelp = {"a recording of the expected results", "a recording of the results to check"};
    for (const auto run : {Comparison::kExpected, Comparison::kFound}) {
      tools::add_text(*app, kNames[run], files_[run], "", kHelp[run])->required()->check(check_recording);
    }
    app->add_flag("--resent", resent_, "leave duplicates out, because requests were resent");
    tools::add_json(*app, program);
    app->callback([this, &program] {
      program.lanes = tools::LaneUse::kNone;
      program.action = [this](const tools::Context& context) { return run(context.json); };
    });
  }

 private:
  // Views are valid during the call only.
  using Each = std::function<void(Comparison::Run run, const tools::Entry& result)>;

  [[nodiscard]] Result<bool> read_both(const Each& each) const {
    for (const auto run : {Comparison::kExpected, Comparison::kFound}) {
      auto source = Source::open(files_[run]);
      if (!source) return source.failure();
      for (;; (*source)->advance()) {
        const Source::State state = (*source)->look_patiently();
        if (state == Source::State::kEnd) break;
        if (state == Source::State::kBroken) return Failure{(*source)->error()};
        const tools::Entry result = entry_of((*source)->line());
        if (!resent_ || result.field("status") != "duplicate") each(run, result);
      }
    }
    return true;
  }

  [[nodiscard]] Result<int> run(bool json) const {
    Comparison comparison;
    std::array<uint64_t, 2> results{};
    const auto read = read_both([&](Comparison::Run run, const tools::Entry& result) {
      if (result.has("request")) ++results[run];
      comparison.add(run, result);
    });
    if (!read) return read.failure();
    if (results[Comparison::kExpected] == 0) {
      return Failure{"'" + files_[Comparison::kExpected] + "' contains no results: it is not a recording of results"};
    }
    const uint64_t orders = comparison.different_orders();
    const auto stock = comparison.different_stock();
    if (json) {
      tools::print_json({{"expected", results[Comparison::kExpected]},
                         {"results", results[Comparison::kFound]},
                         {"orders", orders},
                         {"stock", stock.size()},
                         {"problems", orders + stock.size()}});
    } else {
      tools::print(tools::count_text(results[Comparison::kFound], "result") + ", " +
                   std::to_string(results[Comparison::kExpected]) + " expected, " +
                   (orders + stock.size() == 0
                        ? "no difference"
                        : tools::count_text(orders, "order differs", "orders differ") + ", " + "the stock of " +
                              tools::count_text(stock.size(), "SKU", "SKUs") + " differs") +
                   "\n");
    }
    if (orders + stock.size() == 0) return tools::kDone;
    const auto first = first_differences(comparison);
    if (!first) return first.failure();
    for (const Difference& difference : *first) show(difference, json);
    show(stock, json);
    return tools::kViolation;
  }

  [[nodiscard]] Result<std::vector<Difference>> first_differences(const Comparison& comparison) const {
    std::vector<Difference> first;
    const auto read = read_both([&](Comparison::Run run, const tools::Entry& result) {
      if (!result.has("request")) return;
      const std::string_view order = result.field("order");
      auto at = std::find_if(first.begin(), first.end(), [&](const Difference& each) { return each.order == order; });
      if (at == first.end()) {
        std::string what = first.size() < kShown ? comparison.difference(order) : "";
        if (what.empty()) return;
        at = first.insert(first.end(), {std::string(order), std::move(what), {}});
      }
      if (at->results[run].size() < kShownResults) at->results[run].push_back(decision_text(result));
    });
    if (!read) return read.failure();
    return first;
  }

  static void show(const Difference& difference, bool json) {
    const auto& [order, what, results] = difference;
    if (json) {
      return tools::print_json({{"order", order},
                                {"problem", what},
                                {"expected", results[Comparison::kExpected]},
                                {"results", results[Comparison::kFound]}});
    }
    std::string text = (order.empty() ? "requests without an order ID" : "order " + tools::shown(order)) + ": " + what;
    for (const std::string& each : results[Comparison::kExpected]) text += "\n  expected  " + tools::shown(each);
    for (const std::string& each : results[Comparison::kFound]) text += "\n  result    " + tools::shown(each);
    tools::print(text + "\n");
  }

  static void show(const std::map<std::string, Comparison::Stock, std::less<>>& stock, bool json) {
    std::size_t shown = 0;
    for (const auto& [sku, left] : stock) {
      if (++shown > kShown) return;
      const auto& [expected, found] = left;
      if (json) {
        const auto number = [](std::optional<uint64_t> value) { return value ? tools::Json(*value) : tools::Json(); };
        tools::print_json({{"sku", sku}, {"expected", number(expected)}, {"remaining", number(found)}});
        continue;
      }
      const auto text = [](std::optional<uint64_t> value) { return value ? std::to_string(*value) : "unknown"; };
      tools::print("stock of " + tools::shown(sku) + ": " + text(found) + ", " + text(expected) + " expected\n");
    }
  }

  std::array<std::string, 2> files_;
  bool resent_ = false;
};

}  // namespace

void add_verify(CLI::App& app, tools::Program& program) {
  static Verify command;
  command.add(app, program);
}

}  // namespace orderd::replay
