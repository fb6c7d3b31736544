// A link is up on both channels or on none, and reconnects by itself until it is stopped.
#include "valkey/link.h"

#include "transport/link_fixture.h"

namespace orderd::test {

TEST_CASE_FIXTURE(LinkFixture, "a link that is up has both connections and its scripts and knows the server") {
  fake.on("GET").answer([](const Received& command) { return resp::bulk(std::to_string(command.connection)); });
  start();
  Ask early;
  CHECK_FALSE(link->send(Channel::kReading, early, Command::of("GET", "a")));
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

TEST_CASE_FIXTURE(LinkFixture, "the end of one connection or of both loses the calls of both and is reported once") {
  const std::string ends = each_of({"reading", "settling", "both"});
  CAPTURE(ends);
  fake.on("GET").silence();
  connect();
  for (const Channel channel : {Channel::kReading, Channel::kSettling, Channel::kReading}) {
    ask(channel, "GET", "a").then = [&](Ask& lost) {
      CHECK(lost.lost);
      CHECK(downs.empty());  // the calls hear of it first
      CHECK_FALSE(link->up());
      for (const Channel each : {Channel::kReading, Channel::kSettling}) {
        CHECK_FALSE(link->send(each, lost, Command::of("GET", "a")));
      }
    };
  }
  until_waits("GET");
  if (ends != "settling") fake.close(reading());
  if (ends != "reading") fake.close(settling());
  until_up(2);
  went_down_once(ErrorKind::kLost,
                 "lost the connection to " + fake.endpoint().redacted() + ": Server closed the connection");
  CHECK(topology.asked == 2);
  CHECK(fake.accepted() == 4);
  CHECK(fake.standing() == 2);
}

TEST_CASE_FIXTURE(LinkFixture, "two connections that reached different servers are dropped and made again") {
  const std::string other(40, 'b');
  fake.on("INFO").times(1).reply(resp::bulk(FakeServer::info(other)));
  start();
  until_down();
  CHECK(ups == 0);
  CHECK(downs.front().kind == ErrorKind::kLost);
  for (const std::string& part : {std::string("reached two different servers"), other, fake.endpoint().redacted()}) {
    CHECK_MESSAGE(contains(downs.front().what, part), part);
  }
  until_up();
  CHECK(downs.size() == 1);
  CHECK(fake.standing() == 2);
}

TEST_CASE_FIXTURE(LinkFixture, "a server that does not give its run_id on one connection or on both is accepted") {
  const std::size_t times = each_of({1U, 2U});
  CAPTURE(times);
  fake.on("INFO").times(times).error("NOPERM this user has no permissions to run the 'info' command");
  connect();
  CHECK(downs.empty());
}

TEST_CASE_FIXTURE(LinkFixture, "a failed handshake on either connection ends the other and names the reason") {
  struct Row {
    std::string command;
    const char* word;
    std::string error;
    ErrorKind kind;
  };
  const Row rows[] = {
      {"SCRIPT LOAD", "", "NOPERM this user has no permissions to run the 'script|load' command", ErrorKind::kRefused},
      {"CLIENT SETNAME", "orderd-read:shop-1", "NOAUTH Authentication required.", ErrorKind::kRefused},
      {"CLIENT SETNAME", "orderd-settle:shop-1", "LOADING Valkey is loading the data", ErrorKind::kUnavailable}};
  const auto [command, word, refusal, kind] = each_of(rows);
  CAPTURE(refusal);
  fake.on(command).with(word).times(1).error(refusal);
  connect();
  went_down_once(kind, command + " was refused: " + refusal);
  CHECK(fake.standing() == 2);
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

TEST_CASE_FIXTURE(LinkFixture, "a replica is unfit, and where the primary moves the wrong server only for the moment") {
  fake.on("HELLO").times(2).reply(resp::bulks({"role", "replica"}));
  fake.on("ROLE").times(2).reply(resp::array({resp::bulk("slave"), resp::bulk("10.0.0.5"), resp::integer(6379)}));
  const std::string replica = fake.endpoint().redacted() + " is a replica";
  SUBCASE("stays") {
    connect();
    went_down_once(ErrorKind::kUnfit, replica + " of 10.0.0.5:6379");
  }
  SUBCASE("moves") {
    topology.primary_moves = true;
    connect();
    went_down_once(ErrorKind::kRoleChanged, replica);
  }
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
  CHECK(contains(downs.front().what, "no reply for 100 ms"));
}

TEST_CASE_FIXTURE(LinkFixture, "real work or a connection that lasted makes the next back-off short again") {
  const bool works = each_of({true, false});
  on_up_then = [&] {
    if (ups == 7 && works) link->proven();
    if (ups >= 7) return;
    link->drop({ErrorKind::kRoleChanged, "READONLY"});
    CHECK_FALSE(link->up());
    CHECK(downs.back().what == "READONLY");
  };
  start();
  until_up(7);
  CHECK(downs.size() == 6);
  if (!works) turn(Milliseconds(10'000));
  const uint64_t begin_ms = loop.now_ms();
  link->drop({ErrorKind::kLost, "gone"});
  until_up(8);
  CHECK(loop.now_ms() - begin_ms < 1500);  // not the 1600 to 3200 of its seventh attempt
}

}  // namespace orderd::test
