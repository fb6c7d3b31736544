#include "settings/load.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "settings/table.h"
#include "unit/settings_sources.h"

namespace orderd::settings {
namespace {

using namespace std::chrono_literals;

TEST_CASE("the name of the daemon is the host's unless it is given") {
  std::array<char, 256> host{};
  REQUIRE(::gethostname(host.data(), host.size() - 1) == 0);
  CHECK(load(Sources{})->processing.name == host.data());
  CHECK(load_flag("processing.name", "shop 1")->processing.name == "shop 1");
  CHECK(error_of(load_flag("processing.name", "")) ==
        "--processing.name: \"\" is empty; allowed: 1 to 128 bytes without control characters");
}

TEST_CASE("every key is read from a file") {
  const TemporaryDirectory directory;
  const std::string password = write_file(directory, "password", "pw\n");
  const std::pair<std::string, bool (*)(const Settings&)> rows[] = {
      {R"(valkey.url = "valkey://h")", [](auto& is) { return is.valkey.url == "valkey://h"; }},
      {R"(valkey.sentinels = "s")", [](auto& is) { return is.valkey.sentinels == "s"; }},
      {R"(valkey.service = "shop")", [](auto& is) { return is.valkey.service == "shop"; }},
      {R"(valkey.sentinel_username = "w")", [](auto& is) { return is.valkey.sentinel_username == "w"; }},
      {R"(valkey.username = "anna")", [](auto& is) { return is.valkey.username == "anna"; }},
      {R"(valkey.connect_timeout = "100ms")", [](auto& is) { return is.valkey.connect_timeout == 100ms; }},
      {R"(valkey.reply_timeout = "10m")", [](auto& is) { return is.valkey.reply_timeout == 10min; }},
      {R"(streams.orders = "o")", [](auto& is) { return is.streams.orders == "o"; }},
      {R"(streams.results = "r")", [](auto& is) { return is.streams.results == "r"; }},
      {R"(streams.dead = "d")", [](auto& is) { return is.dead() == "d"; }},
      {R"(streams.group = "g")", [](auto& is) { return is.streams.group == "g"; }},
      {R"(keys.stock = "s:<sku>")", [](auto& is) { return is.stock_keys().key("x") == "s:x"; }},
      {R"(keys.order = "k:<id>")", [](auto& is) { return is.order_keys().key("x") == "k:x"; }},
      {R"(keys.reply = "r:<to>")", [](auto& is) { return is.reply_keys().key("x") == "r:x"; }},
      {R"(processing.name = "Bürste")", [](auto& is) { return is.processing.name == "Bürste"; }},
      {R"(processing.lease = "100ms")", [](auto& is) { return is.processing.lease == 100ms; }},
      {"processing.orders_per_call = 128", [](auto& is) { return is.processing.orders_per_call == 128; }},
      {"processing.max_in_flight = 65536", [](auto& is) { return is.processing.max_in_flight == 65536; }},
      {"processing.max_quantity = 9007199254740991",
       [](auto& is) { return is.limits().max_quantity == 9'007'199'254'740'991; }},
      {"processing.max_lines = 1000", [](auto& is) { return is.limits().max_lines == 1000; }},
      {R"(processing.dedup_window = "0s")", [](auto& is) { return is.processing.dedup_window == 0s; }},
      {R"(processing.reply_ttl = "1s")", [](auto& is) { return is.processing.reply_ttl == 1s; }},
      {R"(retention.orders = "1s")", [](auto& is) { return is.retention.orders == 1s; }},
      {R"(retention.results = "87600h")", [](auto& is) { return is.retention.results == 87600h; }},
      {R"(retention.dead = "2s")", [](auto& is) { return is.retention.dead == 2s; }},
      {R"(admin.listen = "[::1]:1")", [](auto& is) { return is.admin.listen == "[::1]:1"; }},
      {R"(log.level = "trace")", [](auto& is) { return is.log.level == LogLevel::kTrace; }},
      {R"(log.format = "json")", [](auto& is) { return is.log.format == LogFormat::kJson; }},
      {R"(shutdown.drain_timeout = "0ms")", [](auto& is) { return is.shutdown.drain_timeout == 0s; }},
  };
  std::string text = "valkey.password_file = \"" + password + "\"\n";
  for (const auto& [line, is_read] : rows) text += line + "\n";
  const auto loaded = load_text(text);
  REQUIRE_MESSAGE(loaded.ok(), error_of(loaded));
  CHECK(loaded->valkey.password_file == password);
  for (const auto& row : rows) CHECK_MESSAGE(row.second(*loaded), row.first);
}

TEST_CASE("a flag beats a variable beats the file beats the default") {
  const TemporaryDirectory directory;
  Sources sources;
  sources.file =
      write_file(directory, "f.toml", "[streams]\norders = \"file\"\nresults = \"file-r\"\ndead = \"file-d\"\n");
  sources.environment = {{"ORDERD_STREAMS_RESULTS", "variable-r"}, {"ORDERD_STREAMS_DEAD", "variable-d"}};
  sources.flags = {{"streams.dead", "first"}, {"streams.dead", "last"}};
  const auto loaded = load(sources);
  REQUIRE(loaded.ok());
  CHECK(loaded->streams.group == "orderd");
  CHECK(loaded->streams.orders == "file");
  CHECK(loaded->streams.results == "variable-r");
  CHECK(loaded->streams.dead == "last");
}

TEST_CASE("each setting has a flag and a variable") {
  for (const Setting& row : table()) {
    CAPTURE(row.key);
    const std::string start = ": \"\\x01\" ";  // the value is refused under the setting's name
    CHECK(error_of(load_flag(std::string(row.key), "\x01")).starts_with("--" + std::string(row.key) + start));
    CHECK(error_of(load_variable(row.variable(), "\x01"))
              .starts_with(row.variable() + ": " + std::string(row.key) + start));
  }
  CHECK(table().size() == 37);
  CHECK(find("processing.max_in_flight")->variable() == "ORDERD_PROCESSING_MAX_IN_FLIGHT");
  CHECK(find("valkey.url")->flag() == "--valkey.url");
}

TEST_CASE("sentinels are given as a text or as an array and with the name of the service") {
  for (const char* value : {R"("h1, h2:7,[::1]:8")", R"(["h1", "h2:7", "[::1]:8"])"}) {
    const auto loaded = load_text(std::string("[valkey]\nservice = \"shop\"\nsentinel_username = \"watch\"\n") +
                                  "url = \"valkey://anna:secret@ignored:1/3\"\nsentinels = " + value);
    REQUIRE_MESSAGE(loaded.ok(), error_of(loaded));
    const auto service = loaded->service();
    REQUIRE(service.ok());
    CHECK(service->name == "shop");
    CHECK(service->server.username + service->server.password == "annasecret");
    CHECK(service->server.database == 3);
    std::string text;
    for (const auto& each : service->sentinels)
      text += each.host + " " + std::to_string(each.port) + each.username + ";";
    CHECK(text == "h1 26379watch;h2 7watch;::1 8watch;");
  }
  const auto with = [](const std::string& lines) { return error_of(load_text("[valkey]\n" + lines)); };
  CHECK(with("sentinels = \"h\"") ==
        "F:2:13: valkey.sentinels: valkey.service is missing: the name of the primary at the sentinels");
  CHECK(with("service = \"shop\"") ==
        "F:2:11: valkey.service: \"shop\": valkey.sentinels is empty; set it, or remove this");
  for (const std::string bad : {"\"h:0\"", "\"h:\"", "\",h\"", "\"h,\"", "\"h h\"", "\"u:p@h\"", "[\"h\", \"\"]",
                                "[\"\", \"h\"]", "\"[::1\""}) {
    CHECK_MESSAGE(contains(with("service = \"shop\"\nsentinels = " + bad), "allowed: host[:port], separated by commas"),
                  bad);
  }
  for (const auto& row : std::initializer_list<std::pair<std::string, std::string>>{
           {"sentinel_username = \"w\"", "valkey.sentinels is empty"},
           {"service = \"shop\"\nurl = \"unix:///s\"\nsentinels = \"h\"", "allowed with them: valkey://"},
           {"service = \"shop\"\nsentinels = [1]", "valkey.sentinels"},
           {"service = [\"shop\"]", "an array"}}) {
    CHECK_MESSAGE(contains(with(row.first), row.second), row.first);
  }
}

TEST_CASE("a removed key is an error that says what to use instead") {
  REQUIRE(removed().size() == 3);
  for (const Removed& row : removed()) {
    const std::string key(row.key);
    const std::string error = key + " was removed: " + std::string(row.instead);
    CHECK(find(key) == nullptr);
    CHECK(error_of(load_text(key + " = 1")) == "F:1:" + std::to_string(key.find('.') + 2) + ": " + error);
    CHECK(error_of(load_variable(variable_of(key), "")) == variable_of(key) + ": " + error);
    CHECK(error_of(load_flag(key, "")) == "--" + error);
  }
  CHECK(error_of(load_text("[streams]\nconsumer = \"c-1\"")) ==
        "F:2:1: streams.consumer was removed: use processing.name, the name of this daemon");
  CHECK(contains(find_removed("processing.claim_idle")->instead, "use processing.lease"));
  CHECK(find_removed("processing.missing_group")->instead ==
        "nothing replaces it; orderd no longer needs a consumer group");
}

TEST_CASE("the group can be empty and key names can be relative to the orders stream") {
  CHECK(load(Sources{})->dead() == "orders:dead");
  CHECK(load(Sources{})->order_keys().key("o-1") == "orders:order:o-1");
  const auto loaded = load_text("[streams]\norders = \"shop\"\ngroup = \"\"\n[keys]\nstock = \"<orders>/<sku>\"");
  REQUIRE_MESSAGE(loaded.ok(), error_of(loaded));
  CHECK(loaded->streams.group.empty());
  CHECK(loaded->dead() == "shop:dead");
  CHECK(loaded->order_keys().key("o-1") == "shop:order:o-1");
  CHECK(loaded->stock_keys().key("shoe") == "shop/shoe");
  CHECK(load_flag("streams.dead", "<orders>/x")->dead() == "orders/x");
  // Not a placeholder in the stream's own name.
  CHECK(load_flag("streams.orders", "a<id>b<sku>")->order_keys().key("o-1") == "a<id>b<sku>:order:o-1");
}

TEST_CASE("every mistake is reported in the order of the sources") {
  const TemporaryDirectory directory;
  Sources sources;
  sources.file = write_file(directory, "f.toml",
                            "[streams]\nnothing = 1\ndead = \"\"\n[log]\nlevel = \"loud\"\n[keys]\nstock = \"x\"\n");
  sources.environment = {{"ORDERD_LOG_FORMAT", "xml"}, {"ORDERD_X", "1"}};
  sources.flags = {{"valkey.cluster", "maybe"}, {"processing.max_lines", "0"}, {"streams.results", "orders"}};
  const std::string error = error_of(load(sources));
  std::vector<std::size_t> at;
  for (const std::string part :
       {"f.toml:2:1: streams.nothing", "f.toml:3:8: streams.dead", "f.toml:5:9: log.level", "f.toml:7:9: keys.stock",
        "ORDERD_LOG_FORMAT: ", "ORDERD_X: ", "--valkey.cluster: ", "--processing.max_lines: ", "--streams.results: "}) {
    at.push_back(error.find(part));
    CHECK_MESSAGE(at.back() != std::string::npos, part);
  }
  CHECK(std::is_sorted(at.begin(), at.end()));
  CHECK(std::count(error.begin(), error.end(), '\n') == static_cast<std::ptrdiff_t>(at.size()) - 1);
}

TEST_CASE("every variable with the prefix is read from the environment") {
  REQUIRE(::setenv("ORDERD_LOG_LEVEL", "a=b", 1) == 0);
  REQUIRE(::setenv("ORDERD_", "", 1) == 0);
  const auto environment = read_environment();
  ::unsetenv("ORDERD_LOG_LEVEL");
  ::unsetenv("ORDERD_");
  CHECK(environment.at("ORDERD_LOG_LEVEL") == "a=b");
  CHECK(environment.contains("ORDERD_"));
  CHECK(!environment.contains("PATH"));
}

}  // namespace
}  // namespace orderd::settings
