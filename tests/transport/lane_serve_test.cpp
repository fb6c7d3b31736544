// Serving: what is read, how calls are formed, and how much is held. The fixture checks at the end of every test that
// requests are settled in order, none twice.
#include <doctest/doctest.h>

#include <algorithm>

#include "transport/lane_fixture.h"

namespace orderd::test {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;

using Requests = std::vector<std::string>;

// COUNT of each read.
std::vector<std::size_t> counts(const LaneFixture& test) {
  std::vector<std::size_t> counts;
  for (const Received& command : test.fake.received()) {
    if (!command.begins("XREAD")) continue;
    const auto option = std::find(command.words.begin(), command.words.end(), "COUNT");
    counts.push_back(std::stoul(*(option + 1)));
  }
  return counts;
}

StreamEntry large_entry(int number, std::size_t bytes) {
  StreamEntry entry = order_entry(std::to_string(number) + "-0");
  entry.fields.insert(entry.fields.end(), {"note", std::string(bytes, 'x')});
  return entry;
}

std::vector<std::size_t> sizes(const LaneFixture& test) {
  std::vector<std::size_t> sizes;
  for (const SettleCall& call : test.calls()) sizes.push_back(call.requests.size());
  return sizes;
}

TEST_CASE("a lane takes the lease and reads on from the position") {
  LaneFixture test;
  test.position = "7-0";
  test.stream = order_entries(5, 9);
  test.serve();
  CHECK(test.settled == Requests{"8-0", "9-0"});
  CHECK(test.fake.count("XREAD COUNT 16 BLOCK 250 STREAMS orders 7-0") == 1);
  for (const Received& command : test.fake.received()) {
    if (command.begins("XREAD")) CHECK((command.words.back() == "7-0" || command.words.back() == "9-0"));
  }
  CHECK(test.logged("ready: serving 'orders' on") == 1);
  CHECK(test.status().phase == lane::Phase::kServing);
  CHECK(test.status().position == "9-0");
  CHECK(test.status().counters.settled() == 2);
}

TEST_CASE("a request is sent at once and alone when nothing is in flight") {
  LaneFixture test;
  test.serve();
  for (int i = 1; i <= 5; ++i) {
    test.deliver(order_entries(i, i));
    test.until_settled();
  }
  CHECK(sizes(test) == std::vector<std::size_t>{1, 1, 1, 1, 1});
}

TEST_CASE("what arrives while calls are in flight forms the next call") {
  LaneFixture test;
  test.serve();
  auto& slow = test.fake.on("EVALSHA settle").times(1).hold();
  slow.answer([&](const Received& command) {
    test.position = settle_call(command).requests.back();
    test.settled.push_back(test.position);
    return resp::bulk("a");
  });
  for (int i = 1; i <= 3; ++i) {
    test.deliver(order_entries(i, i));
    test.until([&] { return test.status().in_flight == static_cast<std::size_t>(i) && test.fake.waits("XREAD"); },
               "the request is read");
  }
  CHECK(sizes(test) == std::vector<std::size_t>{1});
  slow.release();
  test.until_settled();
  CHECK(sizes(test) == std::vector<std::size_t>{1, 2});
}

TEST_CASE("a backlog is sent in full calls, a few of them in flight, each after the one before") {
  LaneFixture test;
  test.options.max_in_flight = 64;
  test.stream = order_entries(1, 40);
  test.start();
  test.until_settled();
  const std::vector<SettleCall> calls = test.calls();
  CHECK(calls.size() <= 12);
  for (std::size_t i = 1; i < calls.size(); ++i) CHECK(calls[i].previous == calls[i - 1].requests.back());
  CHECK(calls.front().previous == "0-0");
}

TEST_CASE("only a few calls are in flight and at most max_in_flight requests are held") {
  for (const uint32_t limit : {1U, 2U, 7U, 16U, 64U}) {
    CAPTURE(limit);
    LaneFixture test;
    test.options.max_in_flight = limit;
    test.stream = order_entries(1, 200);
    auto& held = test.fake.on("EVALSHA settle").silence();
    test.start();
    test.until([&] { return 2 * test.status().in_flight > limit; }, "no more is read");
    test.turn(Milliseconds(10));
    CHECK(test.status().in_flight <= limit);
    CHECK(held.used() <= lane::kCallsInFlight);
    CHECK_FALSE(test.fake.waits("XREAD"));
    held.off();
    test.fake.close_all();  // what was in flight is read again
    test.until_settled();
    CHECK(test.settled.size() == 200);
  }
}

TEST_CASE("malformed requests are sent in the same calls as the others") {
  LaneFixture test;
  test.serve();
  test.deliver({order_entry("1-0"), {"2-0", {"note", "no order"}}, order_entry("3-0"), {"4-0", {"order", "{"}}});
  test.until_settled();
  CHECK(sizes(test) == std::vector<std::size_t>{4});
  CHECK(test.settled == Requests{"1-0", "2-0", "3-0", "4-0"});
}

TEST_CASE("at most 256 entries are requested at once") {
  LaneFixture test;
  test.options.max_in_flight = 1024;
  test.serve();
  test.deliver(order_entries(1, 3000));
  test.until_settled();
  const std::vector<std::size_t> asked = counts(test);
  CHECK(*std::max_element(asked.begin(), asked.end()) == 256);
  CHECK(test.settled.size() == 3000);
}

TEST_CASE("fewer entries are requested after huge ones and more again after small ones") {
  LaneFixture test;
  test.options.max_in_flight = 1024;
  test.serve();
  const auto grows_to_the_full = [&](int first) {
    std::size_t before = counts(test).back();
    for (int i = first; i < first + 40; ++i) {
      test.deliver({order_entry(std::to_string(i) + "-0")});
      test.until_settled();
      CHECK(counts(test).back() >= before);
      before = counts(test).back();
    }
    CHECK(before == 256);
  };
  CHECK(counts(test).front() == kMiB / order::kMaxEntryBytes);  // the first read assumes the largest entries
  grows_to_the_full(1);
  test.deliver({large_entry(50, 60'000)});
  test.until_settled();
  CHECK(counts(test).back() == kMiB / 60'000);
  grows_to_the_full(51);
}

TEST_CASE("an entry larger than a whole read is read alone") {
  LaneFixture test;
  test.serve();
  test.letter = "m";
  test.deliver({large_entry(1, 2 * kMiB)});
  test.until_settled();
  CHECK(counts(test).back() == 1);
  CHECK(test.status().counters.outcomes[static_cast<std::size_t>(lane::Outcome::kMalformed)] == 1);
}

TEST_CASE("nothing more is read while many bytes are held, even below max_in_flight") {
  LaneFixture test;
  test.options.max_in_flight = 1024;
  test.serve();
  auto& held = test.fake.on("EVALSHA settle").silence();
  std::vector<StreamEntry> entries;
  for (int i = 1; i <= 400; ++i) entries.push_back({std::to_string(i) + "-0", {"note", std::string(60'000, 'x')}});
  test.deliver(entries);
  test.until([&] { return test.status().in_flight > 8 * kMiB / 60'200; }, "much is held");
  const std::size_t reads = test.fake.count("XREAD");
  test.turn(Milliseconds(50));
  CHECK(test.fake.count("XREAD") == reads);
  CHECK(test.status().in_flight <= 8 * kMiB / 60'000 + kMiB / 60'000 + 1);
  held.off();
  test.fake.close_all();
  test.until_settled();
}

TEST_CASE("fewer entries are requested after a lost read, down to one, and more again when reads succeed") {
  LaneFixture test;
  test.options.reply_timeout = Milliseconds(50);
  test.stream = order_entries(1, 60);
  test.options.max_in_flight = 64;
  // A connection so slow that only a reply with few entries makes it in time: any other stops in the middle.
  test.fake.on("XREAD").with("16").reply("*1\r\n*2\r\n$6\r\nord");
  test.fake.on("XREAD").with("8").reply("*1\r\n*2\r\n$6\r\nord");
  test.fake.on("XREAD").with("64").reply("*1\r\n*2\r\n$6\r\nord");
  test.fake.on("XREAD").with("32").reply("*1\r\n*2\r\n$6\r\nord");
  test.start();
  test.until([&] { return !test.settled.empty(); }, "some progress");
  CHECK(counts(test).back() <= 8);
}

}  // namespace
}  // namespace orderd::test
