// The ceiling's arguments come from orderd's own code: the lane's decoder and command writer.
#include "order-bench/run.h"

#include <algorithm>

#include "lane/batch.h"
#include "lane/pipeline.h"
#include "lane/reader.h"
#include "lua/scripts.h"
#include "order-bench/bench.h"
#include "order/decode.h"
#include "settings/settings.h"
#include "support/valkey_helpers.h"

namespace orderd::bench {
namespace {

constexpr double kMicro = 1e6;
constexpr std::size_t kBareCalls = 1024;  // in flight

double per_order(double seconds, uint64_t orders) {
  return seconds * kMicro / static_cast<double>(orders);
}

Cost cost_between(const Reading& first, const Reading& last) {
  const uint64_t done = last.done - first.done;
  const double seconds = last.at - first.at;
  Cost cost;
  cost.rate = static_cast<double>(done) / seconds;
  cost.busy = (last.server_cpu - first.server_cpu) / seconds;
  cost.server_us = per_order(last.server_cpu - first.server_cpu, done);
  cost.client_us = per_order(last.process_cpu - first.process_cpu, done);
  return cost;
}

// Runs what was prepared, and records its cost.
Cost run(Lab& lab, const Pipeline& pipeline, std::size_t window) {
  test::ask(lab.admin(), {"CONFIG", "RESETSTAT"});
  Reading before = lab.read();
  before.process_cpu = thread_cpu();
  const double seconds = pipeline.run(lab.connect(), window);
  const double client_cpu = thread_cpu();
  Reading after = lab.read();
  after.process_cpu = client_cpu;
  after.at = before.at + seconds;
  after.done = before.done + pipeline.orders();
  Cost cost = cost_between(before, after);
  cost.call_us = per_order(command_seconds(lab.admin(), {"evalsha"}), pipeline.orders());
  return cost;
}

// Reads everything that is in the stream, and writes the calls with which orderd would settle it. `reading_us`: the
// server's CPU time for reading an order.
Pipeline settling_calls(Lab& lab, const Setup& setup, double& reading_us) {
  const lane::Options options = lane_options(setup);
  const std::string script = need(lab.admin().load(lua::settle));
  test::ask(lab.admin(), {"HSET", options.position_key(), "id", "0-0", "count", "0"});
  order::Decoder decoder(options.limits);
  order::Request request;
  order::Fields fields;
  std::string detail, last = "0-0", position = "0-0";
  lane::Batch batch(options);
  Pipeline pipeline;
  const auto write = [&] {
    pipeline.add(batch.write(script, position), std::string(batch.size(), setup.sale.sold_out ? 's' : 'a'));
    pipeline.end_turn(batch.size());
    position = batch.last();
    batch.clear();
  };
  const double before = lab.read().server_cpu;
  for (;;) {
    const auto reply = test::send(
        lab.admin(), valkey::Command::of("XREAD", "COUNT", lane::kReadEntries, "STREAMS", options.orders, last));
    const valkey::Reply entries = reply->at(0).at(1);
    if (entries.size() == 0) break;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const valkey::Reply values = entries.at(i).at(1);
      fields.clear();
      for (std::size_t f = 0; f < values.size(); ++f) fields.push_back(values.at(f).text());
      if (!decoder.decode(fields, request, detail)) throw Violation("a malformed request: " + detail);
      last = entries.at(i).at(0).text();
      batch.add(last, request);
      if (batch.size() == setup.orders_per_call) write();
    }
  }
  if (!batch.empty()) write();
  reading_us = per_order(lab.read().server_cpu - before, pipeline.orders());
  return pipeline;
}

// The environment of this orderd for a setup.
Words environment_of(const Lab& lab, const Setup& setup, const Orderd& orderd) {
  Words variables = lab.environment();
  if (!setup.dedup) variables.emplace_back("ORDERD_PROCESSING_DEDUP_WINDOW=0s");
  if (setup.orders_per_call != Setup().orders_per_call && !orderd.in_group) {
    variables.push_back("ORDERD_PROCESSING_ORDERS_PER_CALL=" + std::to_string(setup.orders_per_call));
  }
  return variables;
}

}  // namespace

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

std::vector<double> cells_of(const Cost& cost) {
  return {cost.rate, cost.busy, cost.server_us, cost.client_us, cost.server_us + cost.client_us};
}

Cost cost_of(const std::vector<Reading>& readings, uint64_t orders) {
  const uint64_t margin = orders / 20;
  Reading first = readings.front(), last = readings.back();
  for (auto reading = readings.rbegin(); reading != readings.rend() && reading->done >= margin; ++reading) {
    first = *reading;
  }
  for (const Reading& reading : readings) {
    if (reading.done > orders - margin) break;
    last = reading;
  }
  // Too short to have a middle: include the start.
  if (last.done < first.done + orders / 2) {
    first = readings.front();
    last = readings.back();
  }
  return cost_between(first, last);
}

void Pipeline::add(valkey::Command command, std::optional<std::string> answer) {
  steps_.push_back({std::move(command), std::move(answer)});
}

void Pipeline::end_turn(std::size_t orders) {
  turns_.push_back(steps_.size());
  orders_ += orders;
}

