// A producer against scripted servers, of which one redirects to the other.
#include "order-replay/producer.h"

#include "transport/loop_fixture.h"

namespace orderd::replay {
namespace {

namespace resp = test::resp;
using test::FakeServer;

constexpr const char* kMoved = "MOVED 42 10.0.0.2:6379";

// The topology names the second server as soon as the first one was left because of a redirect or announce().
struct ProducerFixture : test::LoopFixture, valkey::Topology, Producer::Listener {
  ProducerFixture() {
    second.on("XADD").reply(resp::bulk("9-0"));
    producer.start();
    until([this] { return producer.can_take(); }, "a connection");
  }
  ~ProducerFixture() override { producer.stop(); }

  // Requests whose only value is their number.
  void push(uint64_t from, uint64_t to) {
    for (uint64_t number = from; number <= to; ++number) {
      const std::string text = std::to_string(number);
      Recorded recorded;
      recorded.fields = {"n", text};
      producer.push(recorded, {.line = number, .due_ns = 0});
    }
  }
  void until_all_replied() {
    until([&] { return producer.open() == 0; }, "all replies");
  }
  // The numbers of the requests that a server got.
  static std::string got(const FakeServer& server) {
    std::string numbers;
    for (const test::Received& command : server.received()) {
      if (command.begins("XADD")) numbers += command.words.back() + " ";
    }
    return numbers;
  }

  [[nodiscard]] std::unique_ptr<Search> locate(Located located) override {
    located((redirects > 0 ? second : first).endpoint());
    return nullptr;
  }
  std::unique_ptr<Watch> watch(const Elsewhere& elsewhere) override {
    announced = elsewhere;
    return nullptr;
  }
  void announce() {
    valkey::Endpoint other;
    other.host = "10.0.0.2";
    announced(other);
  }
  [[nodiscard]] bool moves() const override { return true; }
  void report(const valkey::Endpoint& /*server*/, const valkey::Error& error) override {
    if (error.kind == valkey::ErrorKind::kMoved) ++redirects;
  }

  void on_pushed(const Producer::Request& request, StreamId /*id*/) override {
    pushed += std::to_string(request.line) + " ";
  }
  void on_resent() override { ++resent; }
  void on_unknown() override { ++unknown; }
  void on_failed(const Producer::Request& /*request*/, const std::string& answer) override { FAIL(answer); }
  void on_ready() override {}
  void on_down(const valkey::Error& error) override { downs.push_back(error.what); }
  void on_trouble(const std::string& what) override { troubles.push_back(what); }

  FakeServer first{loop};
  FakeServer second{loop};
  int redirects = 0;
  std::string pushed;
  Elsewhere announced;
  int resent = 0;
  int unknown = 0;
  std::vector<std::string> downs, troubles;
  Producer producer{loop, *this, {.name = "test", .scripts = {}}, {.stream = "orders", .window = 8}, 1, *this};
};

TEST_CASE_FIXTURE(ProducerFixture, "what was carried out after a redirect is not pushed again") {
  first.on("XADD").reply(resp::bulk("5-0"));
  first.on("XADD").with("2").error(kMoved);
  auto& last = first.on("XADD").with("4").error(kMoved).hold();
  push(1, 4);
  until([&] { return pushed == "1 3 "; }, "the replies");
  // It waits for the reply that is outstanding, and takes nothing more.
  CHECK_FALSE(producer.can_take());
  CHECK(downs.empty());
  last.release();
  until_all_replied();
  CHECK(got(first) == "1 2 3 4 ");
  CHECK(got(second) == "2 4 ");
  CHECK(pushed == "1 3 2 4 ");
  CHECK(resent == 0);
  CHECK(unknown == 0);
  CHECK(redirects == 1);
  CHECK(troubles.empty());
  CHECK(downs == std::vector<std::string>{"left " + first.endpoint().redacted() + ": " + kMoved});
}

TEST_CASE_FIXTURE(ProducerFixture, "what is unknown after a redirect and a lost connection is pushed again in order") {
  first.on("XADD").times(5).error(kMoved);
  first.on("XADD").with("1").times(1).reply(resp::bulk("5-0"));
  first.on("XADD").with("3").times(1).silence();
  push(1, 4);
  until([&] { return !producer.can_take(); }, "the redirect");
  first.close_all();
  until_all_replied();
  CHECK(pushed == "1 2 3 4 ");
  // The connection that was lost names no other server: it is asked once more.
  CHECK(got(first) == "1 2 3 4 2 3 4 ");
  CHECK(got(second) == "2 3 4 ");
  CHECK(downs.size() == 2);
  CHECK(resent == 4);
  CHECK(unknown == 0);
}

TEST_CASE_FIXTURE(ProducerFixture, "replies in flight are awaited when another primary is announced") {
  first.on("XADD").reply(resp::bulk("5-0"));
  auto& last = first.on("XADD").with("2").reply(resp::bulk("6-0")).hold();
  push(1, 2);
  until([&] { return pushed == "1 "; }, "the first reply");
  announce();
  CHECK_FALSE(producer.can_take());
  SUBCASE("for as long as they arrive") {
    last.release();
    until([&] { return producer.can_take(); }, "the next connection");
    CHECK(got(second).empty());
    CHECK(pushed == "1 2 ");
    CHECK(resent == 0);
  }
  SUBCASE("but not longer than half a second without any") {
    turn(Milliseconds(200));
    CHECK(downs.empty());
    until_all_replied();
    CHECK(got(second) == "2 ");
    CHECK(resent == 1);
  }
  CHECK(unknown == 0);
  CHECK(downs.size() == 1);
}

TEST_CASE_FIXTURE(ProducerFixture, "what is not resent at the end is unknown, unless it was surely not carried out") {
  first.on("XADD").error("OOM command not allowed when used memory > 'maxmemory'.");
  first.on("XADD").with("2").reply(resp::bulk("5-0")).hold();
  push(1, 3);
  until([&] { return troubles.size() == 1; }, "the refusal");
  first.refuse();
  first.close_all();
  until([&] { return !downs.empty(); }, "the loss");
  producer.stop();
  CHECK(unknown == 2);
  CHECK(resent == 0);
}

TEST_CASE_FIXTURE(ProducerFixture, "a connection that somebody waits for is attempted at once") {
  first.refuse();
  first.close_all();
  until([&] { return downs.size() == 6; }, "the longest wait between attempts");
  first.listen();
  const uint64_t now_ms = loop.now_ms();
  producer.hurry();
  until([&] { return producer.can_take(); }, "a connection");
  CHECK(loop.now_ms() - now_ms < 200);
}

// A server that was restarted loads its data: not a refusal, although those end a submission to one server.
TEST_CASE_FIXTURE(ProducerFixture, "what a server refuses while it loads its data is pushed again") {
  Producer submission(loop, *this, {.name = "test", .scripts = {}},
                      {.stream = "orders", .window = 8, .resend_refused = false}, 1, *this);
  first.on("XADD").reply(resp::bulk("5-0"));
  first.on("XADD").times(2).error("LOADING Valkey is loading the dataset in memory");
  submission.start();
  until([&] { return submission.can_take(); }, "a connection");
  Recorded recorded;
  recorded.fields = {"n", "1"};
  submission.push(recorded, {.line = 1, .due_ns = 0});
  until([&] { return submission.open() == 0; }, "the reply");
  submission.stop();
  CHECK(got(first) == "1 1 1 ");
  CHECK(pushed == "1 ");
  CHECK(troubles.size() == 2);
}

}  // namespace
}  // namespace orderd::replay
