// The data of a report: a run over time, as files in a directory. See docs/replay.md for their columns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "order-replay/recording.h"
#include "order-replay/run_summary.h"
#include "order-replay/sink.h"

namespace orderd::replay {

// File names in the directory.
inline constexpr const char* kSummaryFile = "summary.json";
inline constexpr const char* kSeriesFile = "series.csv";
inline constexpr const char* kLatencyFile = "latency.csv";
inline constexpr const char* kStockFile = "stock.csv";

// What report.gp expects before it: the data of a run, from its files in `directory`, as gnuplot reads them.
[[nodiscard]] Result<std::string> report_data(const std::string& directory, const tools::Json& summary);

class RunData {
 public:
  // Only the first SKUs that are sold have a curve.
  static constexpr std::size_t kMaxSkus = 8;

  // Creates the directory if it does not exist, and replaces the files in it.
  [[nodiscard]] static Result<RunData> open(const std::string& directory);

  void add(const tools::Entry& result);
  void sample(uint64_t now_ns, const RunSummary& summary);
  [[nodiscard]] Result<bool> finish(const RunSummary& summary);

 private:
  struct Stock {
    std::string sku;
    uint64_t remaining = 0;
    std::optional<uint64_t> written = std::nullopt;
  };
  RunData(std::string directory, Sink series, Sink stock)
      : directory_(std::move(directory)), series_(std::move(series)), stock_file_(std::move(stock)) {}
  void note_stock(const Left& left);
  void write_stock(const std::string& seconds, const std::string& sku, uint64_t remaining);

  std::string directory_;
  Sink series_;
  Sink stock_file_;
  std::vector<Stock> stock_;
};

}  // namespace orderd::replay
