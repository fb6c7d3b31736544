// The arguments of a call of lua/settle.lua. The tests with a real server show that the script accepts them.
#include <doctest/doctest.h>

#include "lane/batch.h"
#include "support/command_parser.h"
#include "support/lane_options.h"
#include "support/text.h"

namespace orderd::test {
namespace {

using Words = std::vector<std::string>;

order::Request request(const std::string& id, const std::vector<std::string>& skus, const std::string& customer = "") {
  order::Request made{id, customer, {}};
  for (const std::string& sku : skus) made.lines.push_back({sku, 2});
  return made;
}

// An empty batch.
struct Fresh {
  lane::Options options = lane_options();
  lane::Batch batch{options};

  Words words(const std::string& previous = "0-0") {
    CommandParser parser;
    parser.feed(batch.write("sha", previous).bytes());
    return parser.next().value();
  }
};

TEST_CASE_FIXTURE(Fresh, "a batch names each record in order and each stock key once") {
  batch.add("1-0", request("a", {"shoe"}));
  batch.add("2-0", request("b", {"sock", "shoe"}, "c-7"));
  batch.add_malformed("3-0", {"x", "", {}}, "why", {"note", "n", "m", "o"});
  CHECK(batch.size() == 3);
  CHECK(batch.last() == "3-0");
  const Words all = words("0-5");
  const Words head = {"EVALSHA", "sha", "7", "orders:position", "results", "orders:dead", "orders:order:a",
                      "orders:order:b", "product:shoe:stock", "product:sock:stock",
                      // ARGV:
                      "0-5", "86400000", "3", "2", "0"};
  const std::string& digest_a = all.at(18);
  const std::string& digest_b = all.at(26);
  CHECK(digest_a.size() == 16);
  const std::string shoes = R"({"sku":"shoe","quantity":2,)";
  const std::string socks = R"({"sku":"sock","quantity":2,)";
  const Words first = {"1", "1-0", "a", digest_a, "", "1", "2", shoes};
  const Words second = {"2", "2-0", "b", digest_b, "c-7", "2", "2", socks, "1", "2", shoes};
  const Words malformed = {"0", "3-0", "x", "", "why", "4", "note", "n", "m", "o"};
  CHECK(all == joined(joined(joined(head, first), second), malformed));
}

TEST_CASE_FIXTURE(Fresh, "a request of another lane has a record to read and no stock") {
  batch.add_wrong_lane("1-0", request("a", {"shoe"}), "why");
  const Words all = words();
  CHECK(all[2] == "4");
  CHECK(Words(all.begin() + 12, all.begin() + 15) == Words{"w", "1-0", "a"});
  CHECK(all.back() == "why");
}

TEST_CASE_FIXTURE(Fresh,
                  "a batch names the list of replies of each request that asks for one, and which request it is") {
  options.reply_ttl = Milliseconds(5000);
  order::Request asking = request("b", {"shoe"});
  asking.reply_to = "shop-1";
  batch.add("1-0", request("a", {"shoe"}));
  batch.add("2-0", asking);
  batch.add_malformed("3-0", {"x", "", {}, "shop-1"}, "why", {"note", "n"});
  Words all = words();
  CHECK(all[2] == "8");
  CHECK(Words(all.begin() + 8, all.begin() + 11) ==
        Words{"product:shoe:stock", "orders:reply:shop-1", "orders:reply:shop-1"});
  CHECK(all[15] == "2");
  CHECK(Words(all.end() - 3, all.end()) == Words{"5000", "2", "3"});

  batch.clear();
  CHECK(batch.empty());
  CHECK(batch.bytes() == 0);
  batch.add("4-0", request("c", {"shoe"}));
  all = words("3-0");
  CHECK(all[2] == "5");
  CHECK(all[12] == "0");
  CHECK(all.back() == R"({"sku":"shoe","quantity":2,)");
}

TEST_CASE_FIXTURE(Fresh, "a batch is limited in requests, lines and bytes but any single request fits") {
  CHECK(batch.has_room(5000, 100 * lane::kBatchBytes, 1));
  batch.add("1-0", request("a", {"shoe"}));
  CHECK(batch.has_room(1, 100, 2));
  CHECK_FALSE(batch.has_room(1, 100, 1));
  CHECK_FALSE(batch.has_room(lane::kBatchLines, 100, 2));
  CHECK(batch.has_room(lane::kBatchLines - 1, 100, 2));
  CHECK_FALSE(batch.has_room(1, lane::kBatchBytes, 2));
  for (int i = 2; i <= 128; ++i) batch.add(std::to_string(i) + "-0", request("a", {"shoe"}));
  CHECK_FALSE(batch.has_room(1, 100, 1000));
}

TEST_CASE_FIXTURE(Fresh, "the raw words of a malformed request are cut at their limits") {
  const std::string text(200'000, 'x');
  batch.add_malformed("1-0", {}, "why", order::Fields(20'000, "x"));
  CHECK(words().size() == 11 + 6 + lane::kRawWords);
  CHECK(words()[16] == std::to_string(lane::kRawWords));
  batch.clear();
  batch.add_malformed("1-0", {}, "why", {"note", text, "other", text});
  CHECK(words()[16] == "2");
  CHECK(words().back().size() == order::kMaxEntryBytes - 4);
  batch.clear();
  batch.add_malformed("1-0", {}, "why", {text, "1"});
  CHECK(words()[16] == "0");
}

}  // namespace
}  // namespace orderd::test
