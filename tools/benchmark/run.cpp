// The ceiling's arguments are made by orderd's own code: decoding and command writing are the lane's.
#include "benchmark/run.h"

#include <algorithm>

#include "benchmark/pipeline.h"
#include "lane/scripts.h"
#include "lane/settle_command.h"
#include "lua/scripts.h"
#include "order/decode.h"
#include "settings/settings.h"
#include "support/valkey_helpers.h"

namespace orderd::bench {
namespace {

constexpr std::string_view kBare = R"lua(
local stock = tonumber(redis.call('GET', KEYS[1]) or '0')
local quantity = tonumber(ARGV[1])
if stock < quantity then return 0 end
redis.call('DECRBY', KEYS[1], quantity)
return 1
)lua";

constexpr double kMicro = 1e6;
// As many as orderd asks for at a time (lane::kReadEntries).
constexpr int kRead = 128;
constexpr const char* kConsumer = "bench-1";

lane::Options lane_options(const Setup& setup) {
  const settings::Settings defaults;
  lane::Options options{
      .orders = defaults.streams.orders,
      .results = defaults.streams.results,
      .dead = defaults.dead(),
      .group = defaults.streams.group,
      .consumer = kConsumer,
      .stock_keys = defaults.stock_keys(),
      .order_keys = defaults.order_keys(),
      .limits = defaults.limits(),
  };
  options.dedup_window = setup.dedup ? defaults.processing.dedup_window : settings::Milliseconds(0);
  return options;
}

std::string load(Lab& lab, std::string_view script) {
  auto id = lab.admin().load(script);
  if (!id) throw std::runtime_error(id.error());
  return id.value();
}

double per_order(double seconds, uint64_t orders) {
  return seconds * kMicro / static_cast<double>(orders);
}

// Runs what was prepared, and puts down its cost.
Cost run(Lab& lab, const Pipeline& pipeline, std::string_view expected) {
  test::ask(lab.admin(), {"CONFIG", "RESETSTAT"});
  const Reading before = lab.read({});
  const double client = thread_cpu();
  const double seconds = pipeline.run(lab.endpoint(), expected);
  const double client_after = thread_cpu();
  const Reading after = lab.read({});
  const auto orders = static_cast<uint64_t>(pipeline.size());
  Cost cost;
  cost.rate = static_cast<double>(orders) / seconds;
  cost.busy = (after.server_cpu - before.server_cpu) / seconds;
  cost.server_us = per_order(after.server_cpu - before.server_cpu, orders);
  cost.client_us = per_order(client_after - client, orders);
  cost.call_us = per_order(command_costs(lab.admin())["evalsha"].seconds, orders);
  return cost;
}

// Reads everything as orderd's consumer and writes the calls that settle it.
double prepare(Lab& lab, const Setup& setup, uint64_t orders, Pipeline& pipeline) {
  const lane::Options options = lane_options(setup);
  const std::string script = load(lab, lua::settle);
  test::ask(lab.admin(), {"XGROUP", "CREATE", options.orders, options.group, "0"});
  order::Decoder decoder(options.limits);
  order::Request request;
  order::Fields fields;
  std::string detail;
  std::string scratch;
  valkey::Command command;
  const double before = lab.read({}).server_cpu;
  while (pipeline.size() < orders) {
    const auto reply = lab.admin().call(valkey::Command::of("XREADGROUP", "GROUP", options.group, options.consumer,
                                                            "COUNT", kRead, "STREAMS", options.orders, ">"));
    if (!reply) throw std::runtime_error(reply.error());
    const valkey::Reply entries = reply.value()->at(0).at(1);
    if (entries.size() == 0) throw Violation("the backlog is shorter than it was made");
    for (std::size_t i = 0; i < entries.size(); ++i) {
      fields.clear();
      const valkey::Reply raw = entries.at(i).at(1);
      for (std::size_t f = 0; f < raw.size(); ++f) fields.push_back(raw.at(f).text());
      if (!decoder.decode(fields, request, detail))
        throw Violation("a request of the benchmark is malformed: " + detail);
      (void)lane::write_settle(options, script, entries.at(i).at(0).text(), request, scratch, command);
      pipeline.add(command);
    }
  }
  return lab.read({}).server_cpu - before;
}

}  // namespace

