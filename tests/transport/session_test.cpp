// A session comes back by itself until it is stopped.
#include "valkey/session.h"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "transport/connection_fixture.h"

namespace orderd::test {
namespace {

class SessionFixture : private valkey::Session::Listener {
 public:
  SessionFixture() : topology([this] { return where(); }) {
    handshake.name = "orderd-test";
    handshake.scripts = {"#!lua\n-- settle.lua: decides."};
    handshake.connect_timeout = kPatience;
    handshake.reply_timeout = kPatience;
    where = [this]() -> Result<valkey::Endpoint> {
      ++asked;
      return fake.endpoint();
    };
  }
  ~SessionFixture() override {
    if (session) CHECK(session->in_flight() == 0);
    session.reset();
  }
  SessionFixture(const SessionFixture&) = delete;
  SessionFixture& operator=(const SessionFixture&) = delete;

  void start() {
    session.reset(new valkey::Session(loop, topology, handshake, 1, *this));
    session->start();
  }
  void until_up(int times = 1) {
    run_until(
        loop, [&] { return ups == times; }, "the session is up");
  }
  void until_down(std::size_t times = 1) {
    run_until(
        loop, [&] { return downs.size() >= times; }, "the session is down");
  }

  Loop loop;
  FakeServer fake{loop};
  valkey::Handshake handshake;
  std::function<Result<valkey::Endpoint>()> where;
  valkey::SingleNode topology;
  int asked = 0;
  int ups = 0;
  std::vector<valkey::Error> downs;
  std::function<void()> on_up_then;
  std::function<void()> on_down_then;
  std::unique_ptr<valkey::Session> session;

