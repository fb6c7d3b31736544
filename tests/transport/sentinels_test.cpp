// Sentinels that disagree, reply with nonsense or not at all, and announce another primary.
#include "valkey/sentinels.h"

#include <algorithm>
#include <deque>

#include "transport/loop_fixture.h"

namespace orderd::test {
namespace {

class SentinelsFixture : public LoopFixture {
 public:
  explicit SentinelsFixture(std::size_t count, Where where = Where::kUnix)
      : LoopFixture(where), topology(loop, [this] { return Result<valkey::Service>(service); }) {
    service.name = "shop";
    service.server.username = "anna";
    service.server.password = "secret";
    for (std::size_t i = 0; i < count; ++i) {
      sentinels.emplace_back(loop, where);
      service.sentinels.push_back(sentinels.back().endpoint());
    }
  }
  void all(const std::string& command, const std::string& reply) {
    for (FakeServer& sentinel : sentinels) sentinel.on(command).reply(reply);
  }
  void names(std::size_t number, const std::string& host, const std::string& port) {
    sentinels[number].on("SENTINEL").reply(resp::bulks({host, port}));
  }
  void until_disconnected() {
    const auto open = [](const FakeServer& sentinel) { return sentinel.standing() > 0; };
    until([&] { return std::none_of(sentinels.begin(), sentinels.end(), open); }, "all connections are closed");
  }
  // "host:port", or the error.
  std::string locate() {
    std::string answer;
    search = topology.locate([&](const Result<valkey::Endpoint>& found) {
      CHECK(answer.empty());
      answer = found ? found->host + ":" + std::to_string(found->port) : found.error();
      if (found) CHECK(found->username + found->password == "annasecret");
    });
    until([&] { return !answer.empty(); }, "a result of the topology");
    search.reset();
    return answer;
  }

