// The flags of generate, and the output.
#include <CLI/CLI.hpp>
#include <algorithm>

#include "order-replay/commands.h"
#include "order-replay/number_options.h"
#include "order-replay/sink.h"
#include "order-replay/workload.h"
#include "order/lanes.h"
#include "order/request.h"
#include "shared/options.h"
#include "shared/output.h"

namespace orderd::replay {
namespace {

using tools::add_text;
using tools::add_whole;

constexpr std::size_t kFlushBytes = 256 * 1024;
constexpr uint64_t kMaxSkus = uint64_t{1} << 20;

constexpr const char* kGenerateHelp =
    R"(Writes a recording: first the stock of each SKU (order-replay run FILE --set-stock sets it), then the requests with their
times. The same flags and the same seed give the same bytes on every machine. Shares are decimals from 0 to 1.

Distribution of the orders over the SKUs:
  uniform   all equally often
  zipf      SKU number k with the weight 1/k^EXPONENT
  hot       the first SKU has a share of its own, the others share the rest

The preset 'drop' (other flags override it): 100 pairs of one SKU, 'sneaker', and 1000 orders (or --orders) for 1 to 3 pairs
within one second; some malformed, some for an unknown SKU, some sent twice.

Examples:
  order-replay generate --orders 100000 --rate 10000 -o load.ndjson
  order-replay generate --skus 1000 --distribution zipf --exponent 1.1 --lines-max 4 --poisson
  order-replay generate --preset drop --seed 7 | order-replay run - --set-stock --wait)";

void apply_drop(Workload& workload) {
  workload.skus = 1;
  workload.sku = "sneaker";
  workload.stock = 100;
  workload.quantity_max = 3;
  workload.poisson = true;
  workload.malformed = kMillion / 20;
  workload.unknown = kMillion / 100;
  workload.repeated = kMillion / 20;
}

// Throws if flags do not fit together.
void check_together(const Workload& workload) {
  if (workload.lines_min > workload.lines_max) throw CLI::ValidationError("--lines-min", "is above --lines-max");
  if (workload.quantity_min > workload.quantity_max) {
    throw CLI::ValidationError("--quantity-min", "is above --quantity-max");
  }
  if (workload.malformed + workload.unknown + workload.repeated + workload.reused > kMillion) {
    throw CLI::ValidationError("--malformed, --unknown, --repeated, --reused", "make more than 1 together");
  }
}

struct GenerateFlags {
  Workload workload;
  std::string output;
  std::string spread = "uniform";
};

Result<int> generate(const GenerateFlags& flags) {
  auto sink = Sink::open(flags.output);
  if (!sink) return sink.failure();
  Generator generator(flags.workload);
  std::string lines;
  for (bool more = true; more;) {
    more = generator.next(lines);
    if (more && lines.size() < kFlushBytes) continue;
    sink->write(lines);
    lines.clear();
    // A full disk is reported at once, not at the end of a long file.
    if (auto flushed = sink->flush(); !flushed) return flushed.failure();
  }
  return tools::kDone;
}

}  // namespace

void add_generate(CLI::App& parent, tools::Program& program) {
  auto& flags = program.keep<GenerateFlags>();
  Workload& w = flags.workload;
  CLI::App* app = tools::add_command(parent, "generate", "generate a workload", kGenerateHelp);
  // order matters: CLI11 runs the callbacks in this order, and a preset comes before the flags that override it.
  tools::add_one(*app, "--preset", "WORD", "a predefined workload (drop)", [&w](const auto& /*name*/) {
    apply_drop(w);
  })->check(CLI::IsMember({"drop"}).description(""));
  add_whole(*app, "--seed", w.seed, 0, order::kMaxWhole, "the same seed gives the same workload [1]");
  add_whole(*app, "--orders", w.orders, 0, order::kMaxWhole, "requests, including malformed and repeated ones [1000]");
  add_whole(*app, "--skus", w.skus, 1, kMaxSkus, "how many SKUs [100]");
  add_text(*app, "--sku", w.sku, "NAME", "the name of a single SKU, or the prefix of several [sku-]")
      ->check(tools::check_sku);
  add_whole(*app, "--stock", w.stock, 0, order::kMaxWhole, "stock of each SKU [1000000]");
  add_text(*app, "--distribution", flags.spread, "WORD", "over the SKUs (uniform, zipf, hot) [uniform]")
      ->check(CLI::IsMember({"uniform", "zipf", "hot"}).description(""));
  CLI::Option* exponent = add_decimal(*app, "--exponent", w.exponent, 5, "X", "of zipf, 0 to 5 [1]");
  CLI::Option* hot = add_decimal(*app, "--hot", w.hot, 1, "SHARE", "of the hot SKU [0.5]");
  add_whole(*app, "--lanes", w.lanes, 1, order::kLanesMax, "all SKUs of an order belong to one of so many lanes [1]");
  add_whole(*app, "--lines-min", w.lines_min, 1, 1000, "fewest lines per order [1]");
  add_whole(*app, "--lines-max", w.lines_max, 1, 1000, "most lines per order [1]");
  add_whole(*app, "--quantity-min", w.quantity_min, 1, order::kMaxWhole, "smallest quantity [1]");
  add_whole(*app, "--quantity-max", w.quantity_max, 1, order::kMaxWhole, "largest quantity [1]");
  add_whole(*app, "--customers", w.customers, 1, order::kMaxWhole, "how many customers [1000]");
  add_text(*app, "--id", w.id, "TEXT", "prefix of order IDs [g and the seed: g1-]")->check(tools::check_id);
  add_decimal(*app, "--malformed", w.malformed, 1, "SHARE", "malformed requests, of nine kinds [0]");
  add_decimal(*app, "--unknown", w.unknown, 1, "SHARE", "orders for an SKU without stock [0]");
  add_decimal(*app, "--repeated", w.repeated, 1, "SHARE", "orders that are sent a second time, unchanged [0]");
  add_decimal(*app, "--reused", w.reused, 1, "SHARE", "orders with a used ID and other content [0]");
  add_whole(*app, "--rate", w.rate, 1, kMaxRate, "requests per second [1000; preset drop: all]");
  app->add_flag("--poisson", w.poisson, "random gaps between requests, as from independent buyers");
  add_text(*app, "-o,--output", flags.output, "FILE", "where to write [standard output]")
      ->check(tools::check_file_name);
  const auto check = [=, &flags] {
    Workload& workload = flags.workload;
    // The preset's requests are all within one second.
    if (app->count("--preset") > 0 && app->count("--rate") == 0) {
      workload.rate = std::clamp<uint64_t>(workload.orders, 1, kMaxRate);
    }
    using Spread = Workload::Spread;
    workload.spread = flags.spread == "zipf" ? Spread::kZipf : flags.spread == "hot" ? Spread::kHot : Spread::kUniform;
    const auto is_for = [&flags](const CLI::Option* option, const char* spread) {
      if (option->count() == 0 || flags.spread == spread) return;
      throw CLI::RequiresError(option->get_name(), std::string("--distribution ") + spread);
    };
    is_for(exponent, "zipf");
    is_for(hot, "hot");
    check_together(workload);
  };
  tools::set_text_action(
      *app, program, tools::LaneUse::kNone, [&flags](const tools::Context& /*context*/) { return generate(flags); },
      check);
}

}  // namespace orderd::replay
