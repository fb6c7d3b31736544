// Sentinels that disagree, reply with nonsense or not at all, and announce another primary.
#include "valkey/sentinels.h"

#include <doctest/doctest.h>

#include <deque>

#include "transport/fake_server.h"
#include "transport/resp.h"
#include "transport/run_until.h"

namespace orderd::test {
namespace {

class SentinelsFixture {
 public:
  explicit SentinelsFixture(std::size_t count)
      : topology(loop, [this]() -> Result<valkey::Service> { return service; }) {
    service.name = "shop";
    service.server.username = "anna";
    service.server.password = "secret";
    for (std::size_t i = 0; i < count; ++i) {
      sentinels.emplace_back(loop, FakeServer::Where::kTcp);
      service.sentinels.push_back(sentinels.back().endpoint());
    }
  }
  void names(std::size_t number, const std::string& host, const std::string& port) {
    sentinels[number].on("SENTINEL").reply(resp::bulks({host, port}));
  }
  // "host:port", or the error.
  std::string locate() {
    std::string answer;
    search = topology.locate([&](const Result<valkey::Endpoint>& found) {
      CHECK(answer.empty());
      answer = found ? found->host + ":" + std::to_string(found->port) : found.error();
      if (found) CHECK(found->username + found->password == "annasecret");
    });
    run_until(
        loop, [&] { return !answer.empty(); }, "a result of the topology");
    search.reset();
    return answer;
  }

