// Every setting of orderd and its tools: one struct, filled from one table (table.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "order/keys.h"
#include "order/lanes.h"
#include "order/request.h"
#include "valkey/endpoint.h"
#include "valkey/sentinels.h"

namespace orderd::settings {

using Milliseconds = std::chrono::milliseconds;

enum class LogLevel { kTrace, kDebug, kInfo, kWarn, kError };
enum class LogFormat { kText, kJson };

// The values as given, checked by load(). The defaults are those of docs/settings.md.
struct Settings {
  struct {
    std::string url = "valkey://127.0.0.1:6379";
    std::string username;
    std::string password_file;
    Milliseconds connect_timeout{5000};
    Milliseconds reply_timeout{10000};
    std::string sentinels;  // as given: use service()
    std::string service;
    bool cluster = false;
    std::string sentinel_username;
    std::string sentinel_password_file;
    std::string tls_ca_file;
    std::string tls_cert_file;
    std::string tls_key_file;
    std::string tls_server_name;
  } valkey;
  struct {
    std::string orders = "orders";
    std::string results = "results";
    std::string dead = "<orders>:dead";  // as given: use dead()
    std::string group = "orderd";        // empty: none
    std::string lanes;                   // as given: use lanes()
  } streams;
  struct {
    std::string stock = "product:<sku>:stock";  // as given: use stock_keys()
    std::string order = "<orders>:order:<id>";  // as given: use order_keys()
    std::string reply = "<orders>:reply:<to>";  // as given: use reply_keys()
  } keys;
  struct {
    std::string name;  // load() fills in the host's name by default
    Milliseconds lease{3000};
    uint32_t max_in_flight = 1024;
    uint32_t orders_per_call = 64;
    uint64_t max_quantity = 1'000'000;
    uint32_t max_lines = 64;
    Milliseconds dedup_window{24 * 3'600'000};
    Milliseconds reply_ttl{60'000};
  } processing;
  struct {
    Milliseconds orders{24 * 3'600'000};
    Milliseconds results{168 * 3'600'000};
    Milliseconds dead{0};
  } retention;
  struct {
    std::string listen = "127.0.0.1:9464";  // empty: off
  } admin;
  struct {
    LogLevel level = LogLevel::kInfo;
    LogFormat format = LogFormat::kText;
  } log;
  struct {
    Milliseconds drain_timeout{10'000};
  } shutdown;

  // The address with valkey.username and the content of valkey.password_file. The file is read at each call, so a
  // rotated password takes effect at the next connect; fails if it cannot be read.
  [[nodiscard]] Result<valkey::Endpoint> endpoint() const;
  // All addresses: several nodes are allowed with valkey.cluster; endpoint() is the first.
  [[nodiscard]] Result<std::vector<valkey::Endpoint>> endpoints() const;
  [[nodiscard]] valkey::TlsFiles tls_files() const;
  // The sentinels, if has_sentinels(). Password files are read at each call.
  [[nodiscard]] Result<valkey::Service> service() const;
  [[nodiscard]] bool has_sentinels() const { return !valkey.sentinels.empty(); }
  [[nodiscard]] order::Lanes lanes() const;
  // These settings for the lane with this index: `<lane>` is replaced in all names. Without lane names nothing is
  // replaced. The functions below are for such settings.
  [[nodiscard]] Settings for_lane(std::size_t index) const;
  std::size_t lane = 0;                                                      // which one; not a setting
  [[nodiscard]] const std::string& lane_name() const { return lane_name_; }  // empty: no name

  // The names of keys with `<orders>` replaced. They cannot fail: load() has checked the templates.
  [[nodiscard]] std::string dead() const;
  [[nodiscard]] order::KeyTemplate stock_keys() const;
  [[nodiscard]] order::KeyTemplate order_keys() const;
  [[nodiscard]] order::KeyTemplate reply_keys() const;
  [[nodiscard]] order::Limits limits() const;

 private:
  std::string lane_name_;
};

}  // namespace orderd::settings
