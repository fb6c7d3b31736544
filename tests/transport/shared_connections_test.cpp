// Shares of one connection: each sees the same as with its own connection.
#include "valkey/shared_connections.h"

#include "transport/connection_fixture.h"

namespace orderd::test {
namespace {

using valkey::Error;

const Error kElsewhere{ErrorKind::kMoved, "elsewhere"};

// One share, and what it reported.
class Sharer : private valkey::SharedConnections::Listener {
 public:
  Sharer(valkey::SharedConnections& connections, const valkey::Endpoint& server)
      : share(connections.share(server, {.name = "orderd-settle:shop-1", .scripts = {"#!lua\n-- settle.lua: decides."}},
                                *this)) {}
  ~Sharer() override { CHECK(share->in_flight() == 0); }

  Ask& ask(const std::string& key) {
    Ask& ask = asks.emplace_back();
    REQUIRE(share->send(ask, Command::of("GET", key)));
    return ask;
  }

  int opened = 0;
  std::vector<Error> failed;
  std::vector<Error> closed;
  std::function<void()> on_open_then;
  std::deque<Ask> asks;
  std::unique_ptr<valkey::SharedConnections::Share> share;

 private:
  void on_share_open() override {
    ++opened;
    if (on_open_then) on_open_then();
  }
  void on_share_failed(const Error& error) override { failed.push_back(error); }
  void on_share_closed(const Error& error) override {
    CHECK_FALSE(share->is_open());
    CHECK(share->in_flight() == 0);
    closed.push_back(error);
  }
};

struct Sharing : ServerFixture {
  Sharing() {
    fake.on("GET").answer([](const Received& command) { return resp::bulk("value of " + command.words[1]); });
  }
  std::unique_ptr<Sharer> start() {
    auto sharer = std::make_unique<Sharer>(connections, where);
    sharer->share->start();
    return sharer;
  }
  std::unique_ptr<Sharer> open() {
    auto sharer = start();
    until([&] { return sharer->opened == 1; }, "a share is open");
    return sharer;
  }
  // The reply to the only call of this share.
  std::string reply(const Ask& ask) {
    until([&] { return ask.answers == 1; }, "a reply");
    return ask.text;
  }

