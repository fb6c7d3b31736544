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

TEST_CASE("a missing Unix socket fails immediately") {
  ConnectionFixture test;
  test.fake.refuse();
  const auto opened = valkey::Connection::open(test.loop, test.address(), kPatience, test.events);
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error() == "cannot connect to " + test.address().path + ": No such file or directory");
  CHECK(test.events.closed == 0);
}

TEST_CASE("a closed port ends the connection before it opens") {
  ConnectionFixture test(Where::kTcp);
  test.fake.refuse();
  auto opened = valkey::Connection::open(test.loop, test.address(), kPatience, test.events);
  if (!opened) {  // some systems fail at once
    CHECK(opened.error().find("Connection refused") != std::string::npos);
    return;
  }
  test.connection = std::move(*opened);
  test.until_closed();
  CHECK(test.events.opened == 0);
  CHECK(test.events.error.kind == valkey::ErrorKind::kLost);
  CHECK(test.events.error.what == "Connection refused");
}

TEST_CASE("a server that closes ends an idle connection") {
  ConnectionFixture test;
  test.connect();
  test.fake.close_all();
  test.until_closed();
  CHECK(test.events.error.what == "Server closed the connection");
  CHECK_FALSE(test.connection->is_open());
}

TEST_CASE("a server that closes inside a reply loses that call and those after it") {
  for (const std::size_t bytes : {0, 1, 3, 8}) {
    CAPTURE(bytes);
    ConnectionFixture test;
    test.fake.on("GET").reply(resp::bulk("value")).close_after_bytes(bytes);
    test.connect();
    const Ask& cut = test.ask("GET", "a");
    const Ask& behind = test.ask("GET", "b");
    test.until_closed();
    CHECK(cut.lost);
    CHECK(behind.lost);
    CHECK(test.events.error.kind == valkey::ErrorKind::kLost);
  }
}

TEST_CASE("a reset inside a reply is noticed at once although bytes arrived before it") {
  ConnectionFixture test(Where::kTcp);
  test.fake.on("GET").reply(resp::bulk("value")).reset_after_bytes(7);
  test.connect();
  const Ask& cut = test.ask("GET", "a");
  test.until_closed();  // long before the watchdog
  CHECK(cut.lost);
  CHECK(test.events.error.kind == valkey::ErrorKind::kLost);
}

TEST_CASE("a reset after a complete reply is noticed at once") {
  ConnectionFixture test(Where::kTcp);
  test.fake.on("GET").reply(resp::bulk("value")).reset_after_bytes(11);
  test.connect();
  test.ask("GET", "a");
  test.until_closed();
  CHECK(test.events.error.kind == valkey::ErrorKind::kLost);
}

TEST_CASE("a reply that has arrived is not lost when the next command cannot be written") {
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

  Loop loop;
  ConnectionEvents events;
  auto opened = valkey::Connection::open(loop, {{}, 0, path}, kPatience, events);
  REQUIRE(opened.ok());
  const int server = accept(listener, nullptr, nullptr);
  run_until(
      loop, [&] { return events.opened == 1; }, "the connection opens");
  Ask first, second;
  REQUIRE((*opened)->send(first, valkey::Command::of("GET", "a")));
  char bytes[64];
  run_until(
      loop, [&] { return recv(server, bytes, sizeof bytes, MSG_DONTWAIT) > 0; }, "the first command has arrived");
  const std::string reply = resp::bulk("hello");
  REQUIRE(send(server, reply.data(), reply.size(), 0) == static_cast<ssize_t>(reply.size()));
  close(server);
  close(listener);
  REQUIRE((*opened)->send(second, valkey::Command::of("GET", "b")));
  run_until(
      loop, [&] { return events.closed == 1; }, "the end of the connection");
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
    test.until_closed();
    CHECK(ask.lost);
    CHECK(test.events.error.kind == valkey::ErrorKind::kLost);
    CHECK_FALSE(test.events.error.what.empty());
  }
}

TEST_CASE("an unsolicited error ends an idle connection and is reported") {
  ConnectionFixture test;
  test.connect();
  run_until(
      test.loop, [&] { return test.fake.accepted() == 1; }, "the server accepts it");
  test.fake.blurt(0, resp::error("ERR max number of clients reached"));
  test.until_closed();
  CHECK(test.events.error.what == "ERR max number of clients reached");
}

