// The watchdog checks whether bytes arrive while replies are due.
#include "transport/connection_fixture.h"

namespace orderd::test {
static constexpr Milliseconds kLimit{150};

TEST_CASE_FIXTURE(ConnectionFixture, "the watchdog fires under steady writes when no reply comes") {
  fake.on("SET").silence();
  connect(kLimit);
  Ask writes;
  std::size_t sent = 0;
  Timer write(loop, [&] {
    sent += connection->send(writes, Command::of("SET", "k", sent)) ? 1 : 0;
    write.start(Milliseconds(2));
  });
  const uint64_t begin_ms = loop.now_ms();
  write.start(Milliseconds(0));
  until_closed();
  CHECK(loop.now_ms() - begin_ms >= static_cast<uint64_t>(kLimit.count()));
  CHECK(sent > 1);
  CHECK(static_cast<std::size_t>(writes.answers) == sent);
}

TEST_CASE_FIXTURE(ConnectionFixture, "the watchdog does not fire while replies make progress") {
  fake.on("GET").silence();
  connect(kLimit);
  for (int i = 0; i < 20; ++i) ask("GET", i);
  for (int i = 0; i < 20; ++i) {  // three times the limit in all
    turn(kLimit / 6);
    CHECK(fake.answer("", resp::simple("OK")));
  }
  until_answered();
  CHECK(events.closed == 0);
}

TEST_CASE_FIXTURE(ConnectionFixture, "the watchdog does not fire on an idle connection") {
  fake.on("GET").reply(resp::bulk("1"));
  connect(kLimit);
  turn(2 * kLimit);
  ask("GET", "a");
  until_answered();
  turn(3 * kLimit);
  CHECK(events.closed == 0);
  // A command after a pause gets the full limit.
  fake.on("GET").silence();
  ask("GET", "b");
  turn(kLimit / 2);
  CHECK(fake.answer("GET", resp::bulk("2")));
  until_answered();
  CHECK(events.closed == 0);
}

TEST_CASE_FIXTURE(ConnectionFixture, "a reply that has arrived counts even if the limit has passed") {
  auto& held = fake.on("GET").reply(resp::bulk("1")).hold();
  connect(kLimit);
  const Ask& late = ask("GET", "a");
  until_waits("GET");
  held.release();
  // The process stops; when it continues, the timer is due before the socket is checked.
  FakeClock::jump(2 * kLimit);
  until_answered();
  CHECK(late.text == "1");
  CHECK(events.closed == 0);
}

TEST_CASE_FIXTURE(ConnectionFixture, "a partial reply that stalls ends the connection") {
  fake.on("GET").reply(resp::bulk("value"));
  fake.on("GET").with("b").reply("$5\r\nva");
  connect(kLimit);
  ask("GET", "a");
  ask("GET", "b");
  until_closed("no reply for 150 ms");
  CHECK(lost() == 1);
}

TEST_CASE_FIXTURE(ConnectionFixture, "a slow connection that delivers bytes stays open however long one reply takes") {
  fake.on("GET").reply("");
  connect(kLimit);
  const Ask& slow = ask("GET", "a");
  until_count("GET", 1);
  for (const char byte : resp::bulk(std::string(12, 'x'))) {  // 19 bytes: three times the limit in all
    fake.blurt(0, {&byte, 1});
    turn(kLimit / 6);
  }
  CHECK(slow.text == std::string(12, 'x'));
  CHECK(events.closed == 0);
}

}  // namespace orderd::test
