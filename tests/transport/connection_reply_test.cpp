// Replies go to their calls, in order; a lost reply means that the outcome is unknown.
#include "transport/connection_fixture.h"

namespace orderd::test {

TEST_CASE_FIXTURE(ConnectionFixture, "a lost call sees a failed connection and cannot send again") {
  int refused = 0;
  const auto ask_three = [&] {
    for (int i = 0; i < 3; ++i) {
      ask("GET", i).then = [&](Ask& ask) {
        CHECK(ask.lost);
        CHECK_FALSE(connection->is_open());
        CHECK(events.closed == 0);  // the listener is called after the calls
        if (!connection->send(ask, Command::of("GET", "again"))) ++refused;
      };
    }
  };
  events.on_closing = [&] {
    CHECK(connection->in_flight() == 0);
    CHECK_FALSE(connection->is_open());
  };
  SUBCASE("the server closes") {
    fake.on("GET").close();
    connect();
    ask_three();
    until_closed();
  }
  SUBCASE("the watchdog") {
    fake.on("GET").silence();
    connect(Milliseconds(20));
    ask_three();
    until_closed();
  }
  SUBCASE("close") {
    connect();
    ask_three();
    connection->close({});
  }
  CHECK(events.closed == 1);
  CHECK(refused == 3);
  turn(Milliseconds(20));
  CHECK(fake.count("GET") <= 3);  // none was resent; the fixture counts the replies
}

TEST_CASE_FIXTURE(ConnectionFixture, "many commands at once get their replies in order") {
  fake.on("GET").answer([](const Received& command) { return resp::bulk("value of " + command.words.at(1)); });
  connect();
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < 2000; ++i) {
    ask("GET", i).then = [&order, i](Ask& ask) {
      order.push_back(i);
      CHECK(ask.text == "value of " + std::to_string(i));
    };
  }
  CHECK(connection->in_flight() == 2000);
  until_answered();
  REQUIRE(order.size() == 2000);
  CHECK(std::is_sorted(order.begin(), order.end()));
  CHECK(fake.sequence(0, 2).at(1999) == "GET 1999");
}

TEST_CASE_FIXTURE(ConnectionFixture, "replies that arrive byte by byte are assembled") {
  fake.on("GET").reply(resp::bulk(std::string("\r\n\0$5", 5))).slice(1);
  fake.on("LRANGE").reply(resp::array({resp::integer(-7), resp::nil(), resp::bulks({"a", ""})})).slice(1);
  fake.on("SET").error("OOM command not allowed").slice(1);
  connect();
  const Ask& text = ask("GET", "a");
  const Ask& list = ask("LRANGE", "l", 0, -1);
  const Ask& error = ask("SET", "a", "b");
  until_answered();
  CHECK(text.text == std::string("\r\n\0$5", 5));
  CHECK(list.kind == ErrorKind::kNone);
  CHECK(error.kind == ErrorKind::kUnavailable);
}

TEST_CASE_FIXTURE(ConnectionFixture, "a large command and a large reply arrive complete") {
  const std::string large(3'000'000, 'x');
  fake.on("ECHO").answer([](const Received& command) { return resp::bulk(command.words.at(1)); });
  connect();
  const Ask& echo = ask("ECHO", large);
  const Ask& behind = ask("ECHO", "small");
  until_answered();
  CHECK(echo.text == large);
  CHECK(behind.text == "small");
}

TEST_CASE_FIXTURE(ConnectionFixture, "a reply that arrives after its connection was closed goes to no other call") {
  auto& late = fake.on("GET").with("a").reply(resp::bulk("late")).hold();
  fake.on("GET").with("b").reply(resp::bulk("fresh"));
  connect();
  const Ask& given_up = ask("GET", "a");
  connection->close({ErrorKind::kLost, "no reply"});
  CHECK(given_up.lost);
  late.release();

  ConnectionEvents others;
  auto opened = valkey::Connection::open(loop, address(), kPatience, others);
  REQUIRE(opened.ok());
  until([&] { return others.opened == 1; }, "the second connection opens");
  Ask fresh;
  REQUIRE((*opened)->send(fresh, Command::of("GET", "b")));
  until([&] { return fresh.answers == 1; }, "the reply");
  CHECK(fresh.text == "fresh");
  CHECK(given_up.answers == 1);
}

}  // namespace orderd::test
