// The watchdog checks whether bytes arrive while replies are due.
#include <doctest/doctest.h>

#include "transport/connection_fixture.h"

namespace orderd::test {
namespace {

constexpr Milliseconds kLimit{150};

// Replies to the oldest waiting command every few milliseconds while it exists.
class Drip {
 public:
  Drip(Loop& loop, FakeServer& fake, Milliseconds every)
      : fake_(fake), every_(every), timer_(loop, [this] {
          fake_.answer("", resp::simple("OK"));
          timer_.start(every_);
        }) {
    timer_.start(every_);
  }

 private:
  FakeServer& fake_;
  Milliseconds every_;
  Timer timer_;
};

TEST_CASE("the watchdog ends a connection that owes a reply") {
  ConnectionFixture test;
  test.fake.on("GET").silence();
  test.connect(kLimit);
  const Ask& first = test.ask("GET", "a");
  const Ask& second = test.ask("GET", "b");
  const uint64_t begin_ms = test.loop.now_ms();
  test.until_closed();
  CHECK(test.loop.now_ms() - begin_ms >= static_cast<uint64_t>(kLimit.count()));
  CHECK(first.lost);
  CHECK(second.lost);
  CHECK(test.events.error.kind == valkey::ErrorKind::kLost);
  CHECK(test.events.error.what == "no reply for 150 ms");
}

TEST_CASE("the watchdog fires under steady writes when no reply comes") {
  ConnectionFixture test;
  test.fake.on("SET").silence();
  test.connect(kLimit);
  Ask writes;
  std::size_t sent = 0;
  Timer write(test.loop, [&] {
    sent += test.connection->send(writes, valkey::Command::of("SET", "k", sent)) ? 1 : 0;
    write.start(Milliseconds(2));
  });
  write.start(Milliseconds(0));
  test.until_closed();
  CHECK(sent > 1);
  CHECK(static_cast<std::size_t>(writes.answers) == sent);
}

TEST_CASE("the watchdog does not fire while replies make progress") {
  ConnectionFixture test;
  test.fake.on("GET").silence();
  test.connect(kLimit);
  for (int i = 0; i < 20; ++i) test.ask("GET", i);
  Drip drip(test.loop, test.fake, kLimit / 6);
  test.until_answered();  // 20 replies, 25 ms apart: three times the limit
  CHECK(test.events.closed == 0);
}

TEST_CASE("the watchdog does not fire on an idle connection") {
  ConnectionFixture test;
  test.fake.on("GET").reply(resp::bulk("1"));
  test.connect(kLimit);
  run_for(test.loop, 2 * kLimit);
  test.ask("GET", "a");
  test.until_answered();
  run_for(test.loop, 3 * kLimit);
  CHECK(test.events.closed == 0);
  // A command after a pause gets the full limit.
  test.fake.on("GET").hold().reply(resp::bulk("2"));
  test.ask("GET", "b");
  run_for(test.loop, kLimit / 2);
  CHECK(test.fake.answer("GET", resp::bulk("2")));
  test.until_answered();
  CHECK(test.events.closed == 0);
}

TEST_CASE("the watchdog lets a blocked read last as long as its limit allows") {
  ConnectionFixture test;
  test.fake.on("XREADGROUP").silence();
  test.connect(3 * kLimit);
  test.ask("XREADGROUP", "GROUP", "g", "c", "BLOCK", kLimit.count(), "STREAMS", "orders", ">");
  run_for(test.loop, kLimit);
  CHECK(test.fake.answer("XREADGROUP", resp::nil()));
  test.until_answered();
  CHECK(test.events.closed == 0);
}

TEST_CASE("a reply that has arrived counts even if the limit has passed") {
  ConnectionFixture test;
  auto& held = test.fake.on("GET").reply(resp::bulk("1")).hold();
  test.connect(kLimit);
  const Ask& ask = test.ask("GET", "a");
  run_until(
      test.loop, [&] { return test.fake.waits("GET"); }, "the command arrives");
  held.release();
  // The process stops; when it continues, the timer is due before the socket is checked.
  const auto end = std::chrono::steady_clock::now() + 2 * kLimit;
  while (std::chrono::steady_clock::now() < end) {
  }
  test.until_answered();
  CHECK(ask.text == "1");
  CHECK(test.events.closed == 0);
}

TEST_CASE("a partial reply that stalls ends the connection") {
  ConnectionFixture test;
  test.fake.on("GET").reply(resp::bulk("value"));
  test.fake.on("GET").with("b").reply("$5\r\nva");
  test.connect(kLimit);
  test.ask("GET", "a");
  const Ask& cut = test.ask("GET", "b");
  test.until_closed();
  CHECK(cut.lost);
  CHECK(test.events.error.what == "no reply for 150 ms");
}

TEST_CASE("a slow connection that delivers bytes stays open however long one reply takes") {
  ConnectionFixture test;
  test.fake.on("GET").reply("");
  test.connect(kLimit);
  const Ask& slow = test.ask("GET", "a");
  run_until(
      test.loop, [&] { return test.fake.count("GET") == 1; }, "the command arrives");
  const std::string reply = resp::bulk(std::string(12, 'x'));
  std::size_t sent = 0;
  Timer piece(test.loop, [&] {
    test.fake.blurt(0, reply.substr(sent++, 1));
    if (sent < reply.size()) piece.start(kLimit / 6);
  });
  piece.start(Milliseconds(0));
  const uint64_t begin_ms = test.loop.now_ms();
  test.until_answered();  // 19 bytes, 25 ms apart: three times the limit
  CHECK(test.loop.now_ms() - begin_ms > 2 * static_cast<uint64_t>(kLimit.count()));
  CHECK(slow.text == std::string(12, 'x'));
  CHECK(test.events.closed == 0);
}

}  // namespace
}  // namespace orderd::test
