// One link to the scripted server, and what it reported. At the end of a test it checks what holds on every path:
// nothing is in flight, each call was answered once, and the loop closes clean.
#pragma once

#include "transport/connection_fixture.h"
#include "valkey/link.h"

namespace orderd::test {

using valkey::Channel;
using valkey::Endpoint;

// Answers at once, later by answer(), or never. Checks that nobody asks twice at the same time.
class FakeTopology : public valkey::Topology {
 public:
  explicit FakeTopology(std::function<Result<Endpoint>()> where) : where_(std::move(where)) {}
  ~FakeTopology() override { CHECK(searching == 0); }

  [[nodiscard]] std::unique_ptr<Search> locate(Located located) override {
    ++asked;
    if (!later) {
      located(where_());
      return nullptr;
    }
    waiting = std::move(located);
    return std::make_unique<Question>(*this);
  }
  [[nodiscard]] std::unique_ptr<Watch> watch(const Elsewhere& call) override {
    elsewhere = call;
    return nullptr;
  }
  [[nodiscard]] bool moves() const override { return primary_moves; }
  void report(const Endpoint& server, const valkey::Error& error) override {
    reports.emplace_back(server.redacted(), error);
  }
  void suspect(const Endpoint& server) override {
    CHECK(!server.host.empty());
    ++suspicions;
    if (on_suspicion) on_suspicion();
  }
  void answer() {
    REQUIRE(waiting);
    std::exchange(waiting, nullptr)(where_());
  }

  bool later = false;
  bool primary_moves = false;
  Elsewhere elsewhere;
  int asked = 0;
  int searching = 0;
  int suspicions = 0;
  std::function<void()> on_suspicion;
  Located waiting;  // null: nobody asks, or the question was canceled
  std::vector<std::pair<std::string, valkey::Error>> reports;

 private:
  struct Question : Search {
    explicit Question(FakeTopology& topology) : owner(topology) { CHECK(++owner.searching == 1); }
    ~Question() override {
      --owner.searching;
      owner.waiting = nullptr;
    }
    FakeTopology& owner;
  };
  std::function<Result<Endpoint>()> where_;
};

class LinkFixture : public ServerFixture, private valkey::Link::Listener {
 public:
  LinkFixture() {
    options.name = "shop-1";
    options.scripts = {"#!lua\n-- settle.lua: decides.", "#!lua\n-- join.lua: joins."};
    options.connect_timeout = kPatience;
    options.reply_timeout = kPatience;
  }
  ~LinkFixture() override {
    if (link) CHECK(link->in_flight() == 0);
    link.reset();
    for (const Ask& ask : asks) CHECK(ask.answers == 1);
  }

  void start() {
    link.reset(new valkey::Link(loop, topology, connections, options, 1, *this));
    link->start();
  }
  void connect() {
    start();
    until_up();
  }
  // Sends a command that has to be taken.
  template <class... Words>
  Ask& ask(Channel channel, const Words&... words) {
    Ask& ask = asks.emplace_back();
    REQUIRE(link->send(channel, ask, Command::of(words...)));
    return ask;
  }
  // The same on both channels: the first on the reading one.
  template <class... Words>
  std::pair<Ask&, Ask&> ask_both(const Words&... words) {
    Ask& read = ask(Channel::kReading, words...);
    return {read, ask(Channel::kSettling, words...)};
  }
  // It went down once so far, with an error that begins like this.
  void went_down_once(ErrorKind kind, const std::string& what) const {
    REQUIRE(downs.size() == 1);
    CHECK(downs.front().kind == kind);
    CHECK_MESSAGE(downs.front().what.starts_with(what), downs.front().what);
  }
  void until_up(int times = 1) {
    until([&] { return ups == times; }, "the link is up");
  }
  void until_down(std::size_t times = 1) {
    until([&] { return downs.size() >= times; }, "the link is down");
  }
  void until_answered() {
    until([this] { return link->in_flight() == 0; }, "the replies");
  }
  // The number of the first connection with this name.
  [[nodiscard]] std::size_t connection_of(std::string_view name) const {
    for (const Received& each : fake.received()) {
      if (each.begins("CLIENT SETNAME") && each.words.back() == name) return each.connection;
    }
    FAIL("no connection is named ", std::string(name));
    return 0;
  }
  [[nodiscard]] std::size_t reading() const { return connection_of("orderd-read:shop-1"); }
  [[nodiscard]] std::size_t settling() const { return connection_of("orderd-settle:shop-1"); }
  // The server, at another address.
  [[nodiscard]] Endpoint other_address() const {
    Endpoint other = fake.endpoint();
    other.host = "10.0.0.2";
    return other;
  }

  valkey::Link::Options options;
  std::function<Result<Endpoint>()> where = [this] { return fake.endpoint(); };
  FakeTopology topology{[this] { return where(); }};
  valkey::SharedConnections connections{loop};
  int ups = 0;
  std::vector<valkey::Error> downs;
  std::function<void()> on_up_then;
  std::function<void()> on_down_then;
  std::deque<Ask> asks;
  std::unique_ptr<valkey::Link> link;

 private:
  void on_up() override {
    CHECK(link->up());
    CHECK(fake.standing() >= 2);
    ++ups;
    if (on_up_then) on_up_then();
  }
  void on_down(const valkey::Error& error) override {
    CHECK_FALSE(link->up());
    CHECK(link->in_flight() == 0);
    downs.push_back(error);
    if (on_down_then) on_down_then();
  }
};

}  // namespace orderd::test
