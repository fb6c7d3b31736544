// Makes up a workload: the same settings and the same seed give the same bytes on every machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "order-replay/numbers.h"

namespace orderd::replay {

struct Workload {
  enum class Spread { kUniform, kZipf, kHot };
  uint64_t seed = 1;
  uint64_t orders = 1000;      // lines that are requests, malformed and repeated ones included
  uint64_t skus = 100;         // at most 2^20
  std::string sku = "sku-";    // the name of a single SKU, or the prefix of several
  uint64_t stock = 1'000'000;  // of each SKU
  Spread spread = Spread::kUniform;
  uint64_t exponent = kMillion;  // of kZipf, in millionths
  uint64_t hot = kMillion / 2;   // the first SKU's share with kHot, in millionths
  uint64_t lanes = 1;            // all SKUs of an order belong to one of so many lanes
  uint64_t lines_min = 1;
  uint64_t lines_max = 1;
  uint64_t quantity_min = 1;
  uint64_t quantity_max = 1;
  uint64_t customers = 1000;
  std::string id = {};  // prefix of order IDs; empty: "g", the seed and a dash. So workloads of two seeds share no ID
  // Shares of all requests, in millionths, together at most a million.
  uint64_t malformed = 0;
  uint64_t unknown = 0;   // ask for an SKU that has no stock
  uint64_t repeated = 0;  // one of the last kRemembered orders again
  uint64_t reused = 0;    // the id of one of them, with other content
  uint64_t rate = 1000;   // requests a second
  bool poisson = false;   // gaps are exponentially distributed; else they are all the same
};

class Generator {
 public:
  static constexpr std::size_t kRemembered = 256;

  explicit Generator(const Workload& workload);

  // Appends the next line of the recording, with its newline: first the stock of each SKU, then the requests. False:
  // there is none any more.
  [[nodiscard]] bool next(std::string& out);

 private:
  struct Order {
    std::string id;
    std::string json;
  };

  void next_time();
  [[nodiscard]] std::string sku_name(uint64_t sku) const {
    return workload_.skus == 1 ? workload_.sku : workload_.sku + std::to_string(sku + 1);
  }
  [[nodiscard]] uint64_t pick_sku();
  [[nodiscard]] std::string pick_other(const std::string& first);
  void make_order(const std::string& id, uint64_t customer, bool unknown, std::string& out);
  void append_line(std::string& out, const std::string& sku);
  void append_malformed(std::string& out);

  const Workload workload_;
  const std::string id_;
  Random random_;
  Zipf zipf_;
  std::vector<Order> remembered_;  // a ring
  uint64_t stock_written_ = 0;
  uint64_t requests_ = 0;
  uint64_t at_ns_ = 0;
};

}  // namespace orderd::replay
