// order-replay verify: compares the results of two runs. Two passes: the first one counts and hashes; if orders differ,
// a second one reads the texts of the first of them.
#include <spdlog/fmt/fmt.h>
#include <xxhash.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <vector>

#include "order-replay/commands.h"
#include "order-replay/source.h"
#include "shared/json.h"
#include "shared/options.h"
#include "shared/output.h"

namespace orderd::replay {
namespace {

using tools::count_text;

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

enum Side { kExpected, kFound };

// What two runs have to have in common of a result.
std::string decision_text(const tools::Entry& result) {
  std::string text(result.field("status"));
  for (const std::string_view name : {"reason", "outcome", "lines"}) {
    if (result.has(name)) text.append(" ").append(result.field(name));
  }
  return text;
}

// Was each order decided the same, and is the same stock left? 100 bytes for each order.
class Comparison {
 public:
  // Of an SKU, in each run: the last that its results say. Nothing: none of them does.
  using Stock = std::array<std::optional<uint64_t>, 2>;

  // The results of a run in their order.
  void add(Side side, const tools::Entry& result) {
    each_left(result, [&](const Left& left) { stock_[std::string(left.sku)][side] = left.remaining; });
    if (!result.has("request")) return;
    Results& results = orders_[key_of(result.field("order"))][side];
    const std::string text = decision_text(result);
    ++counts_[side];
    ++results.count;
    results.decisions = XXH3_64bits_withSeed(text.data(), text.size(), results.decisions);
  }

  // How many results a run has.
  [[nodiscard]] uint64_t count(Side side) const { return counts_[side]; }
  // How this order's results differ, in words; empty: they do not. "": all requests without an ID.
  [[nodiscard]] std::string difference(std::string_view order) const {
    const auto found = orders_.find(key_of(order));
    if (found == orders_.end()) return "";
    const auto& [expected, results] = found->second;
    if (expected == results) return "";
    if (expected.count == results.count) return "decided differently";
    return fmt::format("{}, {} expected", count_text(results.count, "result"), expected.count);
  }
  // How many orders and which SKUs differ.
  [[nodiscard]] uint64_t different_orders() const {
    return static_cast<uint64_t>(std::count_if(orders_.begin(), orders_.end(), [](const auto& each) {
      return !(each.second[kExpected] == each.second[kFound]);
    }));
  }
  [[nodiscard]] std::map<std::string, Stock> different_stock() const {
    auto different = stock_;
    std::erase_if(different, [](const auto& each) { return each.second[kExpected] == each.second[kFound]; });
    return different;
  }

 private:
  struct Results {
    uint64_t count = 0;
    uint64_t decisions = 0;  // a hash of their sequence
    bool operator==(const Results&) const = default;
  };
  // A hash of 128 bits represents an order.
  using Key = std::pair<uint64_t, uint64_t>;
  struct HashOfKey {
    std::size_t operator()(const Key& key) const { return key.first; }
  };
  [[nodiscard]] static Key key_of(std::string_view order) {
    const XXH128_hash_t hash = XXH3_128bits(order.data(), order.size());
    return {hash.low64, hash.high64};
  }

