// The rule is that of the daemon: order/lanes.h.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "orderctl/commands.h"
#include "shared/lane_names.h"
#include "shared/options.h"
#include "shared/output.h"

namespace orderd::tools {
namespace {

constexpr const char* kLaneHelp =
    R"(Which lane an SKU belongs to depends on the number of names in streams.lanes, and on nothing in a server. All SKUs of an
order have to belong to the same lane.

Examples:
  orderctl lane shoe sock
  orderctl lane shoe --json
  orderctl lane names --count 12 --nodes 3)";

constexpr const char* kNamesHelp =
    R"(The line is for streams.lanes: each of several equal nodes then has the same number of lanes.

Examples:
  orderctl lane names --count 4
  orderctl lane names --count 12 --nodes 3 --prefix eu-)";

Result<int> show_lanes(const Context& context, const std::vector<std::string>& skus) {
  const order::Lanes lanes = context.settings.lanes();
  if (!lanes.named()) return Failure{"streams.lanes is empty: there is one lane, without a name"};
  std::size_t width = 0;
  for (const std::string& sku : skus) width = std::max(width, shown(sku).size());
  for (const std::string& sku : skus) {
    const std::string& lane = lanes.names()[lanes.of(sku)];
    if (context.json) {
      print_json({{"sku", sku}, {"lane", lane}});
    } else {
      print(padded(shown(sku), width + 2) + lane + "\n");
    }
  }
  return kDone;
}

struct NameOptions {
  uint64_t count = 0;
  uint64_t nodes = 1;
  std::string prefix = "l";
};

Result<int> print_names(const Context& context, const NameOptions& options) {
  const auto& [count, nodes, prefix] = options;
  if (count % nodes != 0) {
    return Failure{std::to_string(count) + " lanes cannot be spread evenly over " + std::to_string(nodes) +
                   " nodes; take a multiple, such as --count " + std::to_string((count / nodes + 1) * nodes)};
  }
  // The longest number has as many digits as this: a part is found after some thousand tries at most.
  if (const auto good = order::Lanes::parse(prefix + "99999"); !good || prefix.find(',') != std::string::npos) {
    return Failure{"--prefix: the name of a lane has 1 to 64 letters, digits, '.', '_' and '-', and a number follows"};
  }
  const auto names = even_lane_names(prefix, count);
  if (context.json) {
    print_json({{"lanes", names}});
  } else {
    print(CLI::detail::join(names, ",") + "\n");
  }
  return kDone;
}

void add_names(CLI::App& lane, Program& program) {
  auto& options = program.keep<NameOptions>();
  CLI::App* app = add_command(lane, "names", "print names for lanes that spread evenly over a cluster", kNamesHelp);
  add_whole(*app, "--count", options.count, 1, order::kLanesMax, "how many lanes")->required();
  add_whole(*app, "--nodes", options.nodes, 1, order::kLanesMax,
            "how many equal nodes there are; the number of lanes has to be a multiple [1]");
  add_text(*app, "--prefix", options.prefix, "TEXT", "what each name begins with [l]");
  set_action(*app, program, LaneUse::kNone,
             [&options](const Context& context) { return print_names(context, options); });
}

}  // namespace

void add_lane(CLI::App& parent, Program& program) {
  auto& skus = program.keep<std::vector<std::string>>();
  CLI::App* lane = add_command(parent, "lane", "show which lane an SKU belongs to, or make names for lanes", kLaneHelp);
  add_texts(*lane, "SKU", skus, "", "what is sold")->check(check_sku);
  add_json(*lane, program);
  add_names(*lane, program);
  // The callback of `names` was called before this one.
  lane->callback([&skus, lane, &program] {
    program.lanes = LaneUse::kNone;
    if (!lane->get_subcommands().empty()) {
      if (!skus.empty()) throw CLI::ExcludesError("SKU", "names");
      return;
    }
    if (skus.empty()) throw CLI::ParseError("SKU or names is required", CLI::ExitCodes::RequiredError);
    program.action = [&skus](const Context& context) { return show_lanes(context, skus); };
  });
}

}  // namespace orderd::tools
