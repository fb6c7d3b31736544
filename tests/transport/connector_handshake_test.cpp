// The handshake: what is sent, in which order, and the result of each refusal.
#include "transport/connector_fixture.h"

namespace orderd::test {
namespace {

using Texts = std::vector<std::string>;

const std::string kSecret = "correct horse";
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
const std::string kSteps[] = {"AUTH", "HELLO", "INFO", "SELECT", "CLIENT SETNAME", "SCRIPT LOAD"};

TEST_CASE_FIXTURE(FullHandshake, "the handshake authenticates, selects, sets the name and loads the scripts") {
  connects();
  CHECK(fake.sequence(0, 4) == Texts{"AUTH orderd correct horse", "HELLO", "INFO server", "SELECT 3",
                                     "CLIENT SETINFO LIB-NAME orderd", "CLIENT SETINFO LIB-VER " ORDERD_VERSION,
                                     "CLIENT SETNAME orderd-test", "SCRIPT LOAD " + std::string(kSettle),
                                     "SCRIPT LOAD " + std::string(kRefuse)});
  CHECK(ready.script_ids == Texts{"settle", "refuse"});
  CHECK(ready.connection->is_open());
}

TEST_CASE_FIXTURE(ConnectorFixture, "characters not allowed in a client name are replaced") {
  const std::pair<std::string, std::string> rows[] = {{"orderd-read:shop 1", "orderd-read:shop_1"},
                                                      {"a\nb\tc\x7f", "a_b_c_"},
                                                      {"!~", "!~"},
                                                      {"K\u00f6ln", "K__ln"},
                                                      {std::string("\0", 1), "_"}};
  const auto [name, sent] = each_of(rows);
  CAPTURE(name);
  handshake.name = name;
  connects();
  CHECK(fake.count("CLIENT SETNAME " + sent) == 1);
}

TEST_CASE_FIXTURE(ConnectorFixture, "a refusal of CLIENT is ignored, and CLIENT SETINFO is not waited for") {
  const std::pair<std::string, std::string> rows[] = {
      {"CLIENT SETINFO", "NOPERM this user has no permissions to run the 'client|setinfo' command"},
      {"CLIENT SETINFO", "ERR unknown subcommand 'SETINFO'. Try CLIENT HELP."},
      {"CLIENT SETINFO", "ODD words of a proxy"},
      {"CLIENT", "NOPERM this user has no permissions to run the 'client|setname' command"},
      {"CLIENT", "ERR unknown command 'CLIENT'"},
      {"CLIENT", "ERR Client names cannot contain spaces, newlines or special characters."}};
  const auto [command, denied] = each_of(rows);
  CAPTURE(denied);
  fake.on(command).error(denied);
  auto& held = fake.on("CLIENT SETINFO").error(denied).hold();
  start();
  until_count("CLIENT SETNAME", 1);
  held.release();
  until_connected();
  CHECK(ready.connection->in_flight() == 0);
}

TEST_CASE_FIXTURE(ConnectorFixture, "a user without a password and a password without a user are sent") {
  const Texts rows[] = {{"AUTH", "orderd", ""}, {"AUTH", kSecret}};  // the latter: the default user
  const Texts sent = each_of(rows);
  if (sent.size() == 3) endpoint.username = sent[1];
  endpoint.password = sent.back();
  connects();
  CHECK(fake.received().front().words == sent);
}

TEST_CASE_FIXTURE(FullHandshake, "each refusal in the handshake has an error kind and names the command") {
  struct Row {
    std::string command;
    std::string error;
    ErrorKind kind;
  };
  const Row rows[] = {
      {"AUTH", "WRONGPASS invalid username-password pair or user is disabled.", ErrorKind::kRefused},
      {"HELLO", "NOAUTH HELLO must be called with the client already authenticated", ErrorKind::kRefused},
      {"INFO", "LOADING Valkey is loading the dataset in memory", ErrorKind::kUnavailable},
      {"INFO", "NOAUTH Authentication required.", ErrorKind::kRefused},
      {"SELECT", "ERR DB index is out of range", ErrorKind::kFault},
      {"CLIENT SETNAME", "NOAUTH Authentication required.", ErrorKind::kRefused},
      {"CLIENT SETNAME", "ERR max number of clients reached", ErrorKind::kFault},
      {"CLIENT SETNAME", "BUSY Valkey is busy running a script.", ErrorKind::kUnavailable},
      {"SCRIPT LOAD", "READONLY You can't write against a read only replica.", ErrorKind::kRoleChanged},
  };
  const auto [command, refusal, kind] = each_of(rows);
  CAPTURE(command);
  CAPTURE(refusal);
  fake.on(command).error(refusal);
  fails(kind, command + " was refused: " + refusal);
  CHECK(fake.received().back().begins(command));  // nothing was sent after it
  until_disconnected();
}

TEST_CASE_FIXTURE(FullHandshake, "a password that the server repeats in its error is not in ours") {
  // The reply of a server without AUTH, or with AUTH renamed.
  fake.on("AUTH").error("ERR unknown command 'AUTH', with args beginning with: 'orderd' 'correct horse' ");
  fails();
  CHECK_FALSE(contains(error.what, kSecret));
  CHECK(error.what.starts_with("AUTH was refused: ERR"));
}

TEST_CASE("a connection lost at any step, and a server silent from there on, are errors that name the server") {
  for (const std::string& command : kSteps) {
    for (const bool silent : {false, true}) {
      CAPTURE(command);
      CAPTURE(silent);
      FullHandshake test;
      const std::string server = test.endpoint.redacted();
      auto& step = test.fake.on(command);
      if (silent) {
        step.silence();
        test.handshake.connect_timeout = Milliseconds(30);
        test.fails(ErrorKind::kLost, "no connection to " + server + " after 30 ms");
      } else {
        step.close_after_bytes(0);
        test.fails(ErrorKind::kLost, "cannot connect to " + server + ": Server closed the connection");
      }
      CHECK_FALSE(contains(test.error.what, kSecret));
      test.until_disconnected();
    }
  }
}

TEST_CASE_FIXTURE(FullHandshake, "a connector that is destroyed during the handshake ends silently") {
  const std::string command = each_of(kSteps);
  CAPTURE(command);
  fake.on(command).silence();
  start();
  until_waits(command);
  connector.reset();
  until_disconnected();
  CHECK(connected + failed == 0);
}

}  // namespace
}  // namespace orderd::test