TEST_CASE("an unsolicited empty error ends the connection with a reason") {
  ConnectionFixture test;
  test.connect();
  run_until(
      test.loop, [&] { return test.fake.accepted() == 1; }, "the server accepts it");
  test.fake.blurt(0, "-\r\n");
  test.until_closed();
  CHECK(test.events.error.kind == valkey::ErrorKind::kLost);
  CHECK(test.events.error.what == "the connection ended");
}

TEST_CASE("an unsolicited reply ends the connection but not the process") {
  ConnectionFixture test;
  test.connect();
  run_until(
      test.loop, [&] { return test.fake.accepted() == 1; }, "the server accepts it");
  test.fake.blurt(0, resp::simple("OK"));
  test.until_closed();
  CHECK(test.events.error.kind == valkey::ErrorKind::kLost);
}

TEST_CASE("an extra reply after the last expected one ends the connection but not the process") {
  ConnectionFixture test;
  test.fake.on("GET").reply(resp::bulk("1") + resp::bulk("2"));
  test.connect();
  const Ask& ask = test.ask("GET", "a");
  test.until_closed();
  CHECK(ask.text == "1");
  CHECK(test.events.error.kind == valkey::ErrorKind::kLost);
}

TEST_CASE("close outside of a callback fails the calls and ends the connection before it returns") {
  ConnectionFixture test;
  test.fake.on("GET").silence();
  test.connect();
  const Ask& ask = test.ask("GET", "a");
  test.connection->close({valkey::ErrorKind::kRoleChanged, "demoted"});
  CHECK(ask.lost);
  CHECK(test.events.closed == 1);
  CHECK(test.events.error.kind == valkey::ErrorKind::kRoleChanged);
  CHECK(test.events.error.what == "demoted");
  test.connection->close({valkey::ErrorKind::kLost, "again"});
  CHECK(test.events.error.what == "demoted");
}

TEST_CASE("close while it still connects ends it") {
  for (const Where where : {Where::kUnix, Where::kTcp}) {
    ConnectionFixture test(where);
    test.open();
    test.connection->close({valkey::ErrorKind::kLost, "enough"});
    CHECK(test.events.opened == 0);
    CHECK(test.events.closed == 1);
    run_for(test.loop, Milliseconds(5));
    CHECK(test.events.opened == 0);
  }
}

TEST_CASE("close right after it opened ends it") {
  ConnectionFixture test;
  test.events.on_opening = [&] {
    test.ask("GET", "a");
    test.connection->close({valkey::ErrorKind::kLost, "enough"});
    CHECK_FALSE(test.connection->is_open());
  };
  test.open();
  test.until_closed();
  CHECK(test.asks.front()->lost);
}

TEST_CASE("close inside the callback of a reply ends it when that returns") {
  ConnectionFixture test;
  test.fake.on("GET").reply(resp::bulk("1"));
  test.connect();
  Ask& first = test.ask("GET", "a");
  const Ask& second = test.ask("GET", "b");
  first.then = [&](Ask&) {
    test.connection->close({valkey::ErrorKind::kRoleChanged, "demoted"});
    CHECK(test.events.closed == 0);
    CHECK_FALSE(test.connection->is_open());
  };
  test.until_closed();
  CHECK_FALSE(first.lost);
  CHECK(second.lost);
  CHECK(test.events.error.what == "demoted");
}

TEST_CASE("close inside the callback of a lost call or inside the end event has no effect") {
  ConnectionFixture test;
  test.fake.on("GET").close();
  test.connect();
  test.ask("GET", "a").then = [&](Ask&) { test.connection->close({valkey::ErrorKind::kRoleChanged, "late"}); };
  test.events.on_closing = [&] { test.connection->close({valkey::ErrorKind::kRoleChanged, "later"}); };
  test.until_closed();
  CHECK(test.events.error.kind == valkey::ErrorKind::kLost);
}

TEST_CASE("the destructor ends it in every state") {
  SUBCASE("connecting") {
    ConnectionFixture test;
    test.open();
  }
  SUBCASE("open") {
    ConnectionFixture test;
    test.connect();
  }
  SUBCASE("with calls in flight") {
    ConnectionFixture test;
    test.fake.on("GET").silence();
    test.connect();
    test.ask("GET", "a");
    test.ask("GET", "b");
  }
  SUBCASE("ended already") {
    ConnectionFixture test;
    test.connect();
    test.fake.close_all();
    test.until_closed();
  }
}

}  // namespace
}  // namespace orderd::test
