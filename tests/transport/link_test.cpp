// A link is up on both channels or on none, and reconnects by itself until it is stopped.
#include "valkey/link.h"

#include <doctest/doctest.h>

#include "transport/link_fixture.h"

namespace orderd::test {
namespace {

using valkey::Channel;
using valkey::ErrorKind;

TEST_CASE("a link that is up has both connections and its scripts and knows the server") {
  LinkFixture test;
  test.fake.on("GET").answer([](const Received& command) { return resp::bulk(std::to_string(command.connection)); });
  test.start();
  Ask early;
  CHECK_FALSE(test.link->send(Channel::kReading, early, valkey::Command::of("GET", "a")));
  test.until_up();
  CHECK(test.fake.sequence(test.settling(), 2) == std::vector<std::string>{"HELLO", "INFO server", "CLIENT SETINFO",
                                                                           "CLIENT SETINFO", "CLIENT SETNAME",
                                                                           "SCRIPT LOAD", "SCRIPT LOAD"});
  CHECK(test.fake.sequence(test.reading(), 3) ==
        std::vector<std::string>{"HELLO", "INFO server", "CLIENT SETINFO LIB-NAME", "CLIENT SETINFO LIB-VER",
                                 "CLIENT SETNAME orderd-read:shop-1"});
  CHECK(test.link->script_id(0) == "settle");
  CHECK(test.link->script_id(1) == "join");
  CHECK(test.link->server().text() == "Valkey 8.0.1");
  CHECK(test.link->server().role == "primary");
  const Ask& read = test.ask(Channel::kReading, "GET", "a");
  const Ask& settle = test.ask(Channel::kSettling, "GET", "a");
  CHECK(test.link->in_flight() == 2);
  test.until_answered();
  CHECK(read.text == std::to_string(test.reading()));
  CHECK(settle.text == std::to_string(test.settling()));
}

TEST_CASE("the end of either connection loses the calls of both and is reported once") {
  for (const bool reading_ends : {true, false}) {
    CAPTURE(reading_ends);
    LinkFixture test;
    test.fake.on("GET").silence();
    test.start();
    test.until_up();
    for (const Channel channel : {Channel::kReading, Channel::kSettling, Channel::kReading}) {
      test.ask(channel, "GET", "a").then = [&](Ask& lost) {
        CHECK(lost.lost);
        CHECK(test.downs.empty());  // the calls hear of it first
        CHECK_FALSE(test.link->up());
        for (const Channel each : {Channel::kReading, Channel::kSettling}) {
          CHECK_FALSE(test.link->send(each, lost, valkey::Command::of("GET", "a")));
        }
      };
    }
    test.until_waits("GET");
    test.fake.close(reading_ends ? test.reading() : test.settling());
    test.until_up(2);
    REQUIRE(test.downs.size() == 1);
    CHECK(test.downs.front().kind == ErrorKind::kLost);
    CHECK(test.downs.front().what ==
          "lost the connection to " + test.fake.endpoint().redacted() + ": Server closed the connection");
    CHECK(test.topology.asked == 2);
    CHECK(test.fake.accepted() == 4);
    CHECK(test.fake.standing() == 2);
  }
}

TEST_CASE("both connections that end in the same turn are one loss") {
  LinkFixture test;
  test.fake.on("GET").silence();
  test.start();
  test.until_up();
  test.ask(Channel::kReading, "GET", "a");
  test.ask(Channel::kSettling, "GET", "a");
  test.fake.close_all();
  test.until_up(2);
  CHECK(test.downs.size() == 1);
}

TEST_CASE("two connections that reached different servers are dropped and the link connects again") {
  LinkFixture test;
  auto& other = test.fake.on("INFO").times(1).reply(resp::bulk(FakeServer::info(std::string(40, 'b'))));
  test.start();
  test.until_down();
  CHECK(other.used() == 1);
  CHECK(test.ups == 0);
  CHECK(test.downs.front().kind == ErrorKind::kLost);
  CHECK(test.downs.front().what.find("reached two different servers") != std::string::npos);
  CHECK(test.downs.front().what.find(std::string(40, 'b')) != std::string::npos);
  CHECK(test.downs.front().what.find(test.fake.endpoint().redacted()) != std::string::npos);
  test.until_up();
  CHECK(test.downs.size() == 1);
  CHECK(test.fake.standing() == 2);
}

TEST_CASE("a server that does not give its run_id is accepted") {
  LinkFixture test;
  SUBCASE("not at all") {
    test.fake.on("INFO").error("NOPERM this user has no permissions to run the 'info' command");
  }
  SUBCASE("on one connection") {
    test.fake.on("INFO").times(1).error("ERR unknown command 'INFO'");
  }
  test.start();
  test.until_up();
  CHECK(test.downs.empty());
}

TEST_CASE("a failed handshake on either connection ends the other and names the reason") {
  struct Row {
    const char* command;
    const char* word;
    const char* error;
    ErrorKind kind;
  };
  for (const Row& row : std::vector<Row>{
           {"SCRIPT LOAD", "", "NOPERM this user has no permissions to run the 'script|load' command",
            ErrorKind::kRefused},
           {"CLIENT SETNAME", "orderd-read:shop-1", "NOAUTH Authentication required.", ErrorKind::kRefused},
           {"CLIENT SETNAME", "orderd-settle:shop-1", "LOADING Valkey is loading the dataset in memory",
            ErrorKind::kUnavailable},
       }) {
    CAPTURE(std::string(row.error));
    LinkFixture test;
    test.fake.on(row.command).with(row.word).times(1).error(row.error);
    test.start();
    test.until_up();
    REQUIRE(test.downs.size() == 1);
    CHECK(test.downs.front().kind == row.kind);
    CHECK(test.downs.front().what == std::string(row.command) + " was refused: " + row.error);
    CHECK(test.fake.standing() == 2);
  }
}

TEST_CASE("a connection that ends while the other is still in its handshake ends both") {
  LinkFixture test;
  auto& load = test.fake.on("SCRIPT LOAD").hold();
  test.start();
  test.until_waits("SCRIPT LOAD");
  test.fake.close(test.reading());
  test.until_down();
  CHECK(test.downs.front().what.find("lost the connection to ") == 0);
  load.off();
  test.until_up();
  CHECK(test.downs.size() == 1);
  CHECK(test.fake.standing() == 2);
}

TEST_CASE("a link tries again while it is refused and reports each failure") {
  LinkFixture test;
  test.fake.refuse();
  test.start();
  CHECK(test.downs.size() == 1);
  test.until_down(3);
  CHECK(test.ups == 0);
  test.fake.listen();
  test.until_up();
  CHECK(static_cast<std::size_t>(test.topology.asked) == test.downs.size() + 1);
}

TEST_CASE("an unfit server is reported as such") {
  LinkFixture test;
  test.fake.on("HELLO").times(2).reply(resp::bulks({"role", "replica"}));
  test.fake.on("ROLE").times(2).reply(resp::array({resp::bulk("slave"), resp::bulk("10.0.0.5"), resp::integer(6379)}));
  test.start();
  test.until_up();
  REQUIRE(test.downs.size() == 1);
  CHECK(test.downs.front().kind == ErrorKind::kUnfit);
  CHECK(test.downs.front().what.find("is a replica of 10.0.0.5:6379") != std::string::npos);
}

TEST_CASE("a reading call may take longer than the reply timeout by as much as it may block") {
  LinkFixture test;
  test.options.reply_timeout = Milliseconds(100);
  test.options.read_block = Milliseconds(2000);
  test.fake.on("XREAD").silence();
  test.start();
  test.until_up();
  test.ask(Channel::kReading, "XREAD");
  run_for(test.loop, Milliseconds(300));
  CHECK(test.downs.empty());
  CHECK(test.fake.answer("XREAD", resp::nil()));
  test.until_answered();
  test.ask(Channel::kSettling, "XREAD");
  test.until_down();
  CHECK(test.downs.front().what.find("no reply for 100 ms") != std::string::npos);
}

TEST_CASE("a server that accepts connections and does no work is not hammered") {
  // A replica that its Sentinel still calls the primary.
  LinkFixture test;
  test.on_up_then = [&] { test.link->drop({ErrorKind::kRoleChanged, "READONLY"}); };
  test.start();
  run_for(test.loop, Milliseconds(1000));
  CHECK(test.ups <= 7);  // the waits grow: 25, 50, 100, 200, 400, 800 at least
}

TEST_CASE("real work makes the next back-off short again") {
  LinkFixture test;
  test.on_up_then = [&] {
    if (test.ups <= 6) return test.link->drop({ErrorKind::kRoleChanged, "READONLY"});
    if (test.ups == 7) test.link->proven();
  };
  test.start();
  test.until_up(7);
  const uint64_t begin_ms = test.loop.now_ms();
  test.link->drop({ErrorKind::kLost, "gone"});
  test.until_up(8);
  CHECK(test.loop.now_ms() - begin_ms < 1500);  // not the 1600 to 3200 of its seventh attempt
}

}  // namespace
}  // namespace orderd::test
