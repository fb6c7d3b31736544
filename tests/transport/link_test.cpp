// A link is up on both channels or on none, and reconnects by itself until it is stopped.
#include "valkey/link.h"

#include <doctest/doctest.h>

#include "transport/link_fixture.h"

namespace orderd::test {
namespace {

using valkey::Channel;
using valkey::ErrorKind;

TEST_CASE_FIXTURE(LinkFixture, "a link that is up has both connections and its scripts and knows the server") {
  fake.on("GET").answer([](const Received& command) { return resp::bulk(std::to_string(command.connection)); });
  start();
  Ask early;
  CHECK_FALSE(link->send(Channel::kReading, early, valkey::Command::of("GET", "a")));
  until_up();
  CHECK(fake.sequence(settling(), 2) == std::vector<std::string>{"HELLO", "INFO server", "CLIENT SETINFO",
                                                                 "CLIENT SETINFO", "CLIENT SETNAME", "SCRIPT LOAD",
                                                                 "SCRIPT LOAD"});
  CHECK(fake.sequence(reading(), 3) == std::vector<std::string>{"HELLO", "INFO server", "CLIENT SETINFO LIB-NAME",
                                                                "CLIENT SETINFO LIB-VER",
                                                                "CLIENT SETNAME orderd-read:shop-1"});
  CHECK(link->script_id(0) == "settle");
  CHECK(link->script_id(1) == "join");
  CHECK(link->server().text() == "Valkey 8.0.1");
  CHECK(link->server().role == "primary");
  const auto [read, settle] = ask_both("GET", "a");
  CHECK(link->in_flight() == 2);
  until_answered();
  CHECK(read.text == std::to_string(reading()));
  CHECK(settle.text == std::to_string(settling()));
}

TEST_CASE("the end of either connection loses the calls of both and is reported once") {
  for (const bool reading_ends : {true, false}) {
    CAPTURE(reading_ends);
    LinkFixture test;
    test.fake.on("GET").silence();
    test.connect();
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
    test.went_down_once(ErrorKind::kLost,
                        "lost the connection to " + test.fake.endpoint().redacted() + ": Server closed the connection");
    CHECK(test.topology.asked == 2);
    CHECK(test.fake.accepted() == 4);
    CHECK(test.fake.standing() == 2);
  }
}

TEST_CASE_FIXTURE(LinkFixture, "both connections that end in the same turn are one loss") {
  fake.on("GET").silence();
  connect();
  (void)ask_both("GET", "a");
  fake.close_all();
  until_up(2);
  CHECK(downs.size() == 1);
}

TEST_CASE_FIXTURE(LinkFixture,
                  "two connections that reached different servers are dropped and the link connects again") {
  auto& other = fake.on("INFO").times(1).reply(resp::bulk(FakeServer::info(std::string(40, 'b'))));
  start();
  until_down();
  CHECK(other.used() == 1);
  CHECK(ups == 0);
  CHECK(downs.front().kind == ErrorKind::kLost);
  CHECK(downs.front().what.find("reached two different servers") != std::string::npos);
  CHECK(downs.front().what.find(std::string(40, 'b')) != std::string::npos);
  CHECK(downs.front().what.find(fake.endpoint().redacted()) != std::string::npos);
  until_up();
  CHECK(downs.size() == 1);
  CHECK(fake.standing() == 2);
}

TEST_CASE("a server that does not give its run_id on one connection or on both is accepted") {
  for (const std::size_t times : {1U, 2U}) {
    CAPTURE(times);
    LinkFixture test;
    test.fake.on("INFO").times(times).error("NOPERM this user has no permissions to run the 'info' command");
    test.connect();
    CHECK(test.downs.empty());
  }
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
    test.connect();
    test.went_down_once(row.kind, std::string(row.command) + " was refused: " + row.error);
    CHECK(test.fake.standing() == 2);
  }
}

TEST_CASE_FIXTURE(LinkFixture, "a connection that ends while the other is still in its handshake ends both") {
  auto& load = fake.on("SCRIPT LOAD").hold();
  start();
  until_waits("SCRIPT LOAD");
  fake.close(reading());
  until_down();
  load.off();
  until_up();
  went_down_once(ErrorKind::kLost, "lost the connection to ");
  CHECK(fake.standing() == 2);
}

TEST_CASE_FIXTURE(LinkFixture, "a link tries again while it is refused and reports each failure") {
  fake.refuse();
  start();
  CHECK(downs.size() == 1);
  until_down(3);
  CHECK(ups == 0);
  fake.listen();
  until_up();
  CHECK(static_cast<std::size_t>(topology.asked) == downs.size() + 1);
}

TEST_CASE_FIXTURE(LinkFixture, "an unfit server is reported as such") {
  fake.on("HELLO").times(2).reply(resp::bulks({"role", "replica"}));
  fake.on("ROLE").times(2).reply(resp::array({resp::bulk("slave"), resp::bulk("10.0.0.5"), resp::integer(6379)}));
  connect();
  went_down_once(ErrorKind::kUnfit, fake.endpoint().redacted() + " is a replica of 10.0.0.5:6379");
}

TEST_CASE_FIXTURE(LinkFixture, "a reading call may take longer than the reply timeout by as much as it may block") {
  options.reply_timeout = Milliseconds(100);
  options.read_block = Milliseconds(2000);
  fake.on("XREAD").silence();
  connect();
  ask(Channel::kReading, "XREAD");
  turn(Milliseconds(300));
  CHECK(downs.empty());
  CHECK(fake.answer("XREAD", resp::nil()));
  until_answered();
  ask(Channel::kSettling, "XREAD");
  until_down();
  CHECK(downs.front().what.find("no reply for 100 ms") != std::string::npos);
}

TEST_CASE_FIXTURE(LinkFixture, "a server that accepts connections and does no work is not hammered") {
  // A replica that its Sentinel still calls the primary.
  on_up_then = [&] { link->drop({ErrorKind::kRoleChanged, "READONLY"}); };
  start();
  turn(Milliseconds(1000));
  CHECK(ups <= 7);  // the waits grow: 25, 50, 100, 200, 400, 800 at least
}

TEST_CASE_FIXTURE(LinkFixture, "real work makes the next back-off short again") {
  on_up_then = [&] {
    if (ups <= 6) return link->drop({ErrorKind::kRoleChanged, "READONLY"});
    if (ups == 7) link->proven();
  };
  start();
  until_up(7);
  const uint64_t begin_ms = loop.now_ms();
  link->drop({ErrorKind::kLost, "gone"});
  until_up(8);
  CHECK(loop.now_ms() - begin_ms < 1500);  // not the 1600 to 3200 of its seventh attempt
}

}  // namespace
}  // namespace orderd::test