  std::deque<FakeServer> sentinels;
  valkey::Service service;
  valkey::Sentinels topology;
  std::unique_ptr<valkey::Topology::Search> search;
};

template <std::size_t count>
struct SentinelsOf : SentinelsFixture {
  SentinelsOf() : SentinelsFixture(count) {}
};
template <std::size_t count>
struct TcpSentinelsOf : SentinelsFixture {
  TcpSentinelsOf() : SentinelsFixture(count, Where::kTcp) {}
};
const std::string kSubscribed = resp::array({resp::bulk("subscribe"), resp::bulk("+switch-master"), resp::integer(1)});

}  // namespace

TEST_CASE_FIXTURE(SentinelsOf<3>, "the primary is what most sentinels name") {
  names(0, "10.0.0.1", "6379");
  names(1, "10.0.0.2", "6380");
  names(2, "10.0.0.2", "6380");
  CHECK(locate() == "10.0.0.2:6380");
  for (FakeServer& sentinel : sentinels) {
    CHECK(sentinel.count("SENTINEL GET-MASTER-ADDR-BY-NAME shop") <= 1);
    CHECK(sentinel.count("HELLO") + sentinel.count("AUTH") + sentinel.count("ROLE") == 0);
  }
}

TEST_CASE_FIXTURE(TcpSentinelsOf<4>, "when no sentinel names a primary the error lists each with its reason") {
  sentinels[0].refuse();
  sentinels[1].on("SENTINEL").reply(resp::nil());
  sentinels[2].on("SENTINEL").error("NOPERM User watch has no permissions to run the 'sentinel' command");
  names(3, "10.0.0.2", "66000");
  const std::string answer = locate();
  CHECK(answer.starts_with("no sentinel named the primary of 'shop': "));
  for (const valkey::Endpoint& sentinel : service.sentinels) CHECK(contains(answer, sentinel.redacted()));
  for (const char* reason : {"does not know the service 'shop'; check valkey.service", "returned an invalid address",
                             "refused SENTINEL GET-MASTER-ADDR-BY-NAME: NOPERM"}) {
    CHECK_MESSAGE(contains(answer, reason), answer);
  }
}

TEST_CASE("replies that are not addresses do not count") {
  for (const std::string& odd :
       {resp::bulks({"10.0.0.1"}), resp::bulks({"", "6379"}), resp::bulks({"10.0.0.1", "0"}), resp::bulks({"h", "x"}),
        resp::integer(7), resp::array({}), resp::array({resp::nil(), resp::nil()})}) {
    CAPTURE(odd);
    SentinelsFixture test(1);
    test.sentinels[0].on("SENTINEL").reply(odd);
    CHECK(contains(test.locate(), "returned an invalid address"));
  }
}

TEST_CASE_FIXTURE(TcpSentinelsOf<1>, "a sentinel is logged in to with its own user") {
  service.sentinels[0].username = "watch";
  service.sentinels[0].password = "word";
  names(0, "10.0.0.2", "6380");
  CHECK(locate() == "10.0.0.2:6380");
  CHECK(sentinels[0].count("AUTH watch word") == 1);
  sentinels[0].on("AUTH").error("WRONGPASS invalid username-password pair");
  const std::string answer = locate();
  CHECK(contains(answer, "WRONGPASS"));
  CHECK(contains(answer, service.sentinels[0].redacted()));
  CHECK_FALSE(contains(answer, "word:"));
}

TEST_CASE_FIXTURE(SentinelsOf<2>, "a lookup can be canceled at any time") {
  for (FakeServer& sentinel : sentinels) sentinel.on("SENTINEL").silence();
  search = topology.locate([](const Result<valkey::Endpoint>&) { FAIL("called after it was canceled"); });
  SUBCASE("at once") {
  }
  SUBCASE("when all were asked") {
    until([&] { return sentinels[0].waits("SENTINEL") && sentinels[1].waits("SENTINEL"); }, "both are asked");
  }
  search.reset();
  until_disconnected();
}

TEST_CASE_FIXTURE(SentinelsOf<2>, "a sentinel's announcements about the service are passed on") {
  std::vector<std::string> heard;
  all("SENTINEL", resp::bulks({"10.0.0.1", "6379"}));
  all("SUBSCRIBE", kSubscribed);
  auto watching = topology.watch(
      [&](const valkey::Endpoint& primary) { heard.push_back(primary.host + ":" + std::to_string(primary.port)); });
  CHECK(heard.empty());
  const auto said = [&](const std::string& text) { return std::count(heard.begin(), heard.end(), text) > 0; };
  until([&] { return said("10.0.0.1:6379"); }, "what all sentinels name when one is subscribed to");
  until([&] { return sentinels[0].count("SUBSCRIBE") == 1 && sentinels[1].count("SUBSCRIBE") == 1; },
        "both are subscribed to");
  turn(Milliseconds(20));
  for (const char* text : {"other 10.0.0.1 6379 10.0.0.9 6379", "shop 10.0.0.1 6379 10.0.0.9", "shop", "",
                           "shop 10.0.0.1 6379 10.0.0.9 0", "shop 10.0.0.1 6379 10.0.0.2 6380"}) {
    // The subscribing connection is the first to each sentinel.
    sentinels[1].blurt(0, resp::bulks({"message", "+switch-master", text}));
  }
  until([&] { return said("10.0.0.2:6380"); }, "the announcement");
  CHECK_FALSE(said("10.0.0.9:6379"));
  watching.reset();
  until_disconnected();
}

TEST_CASE_FIXTURE(SentinelsOf<1>, "a sentinel that disconnects is subscribed to again") {
  names(0, "10.0.0.1", "6379");
  auto& refused = sentinels[0].on("SUBSCRIBE").times(1);
  refused.error("NOPERM User watch has no permissions to run the 'subscribe' command");
  sentinels[0].on("SUBSCRIBE").after(1).reply(kSubscribed);
  const auto watching = topology.watch([](const valkey::Endpoint&) {});
  until([&] { return sentinels[0].count("SUBSCRIBE") == 2; }, "a second subscription");
}

}  // namespace orderd::test
