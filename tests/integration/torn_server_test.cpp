// A power cut that leaves part of a decision at the end of the append-only file. With the shipped settings the server
// refuses that file, and valkey-check-aof --fix truncates it before the decision.
#include "integration/torn_file.h"

namespace orderd::test {
namespace {

// The persistence settings of config/valkey.conf.
ServerOptions shipped_settings() {
  ServerOptions options;
  for (const std::string& line : lines_of(content_of(ORDERD_SOURCE_DIR "/config/valkey.conf"))) {
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

// A server with the shipped settings and three decided orders, after a power cut. Its file ends with a decision.
struct Torn {
  ValkeyServer server{shipped_settings()};
  const std::string file = aof_path(server.directory());
  std::string bytes;
  Span last;

  Torn() {
    auto client = server.client();
    set(client, "product:shoe:stock", std::to_string(kStock));
    for (std::size_t i = 1; i <= 3; ++i) serve(server, "o-" + std::to_string(i), i);
    server.kill();
    bytes = content_of(file);
    last = last_decision(bytes);
    bytes.resize(last.end);
  }
  // As in docs/operations.md. On the file itself: the valkey-check-aof of Valkey 9.1 rejects manifests.
  void repair() const { REQUIRE(Process({"valkey-check-aof", "--fix", file}, {.input = "y\n"}).wait() == 0); }
};

}  // namespace

TEST_CASE_FIXTURE(Torn, "with the shipped settings a torn decision is refused and the repair removes it") {
  // Within MULTI, between two commands, at each quarter of the rest, and one byte before the end.
  const std::size_t border = bytes.find('*', last.begin + 1) - last.begin;
  for (const std::size_t kept : {std::size_t{5}, border, last.size() / 4, last.size() / 2, last.size() * 3 / 4,
                                 last.size() - 14, last.size() - 1}) {
    INFO("kept ", kept, " of ", last.size(), " bytes");
    const std::string cut = bytes.substr(0, last.begin + kept);
    write_file(file, cut);
    CHECK_THROWS_WITH_AS(server.start(), doctest::Contains("valkey-check-aof --fix"), std::runtime_error);
    CHECK(content_of(file) == cut);
    repair();
    server.start();
    auto client = server.client();
    check_agreement(client, 2);
    serve(server, "o-4", 4);  // o-3, whose decision was removed, and o-4
    server.kill();
    server.start();
    client = server.client();
    check_agreement(client, 4);
    serve(server, "o-5", 5);
    server.kill();
  }
}

}  // namespace orderd::test
