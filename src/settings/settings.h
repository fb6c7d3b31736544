// Every setting of orderd and its tools: one struct, filled from one table (table.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "order/keys.h"
#include "order/request.h"
#include "valkey/endpoint.h"

namespace orderd::settings {

using Milliseconds = std::chrono::milliseconds;

enum class MissingGroup { kCreate, kStop };
enum class LogLevel { kTrace, kDebug, kInfo, kWarn, kError };
enum class LogFormat { kText, kJson };

// As read and checked. The defaults are the contract's.
struct Settings {
  struct {
    std::string url = "valkey://127.0.0.1:6379";
    std::string username;
    std::string password_file;
    Milliseconds connect_timeout{5000};
    Milliseconds reply_timeout{10000};
  } valkey;
  struct {
    std::string orders = "orders";
    std::string results = "results";
    std::string dead = "orders:dead";
    std::string group = "orderd";
    std::string consumer;  // never empty once loaded: the host's name
  } streams;
  struct {
    std::string stock = "product:<sku>:stock";
    std::string order = "order:<id>";
  } keys;
  struct {
    uint32_t max_in_flight = 1024;
    uint64_t max_quantity = 1'000'000;
    uint32_t max_lines = 64;
    Milliseconds claim_idle{30'000};
    Milliseconds dedup_window{24 * 3'600'000};
    MissingGroup missing_group = MissingGroup::kCreate;
  } processing;
  struct {
    Milliseconds orders{24 * 3'600'000};
    Milliseconds results{168 * 3'600'000};
  } retention;
  struct {
    LogLevel level = LogLevel::kInfo;
    LogFormat format = LogFormat::kText;
  } log;
  struct {
    Milliseconds drain_timeout{10'000};
  } shutdown;

  // valkey.url parsed, with valkey.username and the content of valkey.password_file put in. Read at each call, so a
  // rotated password is seen at the next connect; fails where the file cannot be read.
  [[nodiscard]] Result<valkey::Endpoint> endpoint() const;
  // Checked at loading, so these cannot fail.
  [[nodiscard]] order::KeyTemplate stock_keys() const;
  [[nodiscard]] order::KeyTemplate order_keys() const;
  [[nodiscard]] order::Limits limits() const;
};

}  // namespace orderd::settings
