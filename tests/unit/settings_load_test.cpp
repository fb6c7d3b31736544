#include "settings/load.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "settings/table.h"
#include "support/certificates.h"
#include "unit/settings_sources.h"

namespace orderd::settings {
namespace {

using namespace std::chrono_literals;
using test::error_of;
using test::load_flag;
using test::load_text;
using test::load_variable;
using test::TemporaryDirectory;
using test::write_file;

// settings_print_test.cpp has the default of every key.
TEST_CASE("without any source key names begin with the default name of the orders stream") {
  const auto loaded = load(Sources{});
  REQUIRE(loaded.ok());
  CHECK(loaded->dead() == "orders:dead");
  CHECK(loaded->order_keys().key("o-1") == "orders:order:o-1");
}

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
  const auto loaded = load_text(R"(
    [valkey]
    url = "unix:///run/v.sock"
    username = "anna"
    password_file = ")" + password +
                                R"("
    connect_timeout = "100ms"
    reply_timeout = "10m"
    [streams]
    orders = "o"
    results = "r"
    dead = "d"
    group = "g"
    [keys]
    stock = "s:<sku>"
    order = "k:<id>"
    [processing]
    name = "Bürste"
    lease = "100ms"
    orders_per_call = 128
    max_in_flight = 65536
    max_quantity = 9007199254740991
    max_lines = 1000
    dedup_window = "0s"
    [retention]
    orders = "1s"
    results = "87600h"
    [log]
    level = "trace"
    format = "json"
    [shutdown]
    drain_timeout = "0ms"
  )");
  REQUIRE_MESSAGE(loaded.ok(), error_of(loaded));
  CHECK(loaded->valkey.url == "unix:///run/v.sock");
  CHECK(loaded->valkey.username == "anna");
  CHECK(loaded->valkey.password_file == password);
  CHECK(loaded->valkey.connect_timeout == 100ms);
  CHECK(loaded->valkey.reply_timeout == 10min);
  CHECK(loaded->streams.orders == "o");
  CHECK(loaded->streams.results == "r");
  CHECK(loaded->dead() == "d");
  CHECK(loaded->streams.group == "g");
  CHECK(loaded->processing.name == "Bürste");
  CHECK(loaded->processing.lease == 100ms);
  CHECK(loaded->processing.orders_per_call == 128);
  CHECK(loaded->stock_keys().key("x") == "s:x");
  CHECK(loaded->order_keys().key("x") == "k:x");
  CHECK(loaded->processing.max_in_flight == 65536);
  CHECK(loaded->limits().max_quantity == 9'007'199'254'740'991);
  CHECK(loaded->limits().max_lines == 1000);
  CHECK(loaded->processing.dedup_window == 0s);
  CHECK(loaded->retention.orders == 1s);
  CHECK(loaded->retention.results == 87600h);
  CHECK(loaded->log.level == LogLevel::kTrace);
  CHECK(loaded->log.format == LogFormat::kJson);
  CHECK(loaded->shutdown.drain_timeout == 0s);
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

TEST_CASE("an overridden value must still be valid") {
  Sources sources;
  sources.environment = {{"ORDERD_LOG_LEVEL", "loud"}};
  sources.flags = {{"log.level", "info"}};
  CHECK(error_of(load(sources)) ==
        "ORDERD_LOG_LEVEL: log.level: \"loud\" is not valid; allowed: trace, debug, info, warn, error");
}

TEST_CASE("each setting has a flag and a variable") {
  const TemporaryDirectory directory;
  const std::string password = write_file(directory, "password", "pw");
  test::Authority authority("CA");
  const test::CertificateFiles client = authority.sign("client", {});
  const auto value_for = [&](std::string_view key) -> std::string {
    if (key == "valkey.url") return "valkey://h";
    if (key == "valkey.password_file" || key == "valkey.sentinel_password_file") return password;
    if (key == "valkey.tls_ca_file") return authority.file();
    if (key == "valkey.tls_cert_file") return client.cert;
    if (key == "valkey.tls_key_file") return client.key;
    if (key == "keys.stock") return "k:<sku>";
    if (key == "keys.order") return "k:<id>:x";
    if (key == "keys.reply") return "r:<to>";
    if (key == "admin.listen") return "[::1]:1";
    if (key == "log.level") return "warn";
    if (key == "log.format") return "json";
    if (key == "retention.results") return "2000h";
    const Setting* row = find(key);
    if (std::holds_alternative<Whole>(row->type)) return "7";
    if (std::holds_alternative<Bool>(row->type)) return "true";
    return std::holds_alternative<Duration>(row->type) ? "7s" : "name";
  };
  for (const Setting& row : table()) {
    CAPTURE(row.key);
    // Settings that are valid only together.
    Sources others;
    for (const char* key : {"valkey.sentinels", "valkey.service"}) {
      if (row.key.starts_with("valkey.se") && row.key != key) others.flags.emplace_back(key, "other");
    }
    const bool tls = row.key.starts_with("valkey.tls_");
    if (tls) others.flags.emplace_back("valkey.url", "valkeys://h");
    if (row.key == "valkey.tls_cert_file") others.flags.emplace_back("valkey.tls_key_file", client.key);
    if (row.key == "valkey.tls_key_file") others.flags.emplace_back("valkey.tls_cert_file", client.cert);
    const bool tagged = row.key == "streams.lanes" || row.key == "valkey.cluster";
    if (tagged) {
      const std::string tag = row.key == "streams.lanes" ? "{<lane>}:" : "{shop}:";
      others.flags.emplace_back("streams.orders", tag + "orders");
      others.flags.emplace_back("streams.results", tag + "results");
      others.flags.emplace_back("keys.stock", tag + "stock:<sku>");
    }
    Sources other_value = others;
    if (tagged) other_value.flags.emplace_back(row.key, row.key == "streams.lanes" ? "other" : "false");
    Sources flag = others;
    flag.flags.emplace_back(row.key, value_for(row.key));
    Sources variable = others;
    variable.environment.emplace(row.variable(), value_for(row.key));
    const auto by_flag = load(flag);
    const auto by_variable = load(variable);
    REQUIRE_MESSAGE(by_flag.ok(), error_of(by_flag));
    REQUIRE_MESSAGE(by_variable.ok(), error_of(by_variable));
    Settings before = *by_flag;
    const Setting& text_row = row;
    if (tls || row.key.starts_with("valkey.se")) {
      std::get<Text>(text_row.type).field(before).clear();
    } else {
      before = *load(other_value);
    }
    const Changes changes = compare(before, *by_flag);
    CHECK(changes.live.size() + changes.restart.size() == 1);
    CHECK(compare(*by_flag, *by_variable).restart.empty());
  }
  CHECK(table().size() == 37);
}

TEST_CASE("the variable of a setting is its key in capitals") {
  CHECK(find("processing.max_in_flight")->variable() == "ORDERD_PROCESSING_MAX_IN_FLIGHT");
  CHECK(find("valkey.url")->variable() == "ORDERD_VALKEY_URL");
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
  CHECK(with("sentinel_username = \"w\"").find("valkey.sentinels is empty") != std::string::npos);
  CHECK(with("service = \"shop\"\nurl = \"unix:///s\"\nsentinels = \"h\"").find("allowed with them: valkey://") !=
        std::string::npos);
  for (const char* bad :
       {"\"h:0\"", "\"h:\"", "\",h\"", "\"h,\"", "\"h h\"", "\"u:p@h\"", "[\"h\", \"\"]", "\"[::1\""}) {
    CAPTURE(bad);
    CHECK(
        with(std::string("service = \"shop\"\nsentinels = ") + bad).find("allowed: host[:port], separated by commas") !=
        std::string::npos);
  }
  CHECK(with("service = \"shop\"\nsentinels = [1]").find("valkey.sentinels") != std::string::npos);
  CHECK(with("service = [\"shop\"]").find("an array") != std::string::npos);
}

TEST_CASE("a removed key is an error that says what to use instead") {
  const auto consumer = [](const std::string& where) {
    return where + " was removed: use processing.name, the name of this daemon";
  };
  CHECK(error_of(load_text("[streams]\nconsumer = \"c-1\"")) == consumer("F:2:1: streams.consumer"));
  CHECK(error_of(load_variable("ORDERD_STREAMS_CONSUMER", "c-1")) ==
        consumer("ORDERD_STREAMS_CONSUMER: streams.consumer"));
  CHECK(error_of(load_flag("streams.consumer", "c-1")) == consumer("--streams.consumer"));
  CHECK(error_of(load_text("[processing]\nclaim_idle = \"30s\"")).find("use processing.lease") != std::string::npos);
  CHECK(error_of(load_text("processing.missing_group = \"create\"")) ==
        "F:1:12: processing.missing_group was removed: nothing replaces it; orderd no longer needs a consumer group");
  REQUIRE(removed().size() == 3);
  for (const Removed& row : removed()) {
    CHECK(find(row.key) == nullptr);
    CHECK(error_of(load_text(std::string(row.key) + " = 1")).find(" was removed: ") != std::string::npos);
    CHECK(error_of(load_variable(variable_of(row.key), "")).find(" was removed: ") != std::string::npos);
    CHECK(error_of(load_flag(std::string(row.key), "")).find(" was removed: ") != std::string::npos);
  }
}

TEST_CASE("the group can be empty and key names can be relative to the orders stream") {
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
  for (const char* part :
       {"f.toml:2:1: streams.nothing", "f.toml:3:8: streams.dead", "f.toml:5:9: log.level", "f.toml:7:9: keys.stock",
        "ORDERD_LOG_FORMAT: ", "ORDERD_X: ", "--valkey.cluster: ", "--processing.max_lines: ", "--streams.results: "}) {
    CAPTURE(part);
    at.push_back(error.find(part));
    CHECK(at.back() != std::string::npos);
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
