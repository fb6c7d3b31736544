// restore.lua: a group created so that just the unsettled requests are delivered.
#include "shop.h"

namespace orderd::test {
namespace {

std::string newest_result(Shop& shop) {
  const auto written = shop.results();
  return written.empty() ? "0-0" : written.back().id;
}

std::vector<std::string> delivered(Shop& shop, const std::string& from) {
  std::vector<std::string> ids;
  for (const Entry& entry : read_group(shop.admin(), shop.orders, shop.group, "c", from)) ids.push_back(entry.id);
  return ids;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE_FIXTURE(Shop, "the first start makes group and stream and delivers what was pushed before") {
  SUBCASE("an empty server") {
    (void)ask(admin(), {"DEL", orders});
    CHECK(restore("0-0", "0-0") == "created");
    (void)push();
    CHECK(delivered(*this, ">") == Ids{"1-0"});
  }
  SUBCASE("requests are there") {
    destroy_group();
    (void)push();
    (void)push();
    CHECK(restore("0-0", "0-0") == "created");
    CHECK(delivered(*this, ">") == Ids{"1-0", "2-0"});
  }
}

TEST_CASE_FIXTURE(Shop, "after a loss the unsettled requests before the start are pending and those after it are new") {
  stock("shoe", "100");
  for (int i = 0; i < 6; ++i) (void)push();
  (void)read("c", 5);
  for (const std::string settled : {"1-0", "3-0", "4-0"}) CHECK(settle(settled, {.id = settled}) == "accepted");
  destroy_group();
  CHECK(restore("4-0", newest_result(*this), {"2-0"}) == "created");
  CHECK(delivered(*this, "0") == Ids{"2-0"});
  CHECK(delivered(*this, ">") == Ids{"5-0", "6-0"});
  for (const std::string left : {"2-0", "5-0", "6-0"}) CHECK(settle(left, {.id = left}) == "accepted");
  CHECK(stock("shoe") == "82");
  CHECK(pending() == 0);
}

TEST_CASE_FIXTURE(Shop, "thousands of unsettled requests are restored") {
  for (const std::size_t count : {999, 1000, 1001, 2500}) {
    CAPTURE(count);
    (void)ask(admin(), {"DEL", orders});
    Ids unsettled;
    for (std::size_t i = 0; i < count; ++i) unsettled.push_back(push());
    CHECK(restore(unsettled.back(), "0-0", unsettled) == "created");
    CHECK(pending_ids(admin(), orders, group) == unsettled);
    CHECK(delivered(*this, ">").empty());
    destroy_group();
  }
}

TEST_CASE_FIXTURE(Shop, "what is restored counts no delivery and a deleted entry is not restored") {
  for (int i = 0; i < 3; ++i) (void)push();
  (void)ask(admin(), {"XDEL", orders, "2-0"});
  destroy_group();
  CHECK(restore("3-0", "0-0", {"1-0", "2-0", "3-0"}) == "created");
  const auto pending = send(admin(), command_of({"XPENDING", orders, group, "-", "+", "10"}));
  REQUIRE(pending->size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(text_of(pending->at(i).at(1)) == "c");
    CHECK(pending->at(i).at(3).integer() <= 1);
  }
}

TEST_CASE_FIXTURE(Shop, "nothing is restored where the group exists") {
  stock("shoe", "100");
  (void)settle(deliver());
  (void)deliver("other");
  const std::string before = snapshot();
  CHECK(restore("0-0", newest_result(*this), {"1-0", "2-0"}) == "exists");
  CHECK(restore("0-0", "0-0", {"1-0", "2-0"}) == "exists");
  CHECK(snapshot() == before);
}

TEST_CASE_FIXTURE(Shop, "nothing is restored where the results have grown since they were read") {
  stock("shoe", "100");
  (void)settle(deliver());
  const std::string seen = newest_result(*this);
  (void)change_stock("add", "shoe", "1");
  destroy_group();
  const std::string before = snapshot();
  CHECK(restore("0-0", seen) == "moved");
  CHECK(restore("0-0", "0-0") == "moved");
  CHECK(snapshot() == before);
  CHECK(restore("0-0", newest_result(*this)) == "created");
}

TEST_CASE_FIXTURE(Shop, "a group that cannot be restored whole is not created") {
  (void)push();
  (void)push();
  destroy_group();
  std::string start = "2-0", beginning;
  Ids unsettled = {"1-0"};
  SUBCASE("no right to claim") {
    forbid("xclaim");
    beginning = "-NOPERM key orders: ";
  }
  SUBCASE("no right to claim, nor to destroy") {
    forbid("xclaim");
    forbid("xgroup|destroy");
    beginning = "-NOPERM key orders: ";
  }
  SUBCASE("no right to create") {
    forbid("xgroup|create");
    beginning = "-ERR ACL failure";
  }
  SUBCASE("an id that is none") {
    unsettled.push_back("two");
    beginning = "-ERR ";
  }
  SUBCASE("a start that is none") {
    start = "here";
    beginning = "-ERR ";
  }
  SUBCASE("results is no stream") {
    (void)ask(admin(), {"LPUSH", results_stream, "x"});
    beginning = "-WRONGTYPE ";
  }
  SUBCASE("orders is no stream") {
    (void)ask(admin(), {"DEL", orders});
    (void)ask(admin(), {"LPUSH", orders, "x"});
    beginning = "-WRONGTYPE ";
  }
  SUBCASE("out of memory") {
    (void)ask(admin(), {"CONFIG", "SET", "maxmemory", "1"});
    beginning = "-OOM ";
  }
  const std::string before = snapshot();
  const std::string answer = restore(start, "0-0", unsettled);
  CHECK_MESSAGE(answer.starts_with(beginning), answer);
  CHECK(snapshot() == before);
}

}  // namespace orderd::test
