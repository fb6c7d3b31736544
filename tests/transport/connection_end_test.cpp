// However a connection ends, it reports that once, after all its calls were answered. The fixture checks both.
#include "transport/connection_fixture.h"

namespace orderd::test {

TEST_CASE_FIXTURE(ConnectionFixture, "a server that closes inside a reply loses that call and those after it") {
  const std::size_t bytes = each_of({0, 1, 3, 8});
  CAPTURE(bytes);
  fake.on("GET").reply(resp::bulk("value")).close_after_bytes(bytes);
  connect();
  ask("GET", "a");
  ask("GET", "b");
  until_closed();
  CHECK(lost() == 2);
}

TEST_CASE_FIXTURE(Tcp<ConnectionFixture>,
                  "a reset inside or after a reply is noticed at once although bytes arrived before it") {
  const std::size_t bytes = each_of({7U, 11U});
  CAPTURE(bytes);
  fake.on("GET").reply(resp::bulk("value")).reset_after_bytes(bytes);
  connect();
  const Ask& cut = ask("GET", "a");
  until_closed();  // long before the watchdog
  if (bytes < 11) CHECK(cut.lost);
}

TEST_CASE_FIXTURE(LoopFixture, "a reply that has arrived is not lost when the next command cannot be written") {
  Loop others;  // the server acts while the connection's loop does not turn
  FakeServer fake(others);
  fake.on("GET").reply(resp::bulk("hello")).close();
  const auto served_until = [&](std::size_t standing) {
    (void)uv_run(others.raw(), UV_RUN_NOWAIT);
    return fake.accepted() == 1 && fake.standing() == standing;
  };
  ConnectionEvents events;
  auto opened = valkey::Connection::open(loop, {{}, 0, fake.endpoint().path}, kPatience, events);
  REQUIRE(opened.ok());
  until([&] { return served_until(1) && events.opened == 1; }, "the connection opens");
  Ask first, second;
  REQUIRE((*opened)->send(first, Command::of("GET", "a")));
  until([&] { return served_until(0); }, "the reply and the end of the server");
  CHECK(first.answers == 0);
  REQUIRE((*opened)->send(second, Command::of("GET", "b")));
  until([&] { return events.closed == 1; }, "the end of the connection");
  CHECK(first.text == "hello");
  CHECK_FALSE(first.lost);
  CHECK(second.lost);
}

TEST_CASE_FIXTURE(ConnectionFixture, "bytes that are not a reply, or an extra reply, end only the connection") {
  const std::pair<std::string, std::string> rows[] = {
      {"HTTP/1.1 400 Bad Request\r\n\r\n", ""}, {"$-5\r\n", ""},  {"*1\r\n*1\r\nx", ""},
      {std::string("\0\0\0\0", 4), ""},         {"$abc\r\n", ""}, {resp::bulk("1") + resp::bulk("2"), "1"}};
  const auto [bytes, reply] = each_of(rows);
  CAPTURE(bytes);
  fake.on("GET").reply(bytes);
  connect();
  const Ask& call = ask("GET", "a");
  until_closed();
  CHECK(call.lost == reply.empty());
  CHECK(call.text == reply);
  CHECK_FALSE(events.error.what.empty());
}

TEST_CASE_FIXTURE(ConnectionFixture, "unsolicited bytes end an idle connection with a reason but not the process") {
  const std::string refusal = "ERR max number of clients reached";
  const std::pair<std::string, std::string> rows[] = {{resp::error(refusal), refusal},
                                                      {"-\r\n", "the connection ended"},
                                                      {resp::simple("OK"), ""},
                                                      {"", "Server closed the connection"}};  // no bytes: it closes
  const auto [bytes, reason] = each_of(rows);
  CAPTURE(bytes);
  connect();
  until([&] { return fake.accepted() == 1; }, "the server accepts it");
  fake.blurt(0, bytes);
  if (bytes.empty()) fake.close(0);
  until_closed();
  CHECK(events.error.what.starts_with(reason));
  CHECK_FALSE(connection->is_open());
}

TEST_CASE("a connection that still connects refuses calls, and close ends it") {
  for (const Where where : {Where::kUnix, Where::kTcp}) {
    ConnectionFixture test(where);
    test.open();
    Ask early;
    CHECK_FALSE(test.connection->send(early, Command::of("GET", "a")));
    test.connection->close({ErrorKind::kLost, "enough"});
    CHECK(test.events.closed == 1);
    CHECK(early.answers == 0);
    test.turn(Milliseconds(5));
    CHECK(test.events.opened == 0);
  }
}

TEST_CASE_FIXTURE(ConnectionFixture, "close right after it opened ends it") {
  events.on_opening = [&] {
    ask("GET", "a");
    connection->close({ErrorKind::kLost, "enough"});
    CHECK_FALSE(connection->is_open());
  };
  open();
  until_closed();
  CHECK(lost() == 1);
}

TEST_CASE_FIXTURE(ConnectionFixture, "close inside the callback of a reply ends it when that returns") {
  fake.on("GET").reply(resp::bulk("1"));
  connect();
  Ask& first = ask("GET", "a");
  const Ask& second = ask("GET", "b");
  first.then = [&](Ask&) {
    connection->close({ErrorKind::kRoleChanged, "demoted"});
    CHECK(events.closed == 0);
    CHECK_FALSE(connection->is_open());
  };
  until_closed("demoted", ErrorKind::kRoleChanged);
  CHECK_FALSE(first.lost);
  CHECK(second.lost);
}

TEST_CASE_FIXTURE(ConnectionFixture, "close inside the callback of a lost call or inside the end event has no effect") {
  fake.on("GET").close();
  connect();
  ask("GET", "a").then = [&](Ask&) { connection->close({ErrorKind::kRoleChanged, "late"}); };
  events.on_closing = [&] { connection->close({ErrorKind::kRoleChanged, "later"}); };
  until_closed();
}

// The fixture destroys it in every test, mostly open or ended already.
TEST_CASE_FIXTURE(ConnectionFixture, "the destructor ends it while it connects and with calls in flight") {
  SUBCASE("connecting") open();
  SUBCASE("with calls in flight") {
    fake.on("GET").silence();
    connect();
    ask("GET", "a");
    ask("GET", "b");
  }
}

}  // namespace orderd::test