double Pipeline::run(valkey::SyncClient client, std::size_t window) const {
  const std::size_t half = std::max<std::size_t>(window / 2, 1);
  const std::size_t turns = turns_.size() - 1;
  const auto begin = std::chrono::steady_clock::now();
  std::size_t sent = 0;
  for (std::size_t received = 0; received < turns;) {
    if (sent < turns && (sent == received || sent + half <= received + window)) {
      const std::size_t end = std::min(sent + half, turns);
      for (std::size_t i = turns_[sent]; i < turns_[end]; ++i) client.append(steps_[i].command);
      client.flush();
      sent = end;
    } else {
      receive(client, turns_[received], turns_[received + 1]);
      ++received;
    }
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void Pipeline::receive(valkey::SyncClient& client, std::size_t first, std::size_t end) const {
  for (std::size_t i = first; i < end; ++i) {
    const valkey::OwnedReply owned = need(client.read());
    const valkey::Reply reply = owned.view();
    const std::optional<std::string>& answer = steps_[i].answer;
    const bool good = reply.is_integer() ? answer == std::to_string(reply.integer()) : answer == reply.text();
    if (reply.is_error() || (answer && !good)) {
      throw std::runtime_error("unexpected reply: " + (reply.is_integer() ? std::to_string(reply.integer())
                                                                          : std::string(reply.text().substr(0, 120))));
    }
  }
}

Cost bare(Lab& lab, const Setup& setup, uint64_t orders) {
  lab.clear(setup.sale);
  const std::string script = need(lab.admin().load(kBareScript));
  const order::KeyTemplate stock_keys = lane_options(setup).stock_keys;
  Pipeline pipeline;
  for (uint64_t i = 1; i <= orders; ++i) {
    const std::string key = stock_keys.key(sku_name(i * 7919 % setup.sale.skus));
    pipeline.add(valkey::Command::of("EVALSHA", script, 1, key, 1), "1");
    pipeline.end_turn(1);
  }
  const Cost cost = run(lab, pipeline, kBareCalls);
  if (units_sold(lab.admin(), setup.sale) != orders) throw Violation("the bare script did not sell what it should");
  return cost;
}

Cost ceiling(Lab& lab, const Setup& setup, uint64_t orders) {
  lab.clear(setup.sale);
  fill(lab.admin(), setup.sale, orders);
  double reading_us = 0;
  const Pipeline pipeline = settling_calls(lab, setup, reading_us);
  if (pipeline.orders() != orders) throw Violation("the backlog has the wrong length");
  Cost cost = run(lab, pipeline, lane::kCallsInFlight);
  cost.read_whole_us = reading_us;
  check_outcome(lab, setup.sale, orders);
  return cost;
}

Cost drain(Lab& lab, const Setup& setup, uint64_t orders, const Orderd& orderd) {
  lab.clear(setup.sale);
  fill(lab.admin(), setup.sale, orders);
  test::ask(lab.admin(), {"CONFIG", "RESETSTAT"});
  std::vector<Reading> readings{lab.read()};
  const auto daemon = start_orderd(orderd, environment_of(lab, setup, orderd));
  lab.watch(readings, orders, *daemon);
  Cost cost = cost_of(readings, orders);
  cost.call_us = per_order(command_seconds(lab.admin(), {"evalsha"}), orders);
  cost.read_us = per_order(command_seconds(lab.admin(), {"xread", "xreadgroup"}), orders);
  cost.peak_mib = peak_mib(daemon->pid());
  stop(*daemon);
  check_outcome(lab, setup.sale, orders, orderd);
  return cost;
}

void fill_for_group(Lab& lab, const Sale& sale, uint64_t orders) {
  lab.clear(sale);
  fill(lab.admin(), sale, orders);
  test::ask(lab.admin(), {"XGROUP", "CREATE", "orders", "orderd", "0"});
}

Cost consume(Lab& lab, const Sale& sale, uint64_t orders, const Words& command, const Words& count) {
  std::vector<Reading> readings{lab.read(nullptr, count)};
  test::Process process(command);
  lab.watch(readings, orders, process, count);
  Cost cost = cost_of(readings, orders);
  cost.peak_mib = peak_mib(process.pid());
  stop(process, command.at(0));
  if (units_sold(lab.admin(), sale) != orders) throw Violation(command.at(0) + " did not take the right stock");
  return cost;
}

Words consumer_command(const Lab& lab, unsigned batch) {
  return {this_program(), "consumer", lab.url(), std::to_string(batch)};
}

void check_outcome(Lab& lab, const Sale& sale, uint64_t orders, const Orderd& orderd) {
  const auto settings = settings::Settings();
  const std::size_t results = test::length(lab.admin(), settings.streams.results);
  const std::string settled =
      orderd.in_group
          ? std::to_string(orders - test::pending_count(lab.admin(), settings.streams.orders, settings.streams.group))
          : test::ask(lab.admin(), {"HGET", settings.streams.orders + ":position", "count"});
  const uint64_t wanted = sale.sold_out ? 0 : orders * sale.lines;
  const uint64_t sold = units_sold(lab.admin(), sale);
  if (results == orders && settled == std::to_string(orders) && sold == wanted) return;
  throw Violation(std::to_string(orders) + " orders have " + std::to_string(results) + " results, " + settled +
                  " are settled, " + std::to_string(sold) + " units of " + std::to_string(wanted) + " were taken");
}

}  // namespace orderd::bench
