#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "settings/load.h"
#include "settings/table.h"
#include "settings/value.h"
#include "unit/settings_sources.h"

namespace orderd::settings {
namespace {

using test::error_of;
using test::load_flags;
using test::load_text;
using test::load_variable;

bool equal(const Settings& a, const Settings& b) {
  const Changes changes = compare(a, b);
  return changes.live.empty() && changes.restart.empty();
}

TEST_CASE("what is printed loads as the same settings") {
  const test::TemporaryDirectory directory;
  const std::string password = test::write_file(directory, "pass \"word\\", "pw");
  const auto loaded = load_flags({{"valkey.url", "unix:///a%20b?db=3"},
                                  {"valkey.username", "an\"na\\"},
                                  {"valkey.password_file", password},
                                  {"valkey.connect_timeout", "90s"},
                                  {"streams.orders", "\xe2\x82\xac \"o\" \\ # '"},
                                  {"processing.max_quantity", "9007199254740991"},
                                  {"processing.dedup_window", "0h"},
                                  {"processing.orders_per_call", "1"},
                                  {"streams.group", ""},
                                  {"keys.stock", "<orders>:stock:<sku>"},
                                  {"log.format", "json"},
                                  {"shutdown.drain_timeout", "1001ms"}});
  REQUIRE_MESSAGE(loaded.ok(), error_of(loaded));
  const auto again = load_text(print(*loaded));
  REQUIRE_MESSAGE(again.ok(), error_of(again));
  CHECK(equal(*loaded, *again));
  CHECK(print(*again) == print(*loaded));
}

TEST_CASE("every key is printed with its default") {
  const std::string text = print(*load_flags({{"processing.name", "c"}}));
  CHECK(text == R"([valkey]
url = "valkey://127.0.0.1:6379"
username = ""
password_file = ""
connect_timeout = "5s"
reply_timeout = "10s"
sentinels = ""
service = ""
sentinel_username = ""
sentinel_password_file = ""
cluster = false
tls_ca_file = ""
tls_cert_file = ""
tls_key_file = ""
tls_server_name = ""

[streams]
orders = "orders"
results = "results"
dead = "<orders>:dead"
group = "orderd"
lanes = ""

[keys]
stock = "product:<sku>:stock"
order = "<orders>:order:<id>"
reply = "<orders>:reply:<to>"

[processing]
name = "c"
lease = "3s"
max_in_flight = 1024
orders_per_call = 64
max_quantity = 1000000
max_lines = 64
dedup_window = "24h"
reply_ttl = "1m"

[retention]
orders = "24h"
results = "168h"
dead = "0s"

[admin]
listen = "127.0.0.1:9464"

[log]
level = "info"
format = "text"

[shutdown]
drain_timeout = "10s"
)");
}

TEST_CASE("a password is printed as three asterisks") {
  const auto loaded = load_variable("ORDERD_VALKEY_URL", "valkey://anna:hunter2@h/3");
  REQUIRE(loaded.ok());
  const std::string text = print(*loaded);
  CHECK(text.find("hunter2") == std::string::npos);
  CHECK(text.find("url = \"valkey://anna:***@h:6379/3\"\n") != std::string::npos);
  CHECK(load_text(text).ok());
}

TEST_CASE("a URL without a password is printed as it was given") {
  CHECK(print(*load_variable("ORDERD_VALKEY_URL", "redis://h/")).find("url = \"redis://h/\"\n") != std::string::npos);
}

TEST_CASE("a duration is printed in the largest unit that divides it") {
  const Setting& row = *find("processing.dedup_window");
  Settings settings;
  for (const auto& [value, text] : std::initializer_list<std::pair<int64_t, const char*>>{{0, "\"0s\""},
                                                                                          {1, "\"1ms\""},
                                                                                          {1000, "\"1s\""},
                                                                                          {61'000, "\"61s\""},
                                                                                          {120'000, "\"2m\""},
                                                                                          {90'000'000, "\"25h\""}}) {
    settings.processing.dedup_window = Milliseconds(value);
    CHECK(literal(row, settings) == text);
  }
}

TEST_CASE("random settings survive printing and loading") {
  std::mt19937_64 random(20261123);
  for (int round = 0; round < 50; ++round) {
    Settings settings = *load(Sources{});
    for (const Setting& row : table()) {
      if (const auto* whole = std::get_if<Whole>(&row.type)) {
        whole->set(settings, std::uniform_int_distribution<uint64_t>(whole->min, whole->max)(random));
      } else if (const auto* duration = std::get_if<Duration>(&row.type)) {
        duration->set(settings, Milliseconds(std::uniform_int_distribution<int64_t>(duration->min.count(),
                                                                                    duration->max.count())(random)));
      } else if (const auto* choice = std::get_if<Choice>(&row.type)) {
        choice->set(settings, std::uniform_int_distribution<std::size_t>(0, choice->names.size() - 1)(random));
      }
    }
    // The one rule between them.
    settings.retention.results = std::max(settings.retention.results, settings.retention.orders);
    const auto again = load_text(print(settings));
    REQUIRE_MESSAGE(again.ok(), error_of(again));
    CHECK(equal(settings, *again));
  }
}

}  // namespace
}  // namespace orderd::settings
