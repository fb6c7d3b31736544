// A producer against scripted servers, of which one redirects to the other.
#include "order-replay/producer.h"

#include <doctest/doctest.h>

#include "support/fake_server.h"
#include "support/resp.h"
#include "transport/loop_fixture.h"

namespace orderd::replay {
namespace {

namespace resp = test::resp;
using test::FakeServer;

// Names the second server as soon as the first one was left because of a redirect.
struct Redirected : valkey::Topology {
  Redirected(const FakeServer& first, const FakeServer& second) : servers{&first, &second} {}
  [[nodiscard]] std::unique_ptr<Search> locate(Located located) override {
    located(servers[redirects > 0 ? 1 : 0]->endpoint());
    return nullptr;
  }
  [[nodiscard]] bool moves() const override { return true; }
  void report(const valkey::Endpoint& /*server*/, const valkey::Error& error) override {
    if (error.kind == valkey::ErrorKind::kMoved) ++redirects;
  }
  std::array<const FakeServer*, 2> servers;
  int redirects = 0;
};

struct Fixture : test::LoopFixture, Producer::Listener {
  Fixture() {
    Producer::Listener& listener = *this;
    producer = std::make_unique<Producer>(loop, topology, valkey::Handshake{.name = "test", .scripts = {}},
                                          Producer::Options{.stream = "orders", .window = 8}, 1, listener);
    producer->start();
    until([this] { return producer->can_take(); }, "a connection");
  }
  ~Fixture() override { producer->stop(); }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  // Requests whose only value is their number.
  void push(uint64_t from, uint64_t to) {
    for (uint64_t number = from; number <= to; ++number) {
      const std::string text = std::to_string(number);
      Recorded recorded;
      recorded.fields = {"n", text};
      producer->push(recorded, {.line = number, .due_ns = 0});
    }
  }
  // The numbers of the requests that a server got.
  static std::string got(const FakeServer& server) {
    std::string numbers;
    for (const test::Received& command : server.received()) {
      if (command.begins("XADD")) numbers += command.words.back() + " ";
    }
    return numbers;
  }

  void on_pushed(const Producer::Request& request, tools::StreamId /*id*/) override {
    pushed += std::to_string(request.line) + " ";
  }
  void on_again() override { ++again; }
  void on_unknown() override { FAIL("a request is not sent again"); }
  void on_failed(const Producer::Request& /*request*/, const std::string& answer) override { FAIL(answer); }
  void on_ready() override {}
  void on_down(const valkey::Error& error) override { downs.push_back(error.what); }
  void on_trouble(const std::string& what) override { FAIL(what); }

  FakeServer first{loop};
  FakeServer second{loop};
  Redirected topology{first, second};
  std::string pushed;
  int again = 0;
  std::vector<std::string> downs;
  std::unique_ptr<Producer> producer;
};

constexpr const char* kMoved = "MOVED 42 10.0.0.2:6379";

TEST_CASE("what was carried out after a redirect is not pushed again") {
  Fixture test;
  test.second.on("XADD").reply(resp::bulk("9-0"));
  test.first.on("XADD").reply(resp::bulk("5-0"));
  test.first.on("XADD").with("2").error(kMoved);
  auto& last = test.first.on("XADD").with("4").error(kMoved).hold();
  test.push(1, 4);
  test.until([&] { return test.pushed == "1 3 "; }, "the replies");
  // It waits for the reply that is outstanding, and takes nothing more.
  CHECK_FALSE(test.producer->can_take());
  CHECK(test.downs.empty());
  last.release();
  test.until([&] { return test.producer->open() == 0; }, "all replies");
  CHECK(Fixture::got(test.first) == "1 2 3 4 ");
  CHECK(Fixture::got(test.second) == "2 4 ");
  CHECK(test.pushed == "1 3 2 4 ");
  CHECK(test.again == 2);
  CHECK(test.topology.redirects == 1);
  REQUIRE(test.downs.size() == 1);
  CHECK(test.downs[0] == "left " + test.first.endpoint().redacted() + ": " + kMoved);
}

TEST_CASE("what is unknown when the connection is lost after a redirect is pushed again in order") {
  Fixture test;
  test.second.on("XADD").reply(resp::bulk("9-0"));
  test.first.on("XADD").times(5).error(kMoved);
  test.first.on("XADD").with("1").times(1).reply(resp::bulk("5-0"));
  test.first.on("XADD").with("3").times(1).silence();
  test.push(1, 4);
  test.until([&] { return test.again == 1; }, "the redirect");
  test.first.close_all();
  test.until([&] { return test.producer->open() == 0; }, "all replies");
  CHECK(test.pushed == "1 2 3 4 ");
  // The connection that was lost names no other server: it is asked once more.
  CHECK(Fixture::got(test.first) == "1 2 3 4 2 3 4 ");
  CHECK(Fixture::got(test.second) == "2 3 4 ");
  CHECK(test.downs.size() == 2);
}

}  // namespace
}  // namespace orderd::replay
