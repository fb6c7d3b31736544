// What is asked for is bounded: by the slots that are free, by a number, by the size of what came lately. That no read
// ever asks for more than there is room for is checked by the fixture, of every read of every test.
#include <doctest/doctest.h>

#include <algorithm>

#include "transport/lane_fixture.h"

namespace orderd::test {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;

// COUNT of each read.
std::vector<std::size_t> counts(const LaneFixture& test) {
  std::vector<std::size_t> counts;
  for (const Received& command : test.fake.received()) {
    if (!command.begins("XREADGROUP")) continue;
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

TEST_CASE("a read names its group and its consumer and how long it waits") {
  LaneFixture test;
  test.serve();
  const Received& first = *std::find_if(test.fake.received().begin(), test.fake.received().end(),
                                        [](const Received& each) { return each.begins("XREADGROUP"); });
  CHECK(first.text() == "XREADGROUP GROUP orderd me COUNT 16 STREAMS orders 0-0");
  CHECK(test.fake.count("XREADGROUP GROUP orderd me COUNT 16 BLOCK 250 STREAMS orders >") >= 1);
}

TEST_CASE("no more entries are held than max_in_flight and none is read before half of it is free") {
  for (const uint32_t limit : {1U, 2U, 7U, 16U}) {
    CAPTURE(limit);
    LaneFixture test;
    test.options.max_in_flight = limit;
    test.serve();
    auto& held = test.fake.on("EVALSHA settle").silence();
    test.deliver(order_entries(1, 60));
    test.until([&] { return held.used() == limit; }, "the table is full");
    test.turn(Milliseconds(10));
    CHECK(test.lane->in_flight() == limit);
    CHECK_FALSE(test.fake.waits("XREADGROUP"));
    const std::size_t reads = test.fake.count("XREADGROUP");
    while (test.fake.count("XREADGROUP") == reads) {
      CHECK(2 * (limit - test.lane->in_flight()) < std::max(limit, 1U));
      const std::size_t before = test.lane->in_flight();
      REQUIRE(test.fake.answer("EVALSHA settle", resp::bulk("stale")));
      test.until([&] { return test.lane->in_flight() != before || test.fake.count("XREADGROUP") > reads; }, "a slot");
      test.turn(Milliseconds(2));
    }
    held.off();
    test.fake.close_all();  // what is held is read again
    test.until([&] { return test.pending.empty() && test.fresh.empty(); }, "all orders");
    test.until_idle();
  }
}

TEST_CASE("at most 128 entries are asked for at once") {
  LaneFixture test;
  test.options.max_in_flight = 1024;
  test.serve();
  test.deliver(order_entries(1, 1000));
  test.until_idle();
  const std::vector<std::size_t> asked = counts(test);
  CHECK(*std::max_element(asked.begin(), asked.end()) == 128);
  CHECK(test.settled().size() == 1000);
}

TEST_CASE("after huge entries fewer are asked for and after small ones more again") {
  LaneFixture test;
  test.options.max_in_flight = 1024;
  test.serve();
  const auto grows_to_the_full = [&](int first) {
    std::size_t before = counts(test).back();
    for (int i = first; i < first + 40; ++i) {
      test.deliver({order_entry(std::to_string(i) + "-0")});
      test.until_idle();
      CHECK(counts(test).back() >= before);
      before = counts(test).back();
    }
    CHECK(before == 128);
  };
  CHECK(counts(test).front() == kMiB / order::kMaxEntryBytes);  // before anything was seen the worst is supposed
  grows_to_the_full(1);
  test.deliver({large_entry(50, 60'000)});
  test.until_idle();
  CHECK(counts(test).back() == kMiB / 60'000);
  grows_to_the_full(51);
}

TEST_CASE("an entry larger than a whole read is asked for alone") {
  LaneFixture test;
  test.serve();
  test.deliver({large_entry(1, 2 * kMiB)});
  test.until_idle();
  CHECK(counts(test).back() == 1);
  CHECK(test.lane->counters().of(lane::Verdict::kMalformed) == 1);
}

TEST_CASE("a table that holds many bytes asks for no more though slots are free") {
  LaneFixture test;
  test.options.max_in_flight = 1024;
  test.serve();
  auto& held = test.fake.on("EVALSHA refuse").silence();
  std::vector<StreamEntry> entries;
  for (int i = 1; i <= 400; ++i) entries.push_back({std::to_string(i) + "-0", {"note", std::string(60'000, 'x')}});
  test.deliver(entries);
  test.until([&] { return test.lane->in_flight() > 8 * kMiB / 60'100; }, "the table is heavy");
  const std::size_t reads = test.fake.count("XREADGROUP");
  test.turn(Milliseconds(50));
  CHECK(test.fake.count("XREADGROUP") == reads);
  CHECK(test.lane->in_flight() <= 8 * kMiB / 60'000 + kMiB / 60'000 + 1);
  held.off();
  test.fake.close_all();
  test.until([&] { return test.pending.empty() && test.fresh.empty(); }, "all orders");
  test.until_idle();
}

}  // namespace
}  // namespace orderd::test
