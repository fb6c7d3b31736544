// The ceiling's arguments come from orderd's own code: the lane's decoder and command writer.
#include "benchmark/run.h"

#include <algorithm>
#include <csignal>

#include "benchmark/bare_script.h"
#include "benchmark/pipeline.h"
#include "lane/batch.h"
#include "lane/pipeline.h"
#include "lane/reader.h"
#include "lua/scripts.h"
#include "order/decode.h"
#include "settings/settings.h"
#include "support/valkey_helpers.h"

namespace orderd::bench {
namespace {

constexpr double kMicro = 1e6;
constexpr std::size_t kBareCalls = 1024;  // in flight

lane::Options lane_options(const Setup& setup) {
  const settings::Settings defaults;
  lane::Options options{
      .orders = defaults.streams.orders,
      .results = defaults.streams.results,
      .dead = defaults.dead(),
      .group = defaults.streams.group,
      .name = "bench-1",
      .stock_keys = defaults.stock_keys(),
      .order_keys = defaults.order_keys(),
      .reply_keys = defaults.reply_keys(),
      .limits = defaults.limits(),
  };
  options.orders_per_call = setup.orders_per_call;
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

// Runs what was prepared, and records its cost.
Cost run(Lab& lab, const Pipeline& pipeline, std::size_t window) {
  test::ask(lab.admin(), {"CONFIG", "RESETSTAT"});
  const Reading before = lab.read({});
  const double client = thread_cpu();
  const double seconds = pipeline.run(lab.endpoint(), window);
  const double client_after = thread_cpu();
  const Reading after = lab.read({});
  const auto orders = static_cast<uint64_t>(pipeline.orders());
  Cost cost;
  cost.rate = static_cast<double>(orders) / seconds;
  cost.busy = (after.server_cpu - before.server_cpu) / seconds;
  cost.server_us = per_order(after.server_cpu - before.server_cpu, orders);
  cost.client_us = per_order(client_after - client, orders);
  cost.call_us = per_order(command_costs(lab.admin())["evalsha"].seconds, orders);
  return cost;
}

// The settling calls that orderd would make for all requests in the stream.
class Calls {
 public:
  Calls(const Setup& setup, std::string script, Pipeline& pipeline)
      : setup_(setup),
        options_(lane_options(setup)),
        script_(std::move(script)),
        decoder_(options_.limits),
        batch_(options_),
        pipeline_(pipeline) {}

  [[nodiscard]] valkey::Command read() const {
    return valkey::Command::of("XREAD", "COUNT", lane::kReadEntries, "STREAMS", options_.orders, last_);
  }
  void add(const valkey::Reply& entry) {
    fields_.clear();
    const valkey::Reply raw = entry.at(1);
    for (std::size_t f = 0; f < raw.size(); ++f) fields_.push_back(raw.at(f).text());
    if (!decoder_.decode(fields_, request_, detail_)) {
      throw Violation("a request of the benchmark is malformed: " + detail_);
    }
    last_ = entry.at(0).text();
    batch_.add(last_, request_);
    if (batch_.size() == setup_.orders_per_call) flush();
  }
  void flush() {
    if (batch_.empty()) return;
    const std::string letters(batch_.size(), setup_.shape.sold_out ? 's' : 'a');
    const std::string answer = "$" + std::to_string(letters.size()) + "\r\n" + letters + "\r\n";
    pipeline_.add(batch_.write(script_, position_), batch_.size(), answer);
    position_ = batch_.last();
    batch_.clear();
  }

 private:
  const Setup& setup_;
  const lane::Options options_;
  std::string script_;
  order::Decoder decoder_;
  lane::Batch batch_;
  Pipeline& pipeline_;
  order::Request request_;
  order::Fields fields_;
  std::string detail_;
  std::string last_ = "0-0";
  std::string position_ = "0-0";
};

// Reads everything and writes the calls that settle it; returns the server's CPU time for reading.
double prepare(Lab& lab, const Setup& setup, Pipeline& pipeline) {
  Calls calls(setup, load(lab, lua::settle), pipeline);
  test::ask(lab.admin(), {"HSET", lane_options(setup).position_key(), "id", "0-0", "count", "0"});
  const double before = lab.read({}).server_cpu;
  for (;;) {
    const auto reply = lab.admin().call(calls.read());
    if (!reply) throw std::runtime_error(reply.error());
    const valkey::Reply entries = reply.value()->at(0).at(1);
    if (entries.size() == 0) break;
    for (std::size_t i = 0; i < entries.size(); ++i) calls.add(entries.at(i));
  }
  calls.flush();
  return lab.read({}).server_cpu - before;
}

// The cost between one twentieth and nineteen twentieths of the orders.
Cost cost_of(const Stretch& stretch) {
  Cost cost;
  const double seconds = stretch.last.at - stretch.first.at;
  const double server = stretch.last.server_cpu - stretch.first.server_cpu;
  cost.rate = stretch.orders() / seconds;
  cost.busy = server / seconds;
  cost.server_us = server * kMicro / stretch.orders();
  cost.client_us = (stretch.last.process_cpu - stretch.first.process_cpu) * kMicro / stretch.orders();
  return cost;
}

}  // namespace

Cost bare(Lab& lab, const Setup& setup, uint64_t orders) {
  lab.clear();
  put_on_sale(lab.admin(), setup.shape);
  const std::string script = load(lab, kBareScript);
  const lane::Options options = lane_options(setup);
  Pipeline pipeline;
  for (uint64_t i = 1; i <= orders; ++i) {
    const std::string key = options.stock_keys.key(sku_name(i * 7919 % setup.shape.skus));
    pipeline.add(valkey::Command::of("EVALSHA", script, 1, key, 1), 1, ":1\r\n");
  }
  const Cost cost = run(lab, pipeline, kBareCalls);
  if (stock_left(lab.admin(), setup.shape) != kStock * setup.shape.skus - orders) {
    throw Violation("the bare script did not sell what it should");
  }
  return cost;
}

Cost ceiling(Lab& lab, const Setup& setup, uint64_t orders) {
  lab.clear();
  put_on_sale(lab.admin(), setup.shape);
  fill(lab.admin(), setup.shape, orders);
  Pipeline pipeline;
  const double reading = prepare(lab, setup, pipeline);
  if (pipeline.orders() != orders) throw Violation("the backlog has the wrong length");
  Cost cost = run(lab, pipeline, lane::kCallsInFlight);
  cost.read_whole_us = per_order(reading, orders);
  check_outcome(lab, setup.shape, orders);
  return cost;
}

Cost drain(Lab& lab, const Setup& setup, uint64_t orders, const Orderd& orderd) {
  lab.clear();
  put_on_sale(lab.admin(), setup.shape);
  fill(lab.admin(), setup.shape, orders);
  test::ask(lab.admin(), {"CONFIG", "RESETSTAT"});
  const auto daemon = start_orderd(orderd, lab, "bench-1", settings_of(setup, orderd));
  Cost cost = cost_of(steady(lab.watch(orders, {daemon.get()}), orders));
  auto calls = command_costs(lab.admin());
  cost.call_us = per_order(calls["evalsha"].seconds, orders);
  cost.read_us = per_order(calls["xread"].seconds + calls["xreadgroup"].seconds, orders);
  cost.peak_mib = peak_mib(daemon->pid());
  stop_orderd(*daemon);
  check_outcome(lab, setup.shape, orders, orderd);
  return cost;
}

void fill_for_group(Lab& lab, const Shape& shape, uint64_t orders) {
  lab.clear();
  put_on_sale(lab.admin(), shape);
  fill(lab.admin(), shape, orders);
  test::ask(lab.admin(), {"XGROUP", "CREATE", "orders", "orderd", "0"});
}

Cost consume(Lab& lab, const Shape& shape, uint64_t orders, const Words& command, const Words& count) {
  test::Process process(command);
  Cost cost = cost_of(steady(lab.watch(orders, {&process}, count), orders));
  cost.peak_mib = peak_mib(process.pid());
  process.signal(SIGTERM);
  if (const int status = process.wait(); status != 0) {
    throw std::runtime_error(command.at(0) + " ended with " + std::to_string(status) + ": " + process.errors());
  }
  if (stock_left(lab.admin(), shape) != kStock * shape.skus - orders) {
    throw Violation(command.at(0) + " did not take the right stock");
  }
  return cost;
}

Words consumer_command(const std::string& program, const Lab& lab, unsigned batch) {
  const valkey::Endpoint endpoint = lab.endpoint();
  const bool tcp = endpoint.kind == valkey::Endpoint::Kind::kTcp;
  return {program, tcp ? std::to_string(endpoint.port) : endpoint.path, std::to_string(batch)};
}

void check_outcome(Lab& lab, const Shape& shape, uint64_t orders, const Orderd& orderd) {
  const auto settings = settings::Settings();
  const std::size_t results = test::length(lab.admin(), settings.streams.results);
  const std::string settled =
      orderd.in_group
          ? std::to_string(orders - test::pending_count(lab.admin(), settings.streams.orders, settings.streams.group))
          : test::ask(lab.admin(), {"HGET", settings.streams.orders + ":position", "count"});
  const uint64_t begin = shape.sold_out ? 0 : kStock * shape.skus;
  const uint64_t taken = shape.sold_out ? 0 : orders * shape.lines;
  const uint64_t left = stock_left(lab.admin(), shape);
  if (results == orders && settled == std::to_string(orders) && left == begin - taken) return;
  throw Violation(std::to_string(orders) + " orders have " + std::to_string(results) + " results, " + settled +
                  " are settled, " + std::to_string(begin - left) + " units of " + std::to_string(taken) +
                  " were taken");
}

std::vector<std::string> settings_of(const Setup& setup, const Orderd& orderd) {
  std::vector<std::string> settings;
  if (!setup.dedup) settings.emplace_back("ORDERD_PROCESSING_DEDUP_WINDOW=0s");
  if (setup.orders_per_call != Setup().orders_per_call && !orderd.in_group) {
    settings.push_back("ORDERD_PROCESSING_ORDERS_PER_CALL=" + std::to_string(setup.orders_per_call));
  }
  return settings;
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
  // Too short to have a middle: include the start.
  if (stretch.last.done < stretch.first.done + orders / 2) stretch = {readings.front(), readings.back()};
  return stretch;
}

}  // namespace orderd::bench