Cost bare(Lab& lab, const Setup& setup, uint64_t orders) {
  lab.clear();
  put_on_sale(lab.admin(), setup.shape);
  const std::string script = load(lab, kBare);
  Pipeline pipeline;
  for (uint64_t i = 1; i <= orders; ++i) {
    pipeline.add(valkey::Command::of("EVALSHA", script, 1,
                                     lane_options(setup).stock_keys.key(sku_name(i * 7919 % setup.shape.skus)), 1));
  }
  const Cost cost = run(lab, pipeline, ":1\r\n");
  if (stock_left(lab.admin(), setup.shape) != kStock * setup.shape.skus - orders) {
    throw Violation("the bare script did not sell what it had to");
  }
  return cost;
}

Cost ceiling(Lab& lab, const Setup& setup, uint64_t orders) {
  lab.clear();
  put_on_sale(lab.admin(), setup.shape);
  fill(lab.admin(), setup.shape, orders);
  Pipeline pipeline;
  const double reading = prepare(lab, setup, orders, pipeline);
  Cost cost = run(lab, pipeline, setup.shape.sold_out ? "$18\r\ninsufficient_stock\r\n" : "$8\r\naccepted\r\n");
  cost.read_whole_us = per_order(reading, orders);
  check_outcome(lab, setup.shape, orders);
  return cost;
}

Cost drain(Lab& lab, const Setup& setup, uint64_t orders, const std::string& orderd) {
  lab.clear();
  put_on_sale(lab.admin(), setup.shape);
  fill(lab.admin(), setup.shape, orders);
  test::ask(lab.admin(), {"CONFIG", "RESETSTAT"});
  std::vector<std::unique_ptr<test::Process>> owned;
  std::vector<test::Process*> daemons;
  for (unsigned i = 0; i < setup.daemons; ++i) {
    owned.push_back(start_orderd(orderd, lab, "bench-" + std::to_string(i + 1), settings_of(setup)));
    daemons.push_back(owned.back().get());
  }
  const Stretch stretch = steady(lab.watch(orders, daemons), orders);
  auto calls = command_costs(lab.admin());
  Cost cost;
  const double seconds = stretch.last.at - stretch.first.at;
  const double server = stretch.last.server_cpu - stretch.first.server_cpu;
  cost.rate = stretch.orders() / seconds;
  cost.busy = server / seconds;
  cost.server_us = server * kMicro / stretch.orders();
  cost.client_us = (stretch.last.process_cpu - stretch.first.process_cpu) * kMicro / stretch.orders();
  cost.call_us = per_order(calls["evalsha"].seconds, orders);
  cost.read_us = per_order(calls["xreadgroup"].seconds, orders);
  for (const auto* daemon : daemons) cost.peak_mib = std::max(cost.peak_mib, peak_mib(daemon->pid()));
  for (auto* daemon : daemons) stop_orderd(*daemon);
  check_outcome(lab, setup.shape, orders);
  return cost;
}

void check_outcome(Lab& lab, const Shape& shape, uint64_t orders) {
  const auto settings = settings::Settings();
  const std::size_t results = test::length(lab.admin(), settings.streams.results);
  const std::size_t pending = test::pending_count(lab.admin(), settings.streams.orders, settings.streams.group);
  const uint64_t begin = shape.sold_out ? 0 : kStock * shape.skus;
  const uint64_t taken = shape.sold_out ? 0 : orders * shape.lines;
  const uint64_t left = stock_left(lab.admin(), shape);
  if (results == orders && pending == 0 && left == begin - taken) return;
  throw Violation(std::to_string(orders) + " orders have " + std::to_string(results) + " results, " +
                  std::to_string(pending) + " are pending, " + std::to_string(begin - left) + " pieces of " +
                  std::to_string(taken) + " were taken");
}

std::vector<std::string> settings_of(const Setup& setup) {
  if (setup.dedup) return {};
  return {"ORDERD_PROCESSING_DEDUP_WINDOW=0s"};
}

Stretch steady(const std::vector<Reading>& readings, uint64_t orders) {
  const uint64_t margin = orders / 20;
  Stretch stretch{readings.front(), readings.back()};
  for (auto reading = readings.rbegin(); reading != readings.rend() && reading->done >= margin; ++reading) {
    stretch.first = *reading;
  }
  for (const Reading& reading : readings) {
    if (reading.done > orders - margin) break;
    stretch.last = reading;
  }
  // Too short to have a middle: the start counts too then.
  if (stretch.last.done < stretch.first.done + orders / 2) stretch = {readings.front(), readings.back()};
  return stretch;
}

}  // namespace orderd::bench