  valkey::Endpoint where = fake.endpoint();
  valkey::SharedConnections connections{loop};
};

TEST_CASE_FIXTURE(Sharing, "shares of one server have one connection and one handshake") {
  const auto first = start(), second = start();
  until([&] { return first->opened + second->opened == 2; }, "both shares are open");
  const auto late = start();
  CHECK(late->opened == 1);
  CHECK(late->share->script_id(0) == "settle");
  CHECK(late->share->server().role == "primary");
  for (Sharer* each : {first.get(), second.get(), late.get()}) each->ask("a");
  const Ask &one = first->ask("b"), &two = second->ask("c"), &three = late->ask("d");
  CHECK(first->share->in_flight() == 2);
  CHECK(reply(three) == "value of d");
  CHECK(reply(two) == "value of c");
  CHECK(reply(one) == "value of b");
  CHECK(fake.accepted() == 1);
}

TEST_CASE_FIXTURE(Sharing, "another server, database or password uses another connection") {
  const auto first = open();
  where.password = "secret";
  const auto second = open();
  where.database = 3;
  const auto third = open();
  CHECK(fake.accepted() == 3);
}

TEST_CASE_FIXTURE(Sharing, "a share that leaves loses its calls, and the others continue") {
  const auto leaves = open(), stays = open();
  auto& held = fake.on("GET").with("slow").reply(resp::bulk("late")).hold();
  const Ask &lost = leaves->ask("slow"), &also_lost = leaves->ask("a"), &kept = stays->ask("b");
  until_waits("GET slow");
  leaves->share->leave(kElsewhere);
  CHECK(lost.lost);
  CHECK(also_lost.lost);
  REQUIRE(leaves->closed.size() == 1);
  CHECK(leaves->closed[0].what == "elsewhere");
  Ask refused;
  CHECK_FALSE(leaves->share->send(refused, Command::of("GET", "a")));

  // It comes back while its old replies are still due: these go to no share.
  const auto back = start();
  REQUIRE(back->opened == 1);
  const Ask& fresh = back->ask("c");
  held.release();
  CHECK(reply(fresh) == "value of c");
  CHECK(kept.text == "value of b");
  CHECK(lost.answers + also_lost.answers == 2);
  CHECK(stays->closed.empty());
  CHECK(fake.accepted() == 1);
}

TEST_CASE_FIXTURE(Sharing, "the end of the connection ends every share, each after its calls") {
  const auto first = open(), second = open();
  fake.on("GET").silence();
  for (Sharer* each : {first.get(), second.get()}) {
    each->ask("a").then = [each](Ask& ask) {
      CHECK(ask.lost);
      CHECK(each->closed.empty());
      CHECK_FALSE(each->share->is_open());
      CHECK_FALSE(each->share->send(ask, Command::of("GET", "a")));
    };
  }
  until_waits("GET");
  fake.close_all();
  until([&] { return first->closed.size() + second->closed.size() == 2; }, "both shares end");
  CHECK(second->closed[0].what == "Server closed the connection");

  // A new share connects again.
  const auto next = open();
  CHECK(fake.accepted() == 2);
}

TEST_CASE_FIXTURE(Sharing, "a retired connection keeps its shares, and the next share makes its own") {
  const auto leaves = open(), stays = open();
  leaves->share->retire();
  leaves->share->leave({ErrorKind::kRoleChanged, "no primary"});
  const auto next = open();
  CHECK(fake.accepted() == 2);
  const Ask &kept = stays->ask("a"), &fresh = next->ask("b");
  CHECK(reply(kept) == "value of a");
  CHECK(reply(fresh) == "value of b");
  CHECK(start()->opened == 1);
  CHECK(fake.accepted() == 2);
}

TEST_CASE_FIXTURE(Sharing, "a share that leaves in a reply's callback ends when that returns") {
  const auto sharer = open(), other = open();
  sharer->ask("a").then = [&](Ask& answered) {
    CHECK(answered.text == "value of a");
    sharer->share->leave(kElsewhere);
    CHECK_FALSE(sharer->share->is_open());
    CHECK(sharer->closed.empty());
  };
  const Ask &behind = sharer->ask("b"), &others = other->ask("c");
  until([&] { return !sharer->closed.empty(); }, "the share ends");
  CHECK(behind.lost);
  CHECK(reply(others) == "value of c");
}

TEST_CASE_FIXTURE(Sharing, "a reply's callback can send the next call") {
  const auto sharer = open(), other = open();
  Ask& ask = sharer->ask("a");
  ask.then = [&](Ask& again) {
    if (again.answers < 100) REQUIRE(sharer->share->send(again, Command::of("GET", "a")));
  };
  other->ask("b");
  until([&] { return ask.answers == 100; }, "a hundred replies");
}

TEST_CASE_FIXTURE(Sharing, "the connection ends with its last share") {
  auto first = open(), second = open();
  first->share->leave(kElsewhere);
  CHECK(fake.standing() == 1);
  second.reset();
  until_disconnected();
  const auto next = open();
  CHECK(fake.accepted() == 2);
}

TEST_CASE_FIXTURE(Sharing, "a failed handshake fails for all waiting shares") {
  fake.on("HELLO").error("NOPERM no");
  fake.on("SCRIPT LOAD").error("NOPERM this user has no permissions to run the 'script|load' command");
  const auto first = start(), second = start();
  until([&] { return first->failed.size() + second->failed.size() == 2; }, "both fail");
  CHECK(first->failed[0].kind == ErrorKind::kRefused);
  CHECK(second->failed[0].what == first->failed[0].what);
  CHECK(first->opened + second->opened == 0);
  CHECK(first->closed.size() + second->closed.size() == 0);
}

TEST_CASE_FIXTURE(Sharing, "leaving during the handshake does not end it for the others, but the last to leave does") {
  auto& held = fake.on("SCRIPT LOAD").reply(resp::bulk("settle")).hold();
  const auto first = start(), second = start();
  until_waits("SCRIPT LOAD");
  first->share->leave({ErrorKind::kLost, "closed"});
  SUBCASE("one leaves") {
    held.release();
    until([&] { return second->opened == 1; }, "the other share is open");
    CHECK(first->closed.empty());
  }
  SUBCASE("both leave") {
    second->share->leave({ErrorKind::kLost, "closed"});
    until_disconnected();
    CHECK(second->opened == 0);
  }
  CHECK(first->opened == 0);
}

TEST_CASE_FIXTURE(Sharing, "a share can leave as it opens, and as another opens") {
  const auto first = start(), second = start(), third = start();
  first->on_open_then = [&] {
    first->share->leave(kElsewhere);
    second->share->leave(kElsewhere);
  };
  until([&] { return third->opened == 1; }, "the third share is open");
  CHECK(first->closed.size() == 1);
  CHECK(second->opened == 0);
  CHECK(reply(third->ask("a")) == "value of a");
}

}  // namespace
}  // namespace orderd::test
