// Samples are written at once, so memory does not grow with the run.
#include "order-replay/run_data.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "order-replay/csv.h"

namespace orderd::replay {
namespace {

std::string seconds_text(uint64_t now_ns, const RunSummary& summary) {
  const uint64_t since_ns = now_ns > summary.begin_ns ? now_ns - summary.begin_ns : 0;
  return std::to_string(static_cast<double>(since_ns) / 1e9);
}

}  // namespace

Result<RunData> RunData::open(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return Failure{fmt::format("cannot create the directory '{}': {}", tools::shown(directory), error.message())};
  }
  auto series = Sink::open(directory + "/" + kSeriesFile);
  if (!series) return series.failure();
  auto stock = Sink::open(directory + "/" + kStockFile);
  if (!stock) return stock.failure();
  series->write("seconds,pushed,accepted,rejected,duplicate\n");
  stock->write("seconds,sku,remaining\n");
  return RunData(directory, std::move(*series), std::move(*stock));
}

void RunData::add(const tools::Entry& result) {
  if (result.field("status") == "accepted") each_left(result, [this](const Left& left) { note_stock(left); });
}

void RunData::note_stock(const Left& left) {
  for (Stock& stock : stock_) {
    if (stock.sku != left.sku) continue;
    stock.remaining = left.remaining;
    return;
  }
  if (stock_.size() == kMaxSkus) return;
  stock_.push_back({std::string(left.sku), left.remaining});
  // The stock before the first sale.
  write_stock(seconds_text(0, {}), stock_.back().sku, left.quantity + left.remaining);
}

void RunData::write_stock(const std::string& seconds, const std::string& sku, uint64_t remaining) {
  stock_file_.write(fmt::format("{},{},{}\n", seconds, csv_text(sku), remaining));
}

void RunData::sample(uint64_t now_ns, const RunSummary& summary) {
  const std::string seconds = seconds_text(now_ns, summary);
  series_.write(fmt::format("{},{},{},{},{}\n", seconds, summary.pushed, summary.accepted, summary.all_rejected(),
                            summary.duplicates));
  for (Stock& stock : stock_) {
    if (stock.written == stock.remaining) continue;
    stock.written = stock.remaining;
    write_stock(seconds, stock.sku, stock.remaining);
  }
}

Result<bool> RunData::finish(const RunSummary& summary) {
  for (Sink* sink : {&series_, &stock_file_}) {
    if (auto flushed = sink->flush(); !flushed) return flushed;
  }
  std::string latency = "up_to_us,count\n";
  for (const auto& [upper, count] : summary.latency.buckets()) {
    latency += fmt::format("{:f},{}\n", static_cast<double>(upper) / 1e3, count);
  }
  auto written = Sink::write_file(directory_ + "/" + kLatencyFile, latency);
  return written ? Sink::write_file(directory_ + "/" + kSummaryFile, summary.json().dump(2) + "\n") : written;
}

}  // namespace orderd::replay