 private:
  void on_up(valkey::Session& who) override {
    CHECK(&who == session.get());
    CHECK(who.up());
    ++ups;
    if (on_up_then) on_up_then();
  }
  void on_down(valkey::Session& who, const valkey::Error& error) override {
    CHECK_FALSE(who.up());
    CHECK(who.in_flight() == 0);
    downs.push_back(error);
    if (on_down_then) on_down_then();
  }
};

TEST_CASE("a session that is up knows its scripts and takes commands") {
  SessionFixture test;
  test.fake.on("GET").reply(resp::bulk("1"));
  Ask ask;
  test.start();
  CHECK_FALSE(test.session->send(ask, valkey::Command::of("GET", "a")));
  test.until_up();
  CHECK(test.session->script_id(0) == "settle");
  REQUIRE(test.session->send(ask, valkey::Command::of("GET", "a")));
  CHECK(test.session->in_flight() == 1);
  run_until(
      test.loop, [&] { return ask.answers == 1; }, "the reply");
  CHECK(ask.text == "1");
}

TEST_CASE("a session that lost its connection comes back with a new handshake and asks anew where to go") {
  SessionFixture test;
  test.fake.on("GET").silence();
  test.start();
  test.until_up();
  Ask ask;
  REQUIRE(test.session->send(ask, valkey::Command::of("GET", "a")));
  ask.then = [&](Ask& lost) {
    CHECK(lost.lost);
    CHECK(test.downs.empty());  // the calls hear of it first
    CHECK_FALSE(test.session->send(lost, valkey::Command::of("GET", "a")));
  };
  run_until(
      test.loop, [&] { return test.fake.waits("GET"); }, "the command arrives");
  test.fake.close_all();
  test.until_up(2);
  CHECK(ask.answers == 1);
  CHECK(test.downs.size() == 1);
  CHECK(test.asked == 2);
  CHECK(test.fake.sequence(0, 2) == std::vector<std::string>{"CLIENT SETNAME", "SCRIPT LOAD", "GET a"});
  CHECK(test.fake.sequence(1, 2) == std::vector<std::string>{"CLIENT SETNAME", "SCRIPT LOAD"});
}

TEST_CASE("a session tries again while it is refused and tells each failure") {
  SessionFixture test;
  test.fake.refuse();
  test.start();
  CHECK(test.downs.size() == 1);
  test.until_down(3);
  CHECK(test.ups == 0);
  test.fake.listen();
  test.until_up();
  CHECK(static_cast<std::size_t>(test.asked) == test.downs.size() + 1);
}

TEST_CASE("a topology that has no answer is asked again") {
  SessionFixture test;
  test.where = [&]() -> Result<valkey::Endpoint> {
    if (++test.asked < 3) return Failure{"cannot read the password file"};
    return test.fake.endpoint();
  };
  test.start();
  test.until_up();
  REQUIRE(test.downs.size() == 2);
  CHECK(test.downs.front().kind == valkey::ErrorKind::kLost);
  CHECK(test.downs.front().what == "cannot read the password file");
}

TEST_CASE("a refused handshake reaches the listener with its kind") {
  SessionFixture test;
  test.fake.on("SCRIPT LOAD").times(1).error("NOPERM this user has no permissions to run the 'script|load' command");
  test.start();
  test.until_up();
  REQUIRE(test.downs.size() == 1);
  CHECK(test.downs.front().kind == valkey::ErrorKind::kRefused);
}

TEST_CASE("drop ends the connection and connects anew") {
  SessionFixture test;
  test.start();
  test.until_up();
  test.session->drop({valkey::ErrorKind::kRoleChanged, "READONLY"});
  REQUIRE(test.downs.size() == 1);
  CHECK(test.downs.front().kind == valkey::ErrorKind::kRoleChanged);
  test.session->drop({valkey::ErrorKind::kRoleChanged, "again"});
  CHECK(test.downs.size() == 1);
  test.until_up(2);
  CHECK(test.fake.accepted() == 2);
}

TEST_CASE("drop as soon as it is up connects anew") {
  SessionFixture test;
  test.on_up_then = [&] {
    if (test.ups == 1) test.session->drop({valkey::ErrorKind::kMoved, "MOVED"});
  };
  test.start();
  test.until_up(2);
  CHECK(test.downs.size() == 1);
}

TEST_CASE("a server that lets in and does no more is not run down") {
  // Each connect succeeds and the connection is given up at once: a replica that its Sentinel still calls the primary.
  SessionFixture test;
  test.on_up_then = [&] { test.session->drop({valkey::ErrorKind::kRoleChanged, "READONLY"}); };
  test.start();
  run_for(test.loop, Milliseconds(1000));
  CHECK(test.fake.accepted() <= 7);  // the waits grow: 25, 50, 100, 200, 400, 800 at least
}

TEST_CASE("work that was done makes the next wait short again") {
  SessionFixture test;
  test.on_up_then = [&] {
    if (test.ups <= 6) return test.session->drop({valkey::ErrorKind::kRoleChanged, "READONLY"});
    if (test.ups == 7) test.session->proven();
  };
  test.start();
  test.until_up(7);
  const uint64_t begin_ms = test.loop.now_ms();
  test.session->drop({valkey::ErrorKind::kLost, "gone"});
  test.until_up(8);
  CHECK(test.loop.now_ms() - begin_ms < 1500);  // not the 1600 to 3200 it would be at its seventh
}

TEST_CASE("stop ends a session in each of its phases and nothing is heard of it again") {
  SessionFixture test;
  SUBCASE("while it connects") {
    test.start();
  }
  SUBCASE("in the handshake") {
    test.fake.on("SCRIPT LOAD").silence();
    test.start();
    run_until(
        test.loop, [&] { return test.fake.waits("SCRIPT LOAD"); }, "the handshake");
  }
  SUBCASE("up") {
    test.start();
    test.until_up();
  }
  SUBCASE("waiting") {
    test.fake.refuse();
    test.start();
    CHECK(test.downs.size() == 1);
    test.fake.listen();
  }
  const int ups = test.ups;
  const std::size_t downs = test.downs.size();
  test.session->stop();
  test.session->stop();
  CHECK_FALSE(test.session->up());
  const std::size_t commands = test.fake.count("");
  run_until(
      test.loop, [&] { return test.fake.standing() == 0; }, "the connection ends");
  run_for(test.loop, Milliseconds(80));
  CHECK(test.ups == ups);
  CHECK(test.downs.size() == downs);
  CHECK(test.fake.standing() == 0);
  CHECK(test.fake.count("") == commands);
}

TEST_CASE("stop loses the calls under way") {
  SessionFixture test;
  test.fake.on("GET").silence();
  test.start();
  test.until_up();
  Ask ask;
  REQUIRE(test.session->send(ask, valkey::Command::of("GET", "a")));
  test.session->stop();
  CHECK(ask.lost);
  CHECK(test.downs.empty());
  CHECK_FALSE(test.session->send(ask, valkey::Command::of("GET", "a")));
}

TEST_CASE("stop may be called inside its callbacks") {
  SessionFixture test;
  SUBCASE("up") {
    test.on_up_then = [&] { test.session->stop(); };
    test.start();
    test.until_up();
  }
  SUBCASE("down at the first try") {
    test.fake.refuse();
    test.on_down_then = [&] { test.session->stop(); };
    test.start();
    test.fake.listen();
  }
  SUBCASE("down later") {
    test.on_down_then = [&] { test.session->stop(); };
    test.start();
    test.until_up();
    test.fake.close_all();
    test.until_down();
  }
  SUBCASE("inside a reply") {
    test.fake.on("GET").reply(resp::bulk("1"));
    test.start();
    test.until_up();
    Ask ask;
    ask.then = [&](Ask&) { test.session->stop(); };
    REQUIRE(test.session->send(ask, valkey::Command::of("GET", "a")));
    run_until(
        test.loop, [&] { return ask.answers == 1; }, "the reply");
  }
  run_for(test.loop, Milliseconds(80));
  CHECK(test.ups <= 1);
  CHECK(test.fake.standing() == 0);
}

}  // namespace
}  // namespace orderd::test
