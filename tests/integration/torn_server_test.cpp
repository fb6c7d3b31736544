// A power cut that leaves part of a decision at the end of the append-only file. With the shipped settings the server
// refuses that file, and valkey-check-aof --fix truncates it before the decision.
#include <doctest/doctest.h>

#include <memory>
#include <sstream>

#include "integration/torn_file.h"
#include "support/daemon.h"
#include "support/valkey_server.h"

using namespace orderd;
using namespace orderd::test;

namespace {

// The persistence settings of config/valkey.conf.
ServerOptions shipped_settings() {
  ServerOptions options;
  std::istringstream file(bytes_of(std::string(ORDERD_SOURCE_DIR) + "/config/valkey.conf"));
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("append") || line.starts_with("aof-")) options.config.push_back(line);
  }
  return options;
}

void serve(const ValkeyServer& server, const std::string& order, std::size_t results) {
  auto client = server.client();
  Process daemon({ORDERD_PATH}, {.environment = {"ORDERD_VALKEY_URL=unix://" + server.endpoint().path,
                                                 "ORDERD_PROCESSING_NAME=only"}});
  (void)push_order(client, order);
  wait_for_length(client, "results", results);
  end(daemon);
  check_agreement(client, results);
}

// Stops the server like a power cut, and returns its file up to the end of the last decision.
std::string cut_power(ValkeyServer& server) {
  server.kill();
  const std::string bytes = bytes_of(aof_path(server.directory()));
  return bytes.substr(0, last_decision(bytes).end);
}

// As in docs/operations.md. Returns the exit status. On the file itself: the valkey-check-aof of Valkey 9.1 rejects
// manifests.
int repair(const std::string& directory) {
  return Process({"valkey-check-aof", "--fix", aof_path(directory)}, {.input = "y\n"}).wait();
}

// A server with three decided orders, after a power cut.
struct Torn {
  ValkeyServer server;
  std::string bytes;
  Span last;

  explicit Torn(const ServerOptions& options) : server(options) {
    auto client = server.client();
    set(client, "product:shoe:stock", std::to_string(kStock));
    for (std::size_t i = 1; i <= 3; ++i) serve(server, "o-" + std::to_string(i), i);
    bytes = cut_power(server);
    last = last_decision(bytes);
  }
  [[nodiscard]] std::string file() const { return aof_path(server.directory()); }
  [[nodiscard]] std::size_t size() const { return last.end - last.begin; }
};

}  // namespace

TEST_CASE("valkey-check-aof removes a decision torn at any byte completely") {
  const Torn torn(shipped_settings());
  const std::string before = torn.bytes.substr(0, torn.last.begin);
  REQUIRE(torn.size() > 100);
  for (std::size_t kept = 1; kept < torn.size(); ++kept) {
    INFO("kept ", kept, " of ", torn.size(), " bytes");
    write_bytes(torn.file(), torn.bytes.substr(0, torn.last.begin + kept));
    REQUIRE(repair(torn.server.directory()) == 0);
    REQUIRE(bytes_of(torn.file()) == before);
  }
  write_bytes(torn.file(), torn.bytes);
  CHECK(repair(torn.server.directory()) == 0);
  CHECK(bytes_of(torn.file()) == torn.bytes);
}

TEST_CASE("with the shipped settings a torn decision is refused and the repair removes it") {
  Torn torn(shipped_settings());
  // Within MULTI, between two commands, at each quarter of the rest, and one byte before the end.
  const std::size_t border = torn.bytes.find("*", torn.last.begin + 1) - torn.last.begin;
  for (const std::size_t kept : {std::size_t{5}, border, torn.size() / 4, torn.size() / 2, torn.size() * 3 / 4,
                                 torn.size() - 14, torn.size() - 1}) {
    INFO("kept ", kept, " of ", torn.size(), " bytes");
    const std::string cut = torn.bytes.substr(0, torn.last.begin + kept);
    write_bytes(torn.file(), cut);
    CHECK_THROWS_WITH_AS(torn.server.start(), doctest::Contains("valkey-check-aof --fix"), std::runtime_error);
    CHECK(bytes_of(torn.file()) == cut);
    REQUIRE(repair(torn.server.directory()) == 0);
    torn.server.start();
    auto client = torn.server.client();
    check_agreement(client, 2);
    serve(torn.server, "o-4", 4);  // o-3, whose decision was removed, and o-4
    torn.server.kill();
    torn.server.start();
    client = torn.server.client();
    check_agreement(client, 4);
    serve(torn.server, "o-5", 5);
    torn.server.kill();
  }
}

// Why the shipped settings say `no`: with `yes`, Valkey 8.0.1 truncates a torn transaction after its last whole
// command. It then appends after the open MULTI, and executes half of the transaction at the second start. A Valkey
// that truncates before the MULTI passes too. When every supported one does, delete this case and the warning of
// `orderctl status`; `no` remains right, because damage should be looked at.
TEST_CASE("with aof-load-truncated yes a torn script is half executed or not at all") {
  ValkeyServer server({.append_only = ServerOptions::AppendOnly::kAlways, .config = {"aof-load-truncated yes"}});
  auto client = server.client();
  set(client, "stock", "5");
  (void)send(client, command_of({"EVAL",
                                 "server.call('DECRBY', 'stock', 1) server.call('XADD', 'results', '*', 'a', 'b') "
                                 "server.call('SET', 'record', 'x')",
                                 "0"}));
  server.kill();
  const std::string bytes = bytes_of(aof_path(server.directory()));
  write_bytes(aof_path(server.directory()), bytes.substr(0, last_decision(bytes).end - 14 - 5));
  server.start();
  client = server.client();
  CHECK(get(client, "stock") == "5");
  (void)send(client, command_of({"EVAL", "server.call('SET', 'a', '1') server.call('SET', 'b', '1')", "0"}));
  server.kill();
  server.start();
  client = server.client();
  const std::string stock = get(client, "stock").value_or("none");
  const std::size_t results = length(client, "results");
  CHECK_FALSE(exists(client, "record"));
  CHECK(((stock == "4" && results == 1) || (stock == "5" && results == 0)));
  MESSAGE("stock ", stock, ", results ", results);
}
