// The rule is that of the daemon: order/lanes.h.
#include "orderctl/lane.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "shared/lane_names.h"
#include "shared/options.h"
#include "shared/output.h"

namespace orderd::tools {
namespace {

constexpr const char* kLaneHelp =
    R"(Which lane an SKU belongs to depends on the number of names in streams.lanes, and on nothing in a server. All SKUs of an
order have to belong to one lane.

Examples:
  orderctl lane shoe sock
  orderctl lane shoe --json
  orderctl lane names --count 12 --nodes 3)";

constexpr const char* kNamesHelp =
    R"(The line is for streams.lanes: each of several equal nodes then has the same number of lanes.

Examples:
  orderctl lane names --count 4
  orderctl lane names --count 12 --nodes 3 --prefix eu-)";

Result<int> show(const Context& context, const std::vector<std::string>& skus) {
  const order::Lanes lanes = context.settings.lanes();
  if (!lanes.named()) return Failure{"streams.lanes is empty: there is one lane, without a name"};
  std::size_t width = 0;
  for (const std::string& sku : skus) width = std::max(width, shown(sku).size());
  for (const std::string& sku : skus) {
    const std::string& lane = lanes.names()[lanes.of(sku)];
    if (context.json) {
      print_json({{"sku", sku}, {"lane", lane}});
    } else {
      std::string text = shown(sku);
      text.resize(width + 2, ' ');
      print(text + lane + "\n");
    }
  }
  return kDone;
}

Result<int> print_names(const Context& context, const std::string& prefix, uint64_t count, uint64_t nodes) {
  if (count % nodes != 0) {
    return Failure{std::to_string(count) + " lanes cannot be spread evenly over " + std::to_string(nodes) +
                   " nodes; take a multiple, such as --count " + std::to_string((count / nodes + 1) * nodes)};
  }
  // The longest number has as many digits as this: a part is found after some thousand tries at most.
  if (const auto good = order::Lanes::parse(prefix + "99999"); !good || prefix.find(',') != std::string::npos) {
    return Failure{"--prefix: the name of a lane has 1 to 64 letters, digits, '.', '_' and '-', and a number follows"};
  }
  const auto names = even_lane_names(prefix, count);
  std::string list;
  for (const std::string& name : names) list.append(list.empty() ? "" : ",").append(name);
  if (context.json) {
    print_json({{"lanes", names}});
  } else {
    print(list + "\n");
  }
  return kDone;
}

}  // namespace

Lane::Lane(CLI::App& parent, Program& program) {
  CLI::App* lane = add_command(parent, "lane", "show which lane an SKU belongs to, or make names for lanes", kLaneHelp);
  add_texts(*lane, "SKU", skus_, "", "what is sold")->check(check_sku);
  add_json(*lane, program);
  add_names(*lane, program);
  lane->callback([this, lane, &program] {
    program.lanes = LaneUse::kNone;
    if (!lane->get_subcommands().empty()) {
      if (!skus_.empty()) throw CLI::ExcludesError("SKU", "names");
      return;
    }
    if (skus_.empty()) throw CLI::ParseError("SKU or names is required", CLI::ExitCodes::RequiredError);
    program.action = [this](const Context& context) { return show(context, skus_); };
  });
}

void Lane::add_names(CLI::App& lane, Program& program) {
  CLI::App* app = add_command(lane, "names", "print names for lanes that spread evenly over a cluster", kNamesHelp);
  add_whole(*app, "--count", count_, 1, order::kLanesMax, "how many lanes")->required();
  add_whole(*app, "--nodes", nodes_, 1, order::kLanesMax,
            "how many equal nodes there are; the number of lanes has to be a multiple [1]");
  add_text(*app, "--prefix", prefix_, "TEXT", "what each name begins with [l]");
  add_json(*app, program);
  app->callback([this, &program] {
    program.action = [this](const Context& context) { return print_names(context, prefix_, count_, nodes_); };
  });
}

}  // namespace orderd::tools
