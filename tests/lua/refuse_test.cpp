// refuse.lua: results of requests that are no orders, and the dead-letter stream.
#include "shop.h"

namespace orderd::test {

TEST_CASE_FIXTURE(Shop, "a malformed request ends as a result and as a copy among the dead letters") {
  const std::string request = deliver();
  CHECK(refuse(request) == "malformed");
  CHECK(last_result() == "order= request=1-0 status=rejected reason=malformed detail=`id` is missing");
  const auto letters = entries(admin(), dead);
  REQUIRE(letters.size() == 1);
  CHECK(text_of(letters[0]) == "request=1-0 result=" + results()[0].id + " detail=`id` is missing sku=shoe");
  CHECK(pending() == 0);
}

TEST_CASE_FIXTURE(Shop, "the id and the customer of a malformed request stand in its result where they could be read") {
  CHECK(refuse(deliver(), {.id = "o-1", .detail = "`sku` is empty", .customer = "c-7"}) == "malformed");
  CHECK(last_result() == "order=o-1 request=1-0 customer=c-7 status=rejected reason=malformed detail=`sku` is empty");
}

TEST_CASE_FIXTURE(Shop, "a lost request ends as a result and leaves no dead letter") {
  const std::string request = deliver();
  (void)ask(admin(), {"XDEL", orders, request});
  CHECK(refuse(request, {.reason = "request_lost", .detail = "", .raw = {}}) == "request_lost");
  CHECK(last_result() == "order= request=1-0 status=rejected reason=request_lost");
  CHECK_FALSE(exists(admin(), dead));
  CHECK(pending() == 0);
}

TEST_CASE_FIXTURE(Shop, "dead letters hold the raw fields byte by byte: names twice or empty or with zero bytes") {
  const std::vector<std::string> raw = {
      "qty",      "1", "qty",     "100",    "",       "no name", std::string("a\0b", 3), std::string("\0", 1),
      "\xff\xfe", "",  "request", "forged", "result", "forged"};
  CHECK(refuse(deliver(), {.raw = raw}) == "malformed");
  const auto letter = entries(admin(), dead).at(0);
  REQUIRE(letter.fields.size() == 3 + raw.size() / 2);
  for (std::size_t i = 0; i < raw.size() / 2; ++i) {
    CHECK(letter.fields[3 + i].first == raw[2 * i]);
    CHECK(letter.fields[3 + i].second == raw[2 * i + 1]);
  }
  CHECK(letter.field("request") == "1-0");  // ours come first
  CHECK(refuse(deliver(), {.raw = {}}) == "malformed");
  CHECK(entries(admin(), dead).at(1).fields.size() == 3);
}

TEST_CASE_FIXTURE(Shop, "as many as 7000 raw names and values are kept and more are an error that changes nothing") {
  CHECK(refuse(deliver(), {.raw = std::vector<std::string>(7000, "x")}) == "malformed");
  CHECK(entries(admin(), dead).at(0).fields.size() == 3503);
  CHECK(refuse(deliver(), {.raw = {"order", std::string(65536, 'x')}}) == "malformed");
  const std::string request = deliver();
  const std::string before = snapshot();
  for (const std::size_t count : {7002, 7990, 7992, 8002, 20000}) {
    CAPTURE(count);
    CHECK(refuse(request, {.raw = std::vector<std::string>(count, "x")}).starts_with("-ERR "));
    CHECK(snapshot() == before);
  }
  CHECK(refuse(request, {.raw = {"a name without a value"}}).starts_with("-ERR "));
  CHECK(snapshot() == before);
  CHECK(refuse(request) == "malformed");
}

TEST_CASE_FIXTURE(Shop, "a second refusal is stale and changes nothing") {
  const std::string request = deliver();
  CHECK(refuse(request) == "malformed");
  SUBCASE("as it was") {
  }
  SUBCASE("its entry was deleted") {
    (void)ask(admin(), {"XDEL", orders, request});
  }
  SUBCASE("its group was lost") {
    destroy_group();
  }
  const std::string before = snapshot();
  CHECK(refuse(request) == "stale");
  CHECK(refuse(request, {.reason = "request_lost", .detail = "", .raw = {}}) == "stale");
  CHECK(snapshot() == before);
}

TEST_CASE_FIXTURE(Shop, "a refusal of what another call has acknowledged is stale or gone or without a group") {
  const std::string request = deliver();
  acknowledge(request);
  std::string expected = "stale";
  SUBCASE("stale") {
  }
  SUBCASE("gone") {
    (void)ask(admin(), {"XDEL", orders, request});
    expected = "gone";
  }
  SUBCASE("nogroup") {
    destroy_group();
    expected = "nogroup";
  }
  const std::string before = snapshot();
  CHECK(refuse(request) == expected);
  CHECK(refuse(request, {.reason = "request_lost", .detail = "", .raw = {}}) == expected);
  CHECK(snapshot() == before);
}

TEST_CASE_FIXTURE(Shop, "with the gate open a request is refused though nothing of it is pending") {
  CHECK(refuse("7-0", {.reason = "request_lost", .detail = "", .gate = "0", .raw = {}}) == "request_lost");
  CHECK(last_result() == "order= request=7-0 status=rejected reason=request_lost");
}

TEST_CASE_FIXTURE(Shop, "a refusal that is refused names the key and changes nothing") {
  const std::string request = deliver();
  std::string key, beginning;
  SUBCASE("results is no stream") {
    key = results_stream;
    (void)ask(admin(), {"LPUSH", key, "x"});
    beginning = "-WRONGTYPE key results: ";
  }
  SUBCASE("the dead-letter stream is no stream") {
    key = dead;
    (void)ask(admin(), {"LPUSH", key, "x"});
    beginning = "-WRONGTYPE key orders:dead: ";
  }
  SUBCASE("orders is no stream") {
    key = orders;
    (void)ask(admin(), {"DEL", key});
    (void)ask(admin(), {"LPUSH", key, "x"});
    beginning = "-WRONGTYPE key orders: ";
  }
  SUBCASE("no right to write") {
    forbid("xadd");
    beginning = "-NOPERM key results: ";
  }
  SUBCASE("no right to acknowledge") {
    forbid("xack");
    beginning = "-NOPERM key orders: ";
  }
  SUBCASE("no right to the dead-letter stream") {
    (void)ask(admin(), {"ACL", "SETUSER", "daemon", "resetkeys", "~orders", "~results"});
    beginning = "-NOPERM ";
  }
  SUBCASE("out of memory") {
    (void)ask(admin(), {"CONFIG", "SET", "maxmemory", "1"});
    beginning = "-OOM ";
  }
  const std::string before = snapshot();
  const std::string answer = refuse(request);
  CHECK_MESSAGE(answer.starts_with(beginning), answer);
  CHECK(snapshot() == before);
  (void)ask(admin(), {"CONFIG", "SET", "maxmemory", "0"});
  (void)ask(admin(), {"ACL", "SETUSER", "daemon", "~*", "+@all"});
  if (!key.empty()) (void)ask(admin(), {"DEL", key});
  if (key == orders) return;
  CHECK(refuse(request) == "malformed");
  CHECK(results().size() == 1);
  CHECK(length(admin(), dead) == 1);
}

}  // namespace orderd::test
