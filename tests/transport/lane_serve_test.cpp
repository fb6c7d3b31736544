// Serving: what is read, how calls are formed, and how much is held. The fixture checks at the end of every test that
// requests are settled in order, none twice.
#include "transport/lane_fixture.h"

namespace orderd::test {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;

using Requests = std::vector<std::string>;

struct ServeFixture : LaneFixture {
  // COUNT of each read.
  [[nodiscard]] std::vector<std::size_t> counts() const {
    std::vector<std::size_t> counts;
    for (const Received& command : fake.received()) {
      if (command.begins("XREAD")) counts.push_back(std::stoul(command.option("COUNT")));
    }
    return counts;
  }
  // Requests of each call.
  [[nodiscard]] std::vector<std::size_t> sizes() const {
    std::vector<std::size_t> sizes;
    for (const SettleCall& call : calls()) sizes.push_back(call.requests.size());
    return sizes;
  }
};

StreamEntry large_entry(int number, std::size_t bytes) {
  StreamEntry entry = order_entries(number, number).front();
  entry.fields.insert(entry.fields.end(), {"note", std::string(bytes, 'x')});
  return entry;
}

TEST_CASE_FIXTURE(ServeFixture, "a lane takes the lease and reads on from the position") {
  position = "7-0";
  stream = order_entries(5, 9);
  serve();
  CHECK(settled == Requests{"8-0", "9-0"});
  CHECK(fake.count("XREAD COUNT 16 BLOCK 250 STREAMS orders 7-0") == 1);
  for (const Received& command : fake.received()) {
    if (command.begins("XREAD")) CHECK((command.words.back() == "7-0" || command.words.back() == "9-0"));
  }
  CHECK(logged("ready: serving 'orders' on") == 1);
  CHECK(status().phase == lane::Phase::kServing);
  CHECK(status().position == "9-0");
  CHECK(status().counters.settled() == 2);
}

TEST_CASE_FIXTURE(ServeFixture, "a request is sent at once and alone, and what arrives meanwhile forms the next call") {
  serve();
  auto& slow = hold_settle().times(1);
  for (int i = 1; i <= 3; ++i) {
    deliver(order_entries(i, i));
    until([&] { return status().in_flight == static_cast<std::size_t>(i) && fake.waits("XREAD"); },
          "the request is read");
  }
  CHECK(sizes() == std::vector<std::size_t>{1});
  slow.release();
  until_settled();
  CHECK(sizes() == std::vector<std::size_t>{1, 2});
}

TEST_CASE_FIXTURE(ServeFixture, "a backlog is sent in full calls, a few of them in flight, each after the one before") {
  options.max_in_flight = 64;
  stream = order_entries(1, 40);
  start();
  until_settled();
  const std::vector<SettleCall> sent = calls();
  CHECK(sent.size() <= 12);
  for (std::size_t i = 1; i < sent.size(); ++i) CHECK(sent[i].previous == sent[i - 1].requests.back());
  CHECK(sent.front().previous == "0-0");
}

TEST_CASE_FIXTURE(LaneFixture, "only a few calls are in flight and at most max_in_flight requests are held") {
  const uint32_t limit = each_of({1U, 2U, 7U, 16U, 64U});
  CAPTURE(limit);
  options.max_in_flight = limit;
  stream = order_entries(1, 200);
  auto& held = fake.on("EVALSHA settle").silence();
  start();
  until([&] { return 2 * status().in_flight > limit; }, "no more is read");
  turn(Milliseconds(10));
  CHECK(status().in_flight <= limit);
  CHECK(held.used() <= lane::kCallsInFlight);
  CHECK_FALSE(fake.waits("XREAD"));
  held.off();
  fake.close_all();  // what was in flight is read again
  until_settled();
  CHECK(settled.size() == 200);
}

TEST_CASE_FIXTURE(ServeFixture, "malformed requests are sent in the same calls as the others") {
  serve();
  settles({order_entry("1-0"), {"2-0", {"note", "no order"}}, order_entry("3-0"), {"4-0", {"order", "{"}}});
  CHECK(sizes() == std::vector<std::size_t>{4});
  CHECK(settled == Requests{"1-0", "2-0", "3-0", "4-0"});
}

TEST_CASE_FIXTURE(ServeFixture, "fewer entries are requested after huge ones and more again after small ones") {
  options.max_in_flight = 1024;
  serve();
  const auto grows_to_the_full = [&](int first) {
    std::size_t before = counts().back();
    for (int i = first; i < first + 40; ++i) {
      settles(i, i);
      CHECK(counts().back() >= before);
      before = counts().back();
    }
    CHECK(before == 256);
  };
  CHECK(counts().front() == kMiB / order::kMaxEntryBytes);  // the first read assumes the largest entries
  grows_to_the_full(1);
  settles({large_entry(50, 60'000)});
  CHECK(counts().back() == kMiB / 60'000);
  grows_to_the_full(51);
  settles({large_entry(91, 2 * kMiB)});
  CHECK(counts().back() == 1);
}

TEST_CASE_FIXTURE(ServeFixture, "nothing more is read while many bytes are held, even below max_in_flight") {
  options.max_in_flight = 1024;
  serve();
  auto& held = fake.on("EVALSHA settle").silence();
  std::vector<StreamEntry> entries;
  for (int i = 1; i <= 400; ++i) entries.push_back({std::to_string(i) + "-0", {"note", std::string(60'000, 'x')}});
  deliver(entries);
  until([&] { return status().in_flight > 8 * kMiB / 60'200; }, "much is held");
  const std::size_t reads = fake.count("XREAD");
  turn(Milliseconds(50));
  CHECK(fake.count("XREAD") == reads);
  CHECK(status().in_flight <= 8 * kMiB / 60'000 + kMiB / 60'000 + 1);
  held.off();
  fake.close_all();
  until_settled();
}

TEST_CASE_FIXTURE(ServeFixture,
                  "fewer entries are requested after a lost read, down to one, and more again when reads succeed") {
  options.reply_timeout = Milliseconds(50);
  stream = order_entries(1, 60);
  options.max_in_flight = 64;
  // A connection so slow that only a reply with few entries makes it in time: any other stops in the middle.
  for (const char* count : {"64", "32", "16", "8"}) fake.on("XREAD").with(count).reply("*1\r\n*2\r\n$6\r\nord");
  start();
  until([&] { return !settled.empty(); }, "some progress");
  CHECK(counts().back() <= 8);
}

}  // namespace
}  // namespace orderd::test
