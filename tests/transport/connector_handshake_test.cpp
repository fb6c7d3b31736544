// The handshake: what is sent, in which order, and the result of each refusal.
#include <doctest/doctest.h>

#include "transport/connector_fixture.h"

namespace orderd::test {
namespace {

using Texts = std::vector<std::string>;

constexpr const char* kSecret = "correct horse";
constexpr std::string_view kSettle = "#!lua\n-- settle.lua: decides.";
constexpr std::string_view kRefuse = "#!lua\n-- refuse.lua: refuses.";

// A handshake with every step.
struct FullHandshake : ConnectorFixture {
  FullHandshake() {
    endpoint.username = "orderd";
    endpoint.password = kSecret;
    endpoint.database = 3;
    handshake.scripts = {kSettle, kRefuse};
  }
};
constexpr const char* kSteps[] = {"AUTH", "HELLO", "INFO", "SELECT", "CLIENT SETNAME", "SCRIPT LOAD"};

const std::string kLibraryName = "CLIENT SETINFO LIB-NAME orderd";
const std::string kLibraryVersion = "CLIENT SETINFO LIB-VER " ORDERD_VERSION;

TEST_CASE_FIXTURE(FullHandshake,
                  "the handshake authenticates, selects the database, sets the client name and loads the scripts") {
  connects();
  CHECK(fake.sequence(0, 4) == Texts{"AUTH orderd correct horse", "HELLO", "INFO server", "SELECT 3", kLibraryName,
                                     kLibraryVersion, "CLIENT SETNAME orderd-test",
                                     "SCRIPT LOAD " + std::string(kSettle), "SCRIPT LOAD " + std::string(kRefuse)});
  CHECK(ready.script_ids == std::vector<std::string>{"settle", "refuse"});
  CHECK(ready.connection->is_open());
}

TEST_CASE_FIXTURE(ConnectorFixture, "the handshake omits what is not needed") {
  connects();
  CHECK(fake.sequence(0, 4) ==
        Texts{"HELLO", "INFO server", kLibraryName, kLibraryVersion, "CLIENT SETNAME orderd-test"});
}

TEST_CASE("characters not allowed in a client name are replaced") {
  const std::pair<std::string, std::string> rows[] = {{"orderd-read:shop 1", "orderd-read:shop_1"},
                                                      {"a\nb\tc\x7f", "a_b_c_"},
                                                      {"!~", "!~"},
                                                      {"K\u00f6ln", "K__ln"},
                                                      {std::string("\0", 1), "_"}};
  for (const auto& row : rows) {
    CAPTURE(row.first);
    ConnectorFixture test;
    test.handshake.name = row.first;
    test.connects();
    CHECK(test.fake.count("CLIENT SETNAME " + row.second) == 1);
  }
}

TEST_CASE("a refusal of CLIENT SETINFO is ignored and its reply not waited for") {
  for (const char* denied : {"NOPERM this user has no permissions to run the 'client|setinfo' command",
                             "ERR unknown subcommand 'SETINFO'. Try CLIENT HELP.", "ODD words of a proxy"}) {
    CAPTURE(std::string(denied));
    ConnectorFixture test;
    auto& held = test.fake.on("CLIENT SETINFO").error(denied).hold();
    test.start();
    test.until([&] { return test.fake.count("CLIENT SETNAME") == 1; }, "the name is sent");
    held.release();
    test.until_connected();
    CHECK(test.ready.connection->in_flight() == 0);
  }
}

TEST_CASE("a refusal of CLIENT is ignored") {
  for (const char* denied :
       {"NOPERM this user has no permissions to run the 'client|setname' command", "ERR unknown command 'CLIENT'",
        "ERR Client names cannot contain spaces, newlines or special characters."}) {
    CAPTURE(std::string(denied));
    ConnectorFixture test;
    test.fake.on("CLIENT").error(denied);
    test.connects();
  }
}

TEST_CASE("a user without a password and a password without a user are sent") {
  const std::vector<std::string> rows[] = {{"AUTH", "orderd", ""}, {"AUTH", kSecret}};  // the latter: the default user
  for (const Texts& sent : rows) {
    ConnectorFixture test;
    if (sent.size() == 3) test.endpoint.username = sent[1];
    test.endpoint.password = sent.back();
    test.connects();
    CHECK(test.fake.received().front().words == sent);
  }
}

TEST_CASE_FIXTURE(FullHandshake, "the handshake can arrive byte by byte") {
  for (const char* command : {"AUTH", "HELLO", "INFO", "ROLE", "SELECT", "CLIENT"})
    fake.on(command).reply(resp::simple("OK")).slice(1);
  fake.on("SCRIPT LOAD").reply(resp::bulk(std::string(40, 'a'))).slice(1);
  connects();
  CHECK(ready.script_ids.at(1) == std::string(40, 'a'));
}

TEST_CASE("each refusal in the handshake has an error kind and names the command") {
  struct Row {
    const char* command;
    const char* error;
    valkey::ErrorKind kind;
  };
  using valkey::ErrorKind;
  const std::vector<Row> rows = {
      {"AUTH", "WRONGPASS invalid username-password pair or user is disabled.", ErrorKind::kRefused},
      {"AUTH", "ERR AUTH <password> called without any password configured", ErrorKind::kFault},
      {"AUTH", "LOADING Valkey is loading the dataset in memory", ErrorKind::kUnavailable},
      {"SELECT", "NOPERM this user has no permissions to run the 'select' command", ErrorKind::kRefused},
      {"SELECT", "ERR DB index is out of range", ErrorKind::kFault},
      {"CLIENT SETNAME", "NOAUTH Authentication required.", ErrorKind::kRefused},
      {"CLIENT SETNAME", "ERR max number of clients reached", ErrorKind::kFault},
      {"HELLO", "NOAUTH HELLO must be called with the client already authenticated", ErrorKind::kRefused},
      {"INFO", "LOADING Valkey is loading the dataset in memory", ErrorKind::kUnavailable},
      {"INFO", "NOAUTH Authentication required.", ErrorKind::kRefused},
      {"CLIENT SETNAME", "BUSY Valkey is busy running a script.", ErrorKind::kUnavailable},
      {"SCRIPT LOAD", "NOPERM this user has no permissions to run the 'script|load' command", ErrorKind::kRefused},
      {"SCRIPT LOAD", "OOM command not allowed when used memory > 'maxmemory'.", ErrorKind::kUnavailable},
      {"SCRIPT LOAD", "LOADING Valkey is loading the dataset in memory", ErrorKind::kUnavailable},
      {"SCRIPT LOAD", "READONLY You can't write against a read only replica.", ErrorKind::kRoleChanged},
      {"SCRIPT LOAD", "ERR Error compiling script", ErrorKind::kFault},
  };
  for (const Row& row : rows) {
    CAPTURE(std::string(row.error));
    FullHandshake test;
    test.fake.on(row.command).error(row.error);
    test.fails();
    CHECK(test.error.kind == row.kind);
    CHECK(test.error.what == std::string(row.command) + " was refused: " + row.error);
    CHECK(test.error.what.find(kSecret) == std::string::npos);
    CHECK(test.fake.received().back().begins(row.command));  // nothing was sent after it
    test.until([&] { return test.fake.standing() == 0; }, "the connection is closed");
  }
}

TEST_CASE_FIXTURE(FullHandshake, "a password that the server repeats in its error is not in ours") {
  // The reply of a server without AUTH, or with AUTH renamed.
  fake.on("AUTH").error("ERR unknown command 'AUTH', with args beginning with: 'orderd' 'correct horse' ");
  fails();
  CHECK(error.what.find(kSecret) == std::string::npos);
  CHECK(error.what.find("AUTH was refused: ERR") == 0);
}

TEST_CASE("a lost connection at any step is an error with the server's name and without the password") {
  for (const char* command : kSteps) {
    CAPTURE(std::string(command));
    FullHandshake test;
    test.fake.on(command).close_after_bytes(0);
    test.fails(valkey::ErrorKind::kLost,
               "cannot connect to " + test.endpoint.redacted() + ": Server closed the connection");
    CHECK(test.error.what.find(kSecret) == std::string::npos);
  }
}

TEST_CASE("a server that stops replying at any step fails at the deadline") {
  for (const char* command : kSteps) {
    CAPTURE(std::string(command));
    FullHandshake test;
    test.handshake.connect_timeout = Milliseconds(30);
    test.fake.on(command).silence();
    test.fails(valkey::ErrorKind::kLost, "no connection to " + test.endpoint.redacted() + " after 30 ms");
    test.until([&] { return test.fake.standing() == 0; }, "the connection is closed");
  }
}

TEST_CASE("a connector that is destroyed during the handshake ends silently") {
  for (const char* command : kSteps) {
    CAPTURE(std::string(command));
    FullHandshake test;
    test.fake.on(command).silence();
    test.start();
    test.until([&] { return test.fake.waits(command); }, "the step is reached");
    test.connector.reset();
    test.until([&] { return test.fake.standing() == 0; }, "the connection ends");
    CHECK(test.connected + test.failed == 0);
  }
}

}  // namespace
}  // namespace orderd::test
