// However a connection ends, it reports that once, after all its calls were answered. The fixture checks both.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>

#include "transport/connection_fixture.h"

namespace orderd::test {
namespace {

using Where = FakeServer::Where;

TEST_CASE_FIXTURE(ConnectionFixture, "a missing Unix socket fails immediately") {
  fake.refuse();
  const auto opened = valkey::Connection::open(loop, address(), kPatience, events);
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error() == "cannot connect to " + address().path + ": No such file or directory");
  CHECK(events.closed == 0);
}

TEST_CASE_FIXTURE(TcpConnectionFixture, "a closed port ends the connection before it opens") {
  fake.refuse();
  auto opened = valkey::Connection::open(loop, address(), kPatience, events);
  if (!opened) {  // some systems fail at once
    CHECK(opened.error().find("Connection refused") != std::string::npos);
    return;
  }
  connection = std::move(*opened);
  until_closed(valkey::ErrorKind::kLost, "Connection refused");
  CHECK(events.opened == 0);
}

TEST_CASE_FIXTURE(ConnectionFixture, "a server that closes ends an idle connection") {
  connect();
  fake.close_all();
  until_closed();
  CHECK(events.error.what == "Server closed the connection");
  CHECK_FALSE(connection->is_open());
}

TEST_CASE("a server that closes inside a reply loses that call and those after it") {
  for (const std::size_t bytes : {0, 1, 3, 8}) {
    CAPTURE(bytes);
    ConnectionFixture test;
    test.fake.on("GET").reply(resp::bulk("value")).close_after_bytes(bytes);
    test.connect();
    const Ask& cut = test.ask("GET", "a");
    const Ask& behind = test.ask("GET", "b");
    test.until_closed(valkey::ErrorKind::kLost);
    CHECK(cut.lost);
    CHECK(behind.lost);
  }
}

TEST_CASE("a reset inside or after a reply is noticed at once although bytes arrived before it") {
  for (const std::size_t bytes : {7U, 11U}) {
    CAPTURE(bytes);
    ConnectionFixture test(Where::kTcp);
    test.fake.on("GET").reply(resp::bulk("value")).reset_after_bytes(bytes);
    test.connect();
    const Ask& cut = test.ask("GET", "a");
    test.until_closed(valkey::ErrorKind::kLost);  // long before the watchdog
    if (bytes < 11) CHECK(cut.lost);
  }
}

TEST_CASE_FIXTURE(LoopFixture, "a reply that has arrived is not lost when the next command cannot be written") {
  std::signal(SIGPIPE, SIG_IGN);  // as orderd does
  // A server of its own: it acts while the loop does not turn.
  const TemporaryDirectory directory;
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::string path = directory.path() + "/socket";
  path.copy(address.sun_path, path.size());
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(listen(listener, 1) == 0);

  ConnectionEvents events;
  auto opened = valkey::Connection::open(loop, {{}, 0, path}, kPatience, events);
  REQUIRE(opened.ok());
  const int server = accept(listener, nullptr, nullptr);
  until([&] { return events.opened == 1; }, "the connection opens");
  Ask first, second;
  REQUIRE((*opened)->send(first, valkey::Command::of("GET", "a")));
  char bytes[64];
  until([&] { return recv(server, bytes, sizeof bytes, MSG_DONTWAIT) > 0; }, "the first command has arrived");
  const std::string reply = resp::bulk("hello");
  REQUIRE(send(server, reply.data(), reply.size(), 0) == static_cast<ssize_t>(reply.size()));
  close(server);
  close(listener);
  REQUIRE((*opened)->send(second, valkey::Command::of("GET", "b")));
  until([&] { return events.closed == 1; }, "the end of the connection");
  CHECK(first.text == "hello");
  CHECK_FALSE(first.lost);
  CHECK(second.lost);
}

TEST_CASE("bytes that are not a reply end the connection") {
  for (const char* garbage : {"HTTP/1.1 400 Bad Request\r\n\r\n", "$-5\r\n", "*1\r\n*1\r\nx", "\0\0\0\0", "$abc\r\n"}) {
    CAPTURE(std::string(garbage));
    ConnectionFixture test;
    test.fake.on("GET").reply(std::string(garbage, std::max<std::size_t>(std::char_traits<char>::length(garbage), 4)));
    test.connect();
    const Ask& ask = test.ask("GET", "a");
    test.until_closed(valkey::ErrorKind::kLost);
    CHECK(ask.lost);
    CHECK_FALSE(test.events.error.what.empty());
  }
}

TEST_CASE("unsolicited bytes end an idle connection with a reason but not the process") {
  const std::string refusal = "ERR max number of clients reached";
  const std::pair<std::string, std::string> rows[] = {
      {resp::error(refusal), refusal}, {"-\r\n", "the connection ended"}, {resp::simple("OK"), ""}};
  for (const auto& [bytes, reason] : rows) {
    CAPTURE(bytes);
    ConnectionFixture test;
    test.connect();
    test.until([&] { return test.fake.accepted() == 1; }, "the server accepts it");
    test.fake.blurt(0, bytes);
    test.until_closed(valkey::ErrorKind::kLost);
    CHECK(test.events.error.what.starts_with(reason));
  }
}

TEST_CASE_FIXTURE(ConnectionFixture,
                  "an extra reply after the last expected one ends the connection but not the process") {
  fake.on("GET").reply(resp::bulk("1") + resp::bulk("2"));
  connect();
  const Ask& call = ask("GET", "a");
  until_closed(valkey::ErrorKind::kLost);
  CHECK(call.text == "1");
}

TEST_CASE_FIXTURE(ConnectionFixture,
                  "close outside of a callback fails the calls and ends the connection before it returns") {
  fake.on("GET").silence();
  connect();
  const Ask& call = ask("GET", "a");
  connection->close({valkey::ErrorKind::kRoleChanged, "demoted"});
  CHECK(call.lost);
  CHECK(events.closed == 1);
  CHECK(events.error.kind == valkey::ErrorKind::kRoleChanged);
  CHECK(events.error.what == "demoted");
  connection->close({valkey::ErrorKind::kLost, "again"});
  CHECK(events.error.what == "demoted");
}

TEST_CASE("close while it still connects ends it") {
  for (const Where where : {Where::kUnix, Where::kTcp}) {
    ConnectionFixture test(where);
    test.open();
    test.connection->close({valkey::ErrorKind::kLost, "enough"});
    CHECK(test.events.opened == 0);
    CHECK(test.events.closed == 1);
    test.turn(Milliseconds(5));
    CHECK(test.events.opened == 0);
  }
}

TEST_CASE_FIXTURE(ConnectionFixture, "close right after it opened ends it") {
  events.on_opening = [&] {
    ask("GET", "a");
    connection->close({valkey::ErrorKind::kLost, "enough"});
    CHECK_FALSE(connection->is_open());
  };
  open();
  until_closed();
  CHECK(asks.front()->lost);
}

TEST_CASE_FIXTURE(ConnectionFixture, "close inside the callback of a reply ends it when that returns") {
  fake.on("GET").reply(resp::bulk("1"));
  connect();
  Ask& first = ask("GET", "a");
  const Ask& second = ask("GET", "b");
  first.then = [&](Ask&) {
    connection->close({valkey::ErrorKind::kRoleChanged, "demoted"});
    CHECK(events.closed == 0);
    CHECK_FALSE(connection->is_open());
  };
  until_closed();
  CHECK_FALSE(first.lost);
  CHECK(second.lost);
  CHECK(events.error.what == "demoted");
}

TEST_CASE_FIXTURE(ConnectionFixture, "close inside the callback of a lost call or inside the end event has no effect") {
  fake.on("GET").close();
  connect();
  ask("GET", "a").then = [&](Ask&) { connection->close({valkey::ErrorKind::kRoleChanged, "late"}); };
  events.on_closing = [&] { connection->close({valkey::ErrorKind::kRoleChanged, "later"}); };
  until_closed(valkey::ErrorKind::kLost);
}

TEST_CASE_FIXTURE(ConnectionFixture, "the destructor ends it in every state") {
  SUBCASE("connecting") {
    open();
  }
  SUBCASE("open") {
    connect();
  }
  SUBCASE("with calls in flight") {
    fake.on("GET").silence();
    connect();
    ask("GET", "a");
    ask("GET", "b");
  }
  SUBCASE("ended already") {
    connect();
    fake.close_all();
    until_closed();
  }
}

}  // namespace
}  // namespace orderd::test