  Loop loop;
  std::deque<FakeServer> sentinels;
  valkey::Service service;
  valkey::Sentinels topology;
  std::unique_ptr<valkey::Topology::Search> search;
};

}  // namespace

TEST_CASE("the primary is what most sentinels name") {
  SentinelsFixture test(3);
  test.names(0, "10.0.0.1", "6379");
  test.names(1, "10.0.0.2", "6380");
  test.names(2, "10.0.0.2", "6380");
  CHECK(test.locate() == "10.0.0.2:6380");
  for (FakeServer& sentinel : test.sentinels) {
    CHECK(sentinel.count("SENTINEL GET-MASTER-ADDR-BY-NAME shop") <= 1);
    CHECK(sentinel.count("HELLO") + sentinel.count("AUTH") + sentinel.count("ROLE") == 0);
  }
}

TEST_CASE("sentinels that are silent or down are waited for only briefly") {
  SentinelsFixture test(3);
  test.sentinels[0].on("SENTINEL").silence();
  test.sentinels[1].refuse();
  test.names(2, "10.0.0.2", "6380");
  CHECK(test.locate() == "10.0.0.2:6380");
}

TEST_CASE("when no sentinel names a primary the error lists each with its reason") {
  SentinelsFixture test(4);
  test.sentinels[0].refuse();
  test.sentinels[1].on("SENTINEL").reply(resp::nil());
  test.sentinels[2].on("SENTINEL").error("NOPERM User watch has no permissions to run the 'sentinel' command");
  test.names(3, "10.0.0.2", "66000");
  const std::string answer = test.locate();
  CHECK(answer.starts_with("no sentinel named the primary of 'shop': "));
  for (const valkey::Endpoint& sentinel : test.service.sentinels) {
    CHECK_MESSAGE(answer.find(sentinel.redacted()) != std::string::npos, answer);
  }
  CHECK(answer.find("knows no service 'shop'; check valkey.service") != std::string::npos);
  CHECK(answer.find("refused SENTINEL GET-MASTER-ADDR-BY-NAME: NOPERM") != std::string::npos);
  CHECK(answer.find("gave an answer that is no address") != std::string::npos);
}

TEST_CASE("replies that are not addresses do not count") {
  for (const std::string& odd :
       {resp::bulks({"10.0.0.1"}), resp::bulks({"", "6379"}), resp::bulks({"10.0.0.1", "0"}), resp::bulks({"h", "x"}),
        resp::integer(7), resp::array({}), resp::array({resp::nil(), resp::nil()})}) {
    CAPTURE(odd);
    SentinelsFixture test(1);
    test.sentinels[0].on("SENTINEL").reply(odd);
    CHECK(test.locate().find("gave an answer that is no address") != std::string::npos);
  }
}

TEST_CASE("a sentinel is logged in to with its own user") {
  SentinelsFixture test(1);
  test.service.sentinels[0].username = "watch";
  test.service.sentinels[0].password = "word";
  test.names(0, "10.0.0.2", "6380");
  CHECK(test.locate() == "10.0.0.2:6380");
  CHECK(test.sentinels[0].count("AUTH watch word") == 1);
  test.sentinels[0].on("AUTH").error("WRONGPASS invalid username-password pair");
  const std::string answer = test.locate();
  CHECK(answer.find("WRONGPASS") != std::string::npos);
  CHECK(answer.find(test.service.sentinels[0].redacted()) != std::string::npos);
  CHECK(answer.find("word:") == std::string::npos);
}

TEST_CASE("a lookup can be canceled at any time") {
  SentinelsFixture test(2);
  test.sentinels[0].on("SENTINEL").silence();
  test.sentinels[1].on("SENTINEL").silence();
  test.search = test.topology.locate([](const Result<valkey::Endpoint>&) { FAIL("called after it was canceled"); });
  SUBCASE("at once") {
  }
  SUBCASE("when all were asked") {
    run_until(
        test.loop, [&] { return test.sentinels[0].waits("SENTINEL") && test.sentinels[1].waits("SENTINEL"); },
        "both are asked");
  }
  test.search.reset();
  run_until(
      test.loop, [&] { return test.sentinels[0].standing() + test.sentinels[1].standing() == 0; },
      "both connections are closed");
}

TEST_CASE("a sentinel's announcements about the service are passed on") {
  SentinelsFixture test(2);
  std::vector<std::string> heard;
  const auto watch = [&] {
    return test.topology.watch(
        [&](const valkey::Endpoint& primary) { heard.push_back(primary.host + ":" + std::to_string(primary.port)); });
  };
  for (FakeServer& sentinel : test.sentinels) {
    sentinel.on("SENTINEL").reply(resp::bulks({"10.0.0.1", "6379"}));
    sentinel.on("SUBSCRIBE")
        .reply(resp::array({resp::bulk("subscribe"), resp::bulk("+switch-master"), resp::integer(1)}));
  }
  auto watching = watch();
  CHECK(heard.empty());
  const auto said = [&](const std::string& text) {
    return std::any_of(heard.begin(), heard.end(), [&](const std::string& each) { return each == text; });
  };
  run_until(
      test.loop, [&] { return said("10.0.0.1:6379"); }, "what all sentinels name when one is subscribed to");
  run_until(
      test.loop, [&] { return test.sentinels[0].count("SUBSCRIBE") == 1 && test.sentinels[1].count("SUBSCRIBE") == 1; },
      "both are subscribed to");
  run_for(test.loop, Milliseconds(20));
  // The subscribing connection is the first to each sentinel.
  const auto announce = [&](const std::string& text) {
    test.sentinels[1].blurt(0, resp::array({resp::bulk("message"), resp::bulk("+switch-master"), resp::bulk(text)}));
  };
  for (const char* other : {"other 10.0.0.1 6379 10.0.0.9 6379", "shop 10.0.0.1 6379 10.0.0.9", "shop", "",
                            "shop 10.0.0.1 6379 10.0.0.9 0"}) {
    announce(other);
  }
  announce("shop 10.0.0.1 6379 10.0.0.2 6380");
  run_until(
      test.loop, [&] { return said("10.0.0.2:6380"); }, "the announcement");
  CHECK_FALSE(said("10.0.0.9:6379"));
  watching.reset();
  run_until(
      test.loop, [&] { return test.sentinels[0].standing() + test.sentinels[1].standing() == 0; },
      "both connections are closed");
}

TEST_CASE("a sentinel that disconnects is subscribed to again") {
  SentinelsFixture test(1);
  test.names(0, "10.0.0.1", "6379");
  test.sentinels[0]
      .on("SUBSCRIBE")
      .times(1)
      .error("NOPERM User watch has no permissions to run the 'subscribe' command");
  test.sentinels[0]
      .on("SUBSCRIBE")
      .after(1)
      .reply(resp::array({resp::bulk("subscribe"), resp::bulk("+switch-master"), resp::integer(1)}));
  const auto watching = test.topology.watch([](const valkey::Endpoint&) {});
  run_until(
      test.loop, [&] { return test.sentinels[0].count("SUBSCRIBE") == 2; }, "a second subscription");
}

}  // namespace orderd::test