  std::array<uint64_t, 2> counts_{};
  std::unordered_map<Key, std::array<Results, 2>, HashOfKey> orders_;
  std::map<std::string, Stock> stock_;
};

struct Difference {
  std::string order;
  std::string what;
  std::array<std::vector<std::string>, 2> results;  // of both runs
};

struct VerifyFlags {
  std::array<std::string, 2> files;
  bool resent = false;
};

// The views in `result` are valid during the call only.
Result<bool> read_both(const VerifyFlags& flags,
                       const std::function<void(Side side, const tools::Entry& result)>& each) {
  for (const Side side : {kExpected, kFound}) {
    auto source = Source::open(flags.files[side]);
    if (!source) return source.failure();
    for (;; (*source)->advance()) {
      const Source::State state = (*source)->look_patiently();
      if (state == Source::State::kEnd) break;
      if (state == Source::State::kBroken) return Failure{(*source)->error()};
      const tools::Entry result = entry_of((*source)->line());
      if (!flags.resent || result.field("status") != "duplicate") each(side, result);
    }
  }
  return true;
}

Result<std::vector<Difference>> first_differences(const VerifyFlags& flags, const Comparison& comparison) {
  std::vector<Difference> first;
  const auto read = read_both(flags, [&](Side side, const tools::Entry& result) {
    if (!result.has("request")) return;
    const std::string_view order = result.field("order");
    auto at = std::find_if(first.begin(), first.end(), [&](const Difference& each) { return each.order == order; });
    if (at == first.end()) {
      std::string what = first.size() < kShown ? comparison.difference(order) : "";
      if (what.empty()) return;
      at = first.insert(first.end(), {std::string(order), std::move(what), {}});
    }
    if (at->results[side].size() < kShownResults) at->results[side].push_back(decision_text(result));
  });
  if (!read) return read.failure();
  return first;
}

void show(const Difference& difference, bool json) {
  const auto& [order, what, results] = difference;
  if (json) {
    return tools::print_json(
        {{"order", order}, {"problem", what}, {"expected", results[kExpected]}, {"results", results[kFound]}});
  }
  std::string text = (order.empty() ? "requests without an order ID" : "order " + tools::shown(order)) + ": " + what;
  for (const std::string& each : results[kExpected]) text += "\n  expected  " + tools::shown(each);
  for (const std::string& each : results[kFound]) text += "\n  result    " + tools::shown(each);
  tools::print(text + "\n");
}

void show(const std::string& sku, const Comparison::Stock& left, bool json) {
  const auto& [expected, found] = left;
  if (json) {
    return tools::print_json(
        {{"sku", sku}, {"expected", tools::or_null(expected)}, {"remaining", tools::or_null(found)}});
  }
  const auto text = [](std::optional<uint64_t> value) { return value ? std::to_string(*value) : "unknown"; };
  tools::print(fmt::format("stock of {}: {}, {} expected\n", tools::shown(sku), text(found), text(expected)));
}

Result<int> verify(const VerifyFlags& flags, bool json) {
  Comparison comparison;
  const auto read = read_both(flags, [&](Side side, const tools::Entry& result) { comparison.add(side, result); });
  if (!read) return read.failure();
  const uint64_t expected = comparison.count(kExpected);
  const uint64_t found = comparison.count(kFound);
  if (expected == 0) {
    return Failure{fmt::format("'{}' contains no results: it is not a recording of results", flags.files[kExpected])};
  }
  const uint64_t orders = comparison.different_orders();
  const auto stock = comparison.different_stock();
  const uint64_t problems = orders + stock.size();
  if (json) {
    tools::print_json({{"expected", expected},
                       {"results", found},
                       {"orders", orders},
                       {"stock", stock.size()},
                       {"problems", problems}});
  } else {
    const std::string what =
        problems == 0 ? "no difference"
                      : fmt::format("{}, the stock of {} differs", count_text(orders, "order differs", "orders differ"),
                                    count_text(stock.size(), "SKU"));
    tools::print(fmt::format("{}, {} expected, {}\n", count_text(found, "result"), expected, what));
  }
  if (problems == 0) return tools::kDone;
  const auto first = first_differences(flags, comparison);
  if (!first) return first.failure();
  for (const Difference& difference : *first) show(difference, json);
  std::size_t count = 0;
  for (const auto& [sku, left] : stock) {
    if (++count <= kShown) show(sku, left, json);
  }
  return tools::kViolation;
}

}  // namespace

void add_verify(CLI::App& parent, tools::Program& program) {
  auto& flags = program.keep<VerifyFlags>();
  CLI::App* app = tools::add_command(parent, "verify", "check that two runs have the same results", kVerifyHelp);
  // Files are read a second time if something differs.
  const auto check = [](const std::string& name) {
    return name == "-" ? "standard input cannot be read twice; give a file" : tools::check_file_name(name);
  };
  tools::add_text(*app, "EXPECTED", flags.files[kExpected], "", "a recording of the expected results")
      ->required()
      ->check(check);
  tools::add_text(*app, "RESULTS", flags.files[kFound], "", "a recording of the results to check")
      ->required()
      ->check(check);
  app->add_flag("--resent", flags.resent, "leave duplicates out, because requests were resent");
  tools::set_action(*app, program, tools::LaneUse::kNone,
                    [&flags](const tools::Context& context) { return verify(flags, context.json); });
}

}  // namespace orderd::replay
