#include "settings/load.h"

#include <doctest/doctest.h>

#include <initializer_list>
#include <tuple>

#include "unit/settings_sources.h"

namespace orderd::settings {
namespace {

using namespace std::chrono_literals;

// Each of these texts is refused; `why` follows the text in the error.
void refused(const std::string& key, const std::vector<std::string>& texts, const std::string& why) {
  for (const std::string& text : texts)
    CHECK(error_of(load_flag(key, text)) == "--" + key + ": \"" + text + "\"" + why);
}

TEST_CASE("a duration is a whole number and a unit") {
  for (const auto& [text, value] : std::initializer_list<std::pair<const char*, Milliseconds>>{
           {"1000ms", 1s}, {"1s", 1s}, {"90m", 90min}, {"24h", 24h}, {"86400000ms", 24h}}) {
    CHECK(load_flag("processing.dedup_window", text)->processing.dedup_window == value);
  }
  const std::string allowed = "; allowed: 100ms to 10m, a whole number and a unit: ms, s, m or h";
  refused("processing.lease", {"30"}, " has no unit" + allowed);
  refused("processing.lease",
          {"1.5s", "30 s", " 30s", "30s ", "-1s", "+1s", "1S", "1d", "1h30m", "24h1ms", "s", "", "030s", "0x1s",
           "1e3ms", "1us", "00s"},
          " is not a duration" + allowed);
  refused("processing.lease", {"0s", "99ms", "11m", "600001ms", "99999999999999999999h", "9223372036854775807h"},
          " is out of range" + allowed);
}

TEST_CASE("each duration has its range and zero only if it has a meaning") {
  using Texts = std::vector<std::string>;
  const std::tuple<std::string, Texts, Texts> rows[] = {
      {"valkey.connect_timeout", {"100ms", "10m"}, {"0s", "99ms", "601s"}},
      {"valkey.reply_timeout", {"100ms", "10m"}, {"0s", "99ms", "11m"}},
      {"processing.lease", {"100ms", "10m"}, {"0s", "0ms", "601s"}},
      {"processing.dedup_window", {"0s", "0h", "1s", "8760h"}, {"999ms", "1ms", "8761h"}},
      {"retention.orders", {"1s", "168h"}, {"999ms", "87601h"}},
      {"retention.results", {"0s", "24h", "87600h"}, {"999ms", "87601h"}},
      {"retention.dead", {"0s", "1s", "87600h"}, {"999ms", "87601h"}},
      {"shutdown.drain_timeout", {"0s", "0ms", "1ms", "1h", "60m"}, {"61m", "2h"}},
  };
  for (const auto& row : rows) {
    const auto& [key, good, bad] = row;
    CAPTURE(std::get<0>(row));
    for (const std::string& text : good) CHECK(error_of(load_flag(key, text)) == "");
    for (const std::string& text : bad)
      CHECK(contains(error_of(load_flag(key, text)), "\" is out of range; allowed: "));
  }
}

TEST_CASE("a whole number is digits within its range") {
  for (const char* text : {"", "x", "1.0", "1e3", "0x10", " 5", "5 ", "+5", "05", "-", "5k"}) {
    CHECK(error_of(load_variable("ORDERD_PROCESSING_MAX_IN_FLIGHT", text)) ==
          "ORDERD_PROCESSING_MAX_IN_FLIGHT: processing.max_in_flight: \"" + std::string(text) +
              "\" is not a whole number; allowed: a whole number from 1 to 65536");
  }
  const std::string allowed = " is out of range; allowed: a whole number from 1 to ";
  refused("processing.max_in_flight", {"0", "65537", "-1", "4294967297", "18446744073709551617"}, allowed + "65536");
  refused("processing.max_quantity", {"0", "9007199254740992"}, allowed + "9007199254740991");
  refused("processing.orders_per_call", {"0", "129"}, allowed + "128");
  refused("processing.max_lines", {"0", "1001"}, allowed + "1000");
}

TEST_CASE("a choice is one of its words") {
  refused("log.format", {"Text"}, " is not valid; allowed: text, json");
  refused("log.level", {"loud"}, " is not valid; allowed: trace, debug, info, warn, error");
  CHECK(load_flag("log.level", "error")->log.level == LogLevel::kError);
  CHECK(load_flag("log.level", "debug")->log.level == LogLevel::kDebug);
}

TEST_CASE("a name has a limited number of bytes and no control characters") {
  using Case = std::tuple<const char*, std::size_t, std::size_t>;
  for (const auto& [key, min, max] :
       {Case{"streams.orders", 1, 256}, Case{"streams.results", 1, 256}, Case{"streams.dead", 1, 256},
        Case{"streams.group", 0, 256}, Case{"processing.name", 1, 128}}) {
    const std::string where = std::string("--") + key + ": ";
    const std::string allowed =
        "; allowed: " + std::to_string(min) + " to " + std::to_string(max) + " bytes without control characters";
    CHECK(error_of(load_flag(key, std::string(max, 'n'))) == "");
    CHECK(error_of(load_flag(key, "")) == (min == 0 ? "" : where + "\"\" is empty" + allowed));
    CHECK(error_of(load_flag(key, std::string(max + 1, 'n'))) ==
          where + "\"" + std::string(96, 'n') + "...\" is too long" + allowed);
    CHECK(error_of(load_flag(key, "a\nb")) == where + "\"a\\x0Ab\" contains a control character" + allowed);
    CHECK(error_of(load_flag(key, "\x7f")) == where + "\"\\x7F\" contains a control character" + allowed);
    CHECK(error_of(load_flag(key, "\xc2\x85")) == where + "\"\\xC2\\x85\" contains a control character" + allowed);
    for (const char* text :
         {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xf0\x80\x80\x80", "\xe0\x80\x80"}) {
      CHECK(contains(error_of(load_flag(key, text)), "is not valid UTF-8" + allowed));
    }
    CHECK(error_of(load_flag(key, "\xe2\x82\xac \xf0\x9f\x98\x80")).empty());
  }
}

TEST_CASE("the admin server listens on an IP address and a port or on nothing") {
  for (const char* text : {"127.0.0.1:9464", "0.0.0.0:1", "[::1]:65535", "[::]:0", "localhost:0", ""}) {
    CHECK(error_of(load_flag("admin.listen", text)) == "");
  }
  const std::string allowed = "; allowed: 127.0.0.1:9464, [::1]:9464, 0.0.0.0:9464 and the like; empty: off";
  refused("admin.listen", {"9464"}, " has no port" + allowed);
  refused("admin.listen", {":9464"}, " has no address before the port" + allowed);
  refused("admin.listen", {"127.0.0.1:", "127.0.0.1:http", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1", "[::1]"},
          " has no port between 0 and 65535 after the last colon" + allowed);
  refused("admin.listen", {"host:1", "127.1:1", "[127.0.0.1]:1", " 127.0.0.1:1", "*:1", "[]:1"},
          " has something that is not an IP address before the port" + allowed);
  refused("admin.listen", {"[::1:1", "::1:9464"}, " has an IPv6 address without brackets" + allowed);
}

TEST_CASE("a key contains its placeholder once, and only keys are relative to the orders stream") {
  const std::string template_of = " is not a key template; allowed: 1 to 256 bytes that contain ";
  refused("keys.stock", {"stock", "<id>", "<sku>:<sku>"}, template_of + "<sku> once");
  refused("keys.order", {"order", "<sku>", "<id><id>"}, template_of + "<id> once");
  CHECK(contains(error_of(load_flag("keys.order", "")), "is empty"));
  for (const char* key : {"streams.orders", "streams.results"}) {
    refused(key, {"<orders>:x"}, ": <orders> is not allowed here, only in streams.dead and in keys");
  }
}

TEST_CASE("no template can produce another key, nor any name be one of orderd's own") {
  const auto same = [](const std::string& one, const std::string& other) {
    return "--keys.stock: keys.stock \"" + one + "\" and " + other +
           " can produce the same key; allowed: two that differ before or after their placeholders\n";
  };
  const std::vector<std::pair<Flags, std::string>> rows = {
      {{{"keys.stock", "<orders>:<sku>"}},
       same("<orders>:<sku>", "keys.order \"<orders>:order:<id>\"") +
           same("<orders>:<sku>", "keys.reply \"<orders>:reply:<to>\"") +
           "--keys.stock: keys.stock \"<orders>:<sku>\" can produce the key of streams.dead \"orders:dead\""},
      {{{"streams.orders", "product:a"}, {"keys.stock", "product:<sku>"}},
       same("product:<sku>", "keys.order \"<orders>:order:<id>\"") +
           same("product:<sku>", "keys.reply \"<orders>:reply:<to>\"") +
           "--keys.stock: keys.stock \"product:<sku>\" can produce the key of streams.orders \"product:a\""},
      {{{"keys.stock", "s<sku>"}, {"streams.results", "sales"}},
       "--keys.stock: keys.stock \"s<sku>\" can produce the key of streams.results \"sales\""},
      {{{"streams.dead", "product:x:stock"}},
       "--streams.dead: keys.stock \"product:<sku>:stock\" can produce the key of streams.dead \"product:x:stock\""},
      {{{"streams.results", "orders:position"}},
       "--streams.results: streams.results is orderd's key for the position, \"orders:position\"; allowed: another "
       "name"},
      {{{"streams.dead", "<orders>:owner"}},
       "--streams.dead: streams.dead is orderd's key for the owner, \"orders:owner\"; allowed: another name"},
      {{{"streams.dead", "shop:standby"}, {"streams.orders", "shop"}},
       "--streams.dead: streams.dead is orderd's key for the standby daemons, \"shop:standby\"; allowed: another name"},
      {{{"keys.order", "<orders>:p<id>"}, {"streams.dead", "d"}},
       "--keys.order: keys.order \"<orders>:p<id>\" can produce orderd's key for the position, \"orders:position\""},
  };
  for (const auto& [flags, error] : rows) CHECK(error_of(load_flags(flags)) == error);
  const std::vector<std::pair<Flags, std::string>> parts = {
      {{{"keys.reply", "orders:order:<to>"}},
       "keys.order \"<orders>:order:<id>\" and keys.reply \"orders:order:<to>\" can produce the same key"},
      {{{"keys.reply", "<orders>:<to>"}}, "can produce the key of streams.dead"},
  };
  for (const auto& row : parts) CHECK_MESSAGE(contains(error_of(load_flags(row.first)), row.second), row.second);
}

TEST_CASE("results are kept at least as long as requests") {
  const auto retention = [](const char* orders, const char* results) {
    return error_of(load_flags({{"retention.orders", orders}, {"retention.results", results}}));
  };
  const std::string shorter = ": retention.results is shorter than retention.orders; allowed: 0s, or at least as long";
  CHECK(retention("24h", "24h") == "");
  CHECK(retention("0s", "0s") == "");
  CHECK(retention("24h", "0s") == "");
  CHECK(retention("24h", "23h") == "--retention.results" + shorter);
  CHECK(retention("0s", "87600h") ==
        "--retention.results: results are trimmed, but requests are kept forever (retention.orders is 0s); allowed: "
        "0s, or another retention.orders");
  CHECK(error_of(load_flag("retention.orders", "169h")) == "--retention.orders" + shorter);
  CHECK(contains(error_of(load_flag("retention.orders", "0s")), "results are trimmed, but requests are kept forever"));
  CHECK(!contains(retention("24h", "1"), "is shorter"));
}

TEST_CASE("the three streams have three names") {
  CHECK(error_of(load_flag("streams.results", "orders")) ==
        "--streams.results: streams.orders and streams.results are both \"orders\"; allowed: three different names");
  CHECK(contains(error_of(load_flags({{"streams.orders", "x"}, {"streams.dead", "x"}})),
                 "streams.orders and streams.dead are both"));
  CHECK(contains(error_of(load_variable("ORDERD_STREAMS_DEAD", "results")),
                 "ORDERD_STREAMS_DEAD: streams.dead: streams.results and"));
  // A conflict with an invalid value is not reported.
  CHECK(error_of(load_flags({{"streams.dead", "results"}, {"streams.results", ""}})) ==
        "--streams.results: \"\" is empty; allowed: 1 to 256 bytes without control characters");
}

}  // namespace
}  // namespace orderd::settings
