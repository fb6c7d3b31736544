// Replies go to their calls, in order; a lost reply means that the outcome is unknown.
#include <doctest/doctest.h>

#include "transport/connection_fixture.h"

namespace orderd::test {
namespace {

TEST_CASE("a lost call sees a failed connection and cannot send again") {
  ConnectionFixture test;
  test.fake.on("GET").close();
  test.connect();
  int refused = 0;
  for (int i = 0; i < 3; ++i) {
    test.ask("GET", i).then = [&](Ask& ask) {
      CHECK(ask.lost);
      CHECK_FALSE(test.connection->is_open());
      CHECK(test.events.closed == 0);  // the listener is called after the calls
      if (!test.connection->send(ask, valkey::Command::of("GET", "again"))) ++refused;
    };
  }
  test.until_closed();
  CHECK(refused == 3);
  run_for(test.loop, Milliseconds(20));
  CHECK(test.fake.count("GET") <= 3);  // none was resent; the fixture counts the replies
}

TEST_CASE("a handler that resends on a lost reply is refused after the watchdog and after close") {
  ConnectionFixture test;
  test.fake.on("GET").silence();
  const auto again = [&](Ask& ask) { CHECK_FALSE(test.connection->send(ask, valkey::Command::of("GET", "again"))); };
  SUBCASE("watchdog") {
    test.connect(Milliseconds(20));
    test.ask("GET", "a").then = again;
    test.until_closed();
  }
  SUBCASE("close") {
    test.connect();
    test.ask("GET", "a").then = again;
    test.connection->close({});
  }
  CHECK(test.events.closed == 1);
}

TEST_CASE("a call is refused before the connection opens and after it ends") {
  ConnectionFixture test;
  Ask ask;
  test.open();
  CHECK_FALSE(test.connection->send(ask, valkey::Command::of("GET", "a")));
  run_until(
      test.loop, [&] { return test.events.opened == 1; }, "the connection opens");
  test.fake.close_all();
  test.until_closed();
  CHECK_FALSE(test.connection->send(ask, valkey::Command::of("GET", "a")));
  CHECK(ask.answers == 0);
  CHECK(test.connection->in_flight() == 0);
}

TEST_CASE("the end event can query the connection") {
  ConnectionFixture test;
  test.fake.on("GET").silence();
  test.connect();
  test.ask("GET", "a");
  test.events.on_closing = [&] {
    CHECK(test.connection->in_flight() == 0);
    CHECK_FALSE(test.connection->is_open());
  };
  test.fake.close_all();
  test.until_closed();
}

TEST_CASE("many commands at once get their replies in order") {
  ConnectionFixture test;
  test.fake.on("GET").answer([](const Received& command) { return resp::bulk("value of " + command.words.at(1)); });
  test.connect();
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < 2000; ++i) {
    test.ask("GET", i).then = [&order, i](Ask& ask) {
      order.push_back(i);
      CHECK(ask.text == "value of " + std::to_string(i));
    };
  }
  CHECK(test.connection->in_flight() == 2000);
  test.until_answered();
  REQUIRE(order.size() == 2000);
  CHECK(std::is_sorted(order.begin(), order.end()));
  CHECK(test.fake.sequence(0, 2).at(1999) == "GET 1999");
}

TEST_CASE("replies that arrive byte by byte are assembled") {
  ConnectionFixture test;
  test.fake.on("GET").reply(resp::bulk(std::string("\r\n\0$5", 5))).slice(1);
  test.fake.on("LRANGE").reply(resp::array({resp::integer(-7), resp::nil(), resp::bulks({"a", ""})})).slice(1);
  test.fake.on("SET").error("OOM command not allowed").slice(1);
  test.connect();
  const Ask& text = test.ask("GET", "a");
  const Ask& list = test.ask("LRANGE", "l", 0, -1);
  const Ask& error = test.ask("SET", "a", "b");
  test.until_answered();
  CHECK(text.text == std::string("\r\n\0$5", 5));
  CHECK(list.kind == valkey::ErrorKind::kNone);
  CHECK(error.kind == valkey::ErrorKind::kUnavailable);
}

TEST_CASE("a callback can resend its call") {
  ConnectionFixture test;
  test.fake.on("INCR").answer([n = 0](const Received&) mutable { return resp::integer(++n); });
  test.connect();
  Ask again;
  again.then = [&](Ask& ask) {
    if (ask.answers < 5) CHECK(test.connection->send(ask, valkey::Command::of("INCR", "n")));
  };
  REQUIRE(test.connection->send(again, valkey::Command::of("INCR", "n")));
  test.until_answered();
  CHECK(again.answers == 5);
  CHECK(again.text == "5");
}

TEST_CASE("a large command and a large reply arrive complete") {
  ConnectionFixture test;
  const std::string large(3'000'000, 'x');
  test.fake.on("ECHO").answer([](const Received& command) { return resp::bulk(command.words.at(1)); });
  test.connect();
  const Ask& echo = test.ask("ECHO", large);
  const Ask& behind = test.ask("ECHO", "small");
  test.until_answered();
  CHECK(echo.text == large);
  CHECK(behind.text == "small");
}

TEST_CASE("a reply that arrives after its connection was closed goes to no other call") {
  ConnectionFixture test;
  auto& late = test.fake.on("GET").with("a").reply(resp::bulk("late")).hold();
  test.fake.on("GET").with("b").reply(resp::bulk("fresh"));
  test.connect();
  const Ask& given_up = test.ask("GET", "a");
  test.connection->close({valkey::ErrorKind::kLost, "no reply"});
  CHECK(given_up.lost);
  late.release();

  ConnectionEvents events;
  auto opened = valkey::Connection::open(test.loop, test.address(), kPatience, events);
  REQUIRE(opened.ok());
  run_until(
      test.loop, [&] { return events.opened == 1; }, "the second connection opens");
  Ask fresh;
  REQUIRE((*opened)->send(fresh, valkey::Command::of("GET", "b")));
  run_until(
      test.loop, [&] { return fresh.answers == 1; }, "the reply");
  CHECK(fresh.text == "fresh");
  CHECK(given_up.answers == 1);
}

TEST_CASE("another listener can take over inside a callback") {
  ConnectionFixture test;
  test.fake.on("GET").reply(resp::bulk("1"));
  test.connect();
  ConnectionEvents second;
  test.ask("GET", "a").then = [&](Ask&) { test.connection->set_listener(second); };
  test.until_answered();
  test.fake.close_all();
  run_until(
      test.loop, [&] { return second.closed == 1; }, "the end of the connection");
  CHECK(test.events.closed == 0);
  test.events.closed = 1;  // for the fixture: the other listener got it
}

}  // namespace
}  // namespace orderd::test
