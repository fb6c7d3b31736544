// CLUSTER SHARDS and MOVED, in the forms of real servers and in malformed ones; the slots of keys.
#include "valkey/cluster_map.h"

#include <doctest/doctest.h>
#include <hiredis/hiredis.h>

#include <memory>

#include "support/resp.h"
#include "valkey/slot.h"

namespace orderd::valkey {
namespace {

using test::resp::array;
using test::resp::bulk;
using test::resp::integer;
using test::resp::nil;

ClusterMap read(const std::string& bytes, bool tls = false) {
  const std::unique_ptr<redisReader, void (*)(redisReader*)> reader(redisReaderCreate(), redisReaderFree);
  REQUIRE(redisReaderFeed(reader.get(), bytes.data(), bytes.size()) == REDIS_OK);
  void* raw = nullptr;
  REQUIRE(redisReaderGetReply(reader.get(), &raw) == REDIS_OK);
  const std::unique_ptr<void, void (*)(void*)> reply(raw, freeReplyObject);
  const Endpoint asked = {.host = "seed", .port = 1, .path = "", .username = "anna", .password = "secret", .tls = tls};
  return read_shards(Reply(static_cast<const redisReply*>(raw)), asked);
}

using Words = std::vector<std::string>;

// A map of names to encoded values, which alternate.
std::string of(Words words) {
  for (std::size_t i = 0; i < words.size(); i += 2) words[i] = bulk(words[i]);
  return array(words);
}
std::string node(const std::string& endpoint, int port, const std::string& role = "master",
                 const std::string& health = "online") {
  return of({"id", bulk("f00"), "port", integer(port), "ip", bulk("10.0.0.9"), "endpoint", bulk(endpoint), "role",
             bulk(role), "replication-offset", integer(70), "health", bulk(health)});
}
std::string shard(const std::vector<int>& slots, const std::vector<std::string>& nodes) {
  std::vector<std::string> numbers;
  for (const int slot : slots) numbers.push_back(integer(slot));
  return of({"slots", array(numbers), "nodes", array(nodes)});
}
std::string primary(const ClusterMap& map, int slot) {
  const auto endpoint = map.primary_of(static_cast<uint16_t>(slot));
  return endpoint ? endpoint->redacted() : "none";
}
// The primary of a shard with this node alone; `where`: the names and values of its address.
std::string primary_at(Words where, bool tls = false) {
  where.insert(where.end(), {"role", bulk("master"), "health", bulk("online")});
  return primary(read(array({shard({0, 9}, {of(where)})}), tls), 0);
}

TEST_CASE("each slot has the primary of its shard") {
  const ClusterMap map =
      read(array({shard({0, 99, 200, 200}, {node("10.0.0.4", 7004, "replica"), node("10.0.0.1", 7001)}),
                  shard({100, 199}, {node("10.0.0.2", 7002)}), shard({}, {node("10.0.0.3", 7003)})}));
  CHECK(map.has_slots);
  CHECK(map.nodes.size() == 4);
  for (const int slot : {0, 99, 200}) CHECK(primary(map, slot) == "valkey://anna:***@10.0.0.1:7001");
  for (const int slot : {100, 199}) CHECK(primary(map, slot) == "valkey://anna:***@10.0.0.2:7002");
  for (const int slot : {201, 16383}) CHECK(primary(map, slot) == "none");
}

TEST_CASE("names can be in any order and unknown ones are ignored") {
  const std::string odd = of({"health", bulk("online"), "role", bulk("primary"), "availability-zone", bulk(""),
                              "endpoint", bulk("h1"), "port", integer(7001)});
  const std::string shards = of({"new", bulk("x"), "nodes", array({odd}), "slots", array({integer(5), integer(6)})});
  CHECK(primary(read(array({shards})), 5) == "valkey://anna:***@h1:7001");
}

TEST_CASE("only a primary that is online counts") {
  const ClusterMap map = read(array({shard({0, 9}, {node("h1", 1, "master", "fail"), node("h2", 2, "replica")}),
                                     shard({10, 19}, {node("h3", 3, "master", "loading")}),
                                     shard({20, 29}, {node("h4", 4, "master", "fail"), node("h5", 5)})}));
  CHECK(map.has_slots);
  CHECK(map.nodes.size() == 5);
  CHECK(primary(map, 5) == "none");
  CHECK(primary(map, 15) == "none");
  CHECK(primary(map, 25) == "valkey://anna:***@h5:5");
}

TEST_CASE("a node without a known address is at its IP address or at the host of the query") {
  const auto at = [](const std::string& ip, const std::string& endpoint) {
    return primary_at({"port", integer(7), "ip", bulk(ip), "endpoint", bulk(endpoint)});
  };
  CHECK(at("10.0.0.9", "?") == "valkey://anna:***@10.0.0.9:7");
  CHECK(at("10.0.0.9", "") == "valkey://anna:***@seed:7");
  CHECK(at("?", "?") == "none");
  CHECK(primary_at({"port", integer(7), "endpoint", nil()}) == "valkey://anna:***@seed:7");
}

TEST_CASE("the TLS port is used with TLS") {
  const Words both = {"endpoint", bulk("h1"), "port", integer(7), "tls-port", integer(8)};
  CHECK(primary_at(both) == "valkey://anna:***@h1:7");
  CHECK(primary_at(both, true) == "valkeys://anna:***@h1:8");
  CHECK(primary_at({"endpoint", bulk("h1"), "port", integer(7)}, true) == "none");
}

TEST_CASE("a node outside of a cluster has no slots") {
  const ClusterMap map = read(array({shard({}, {node("", 7)})}));
  CHECK_FALSE(map.has_slots);
  CHECK(map.ranges.empty());
}

TEST_CASE("a malformed reply names no primary") {
  for (const std::string& odd :
       {nil(), integer(7), bulk("OK"), array({}), array({integer(1)}), array({array({bulk("slots")})}),
        array({of({"slots", bulk("0-9"), "nodes", array({node("h", 7)})})}),
        array({of({"slots", array({integer(0)}), "nodes", array({node("h", 7)})})}),
        array({of({"slots", array({bulk("0"), bulk("9")}), "nodes", array({node("h", 7)})})}),
        array({shard({-1, 9}, {node("h", 7)})}), array({shard({0, 16384}, {node("h", 7)})}),
        array({shard({0, 9}, {node("h", 0)})}), array({shard({0, 9}, {node("h", 65536)})}),
        array({shard({0, 9}, {node("h", 7, "")})}), array({shard({0, 9}, {bulk("h")})})}) {
    CHECK_MESSAGE(primary(read(odd), 0) == "none", odd);
  }
}

std::string redirect(const std::string& text) {
  const Endpoint from = {.host = "seed", .path = "", .username = "", .password = "secret"};
  const auto found = moved_to(text, from);
  return found ? std::to_string(found->slot) + " " + found->to.redacted() : "none";
}

TEST_CASE("a redirect names a slot and a node") {
  CHECK(redirect("MOVED 15495 10.0.0.2:7002") == "15495 valkey://:***@10.0.0.2:7002");
  CHECK(redirect("reading '{a}:orders': MOVED 0 shop.example:7002") == "0 valkey://:***@shop.example:7002");
  CHECK(redirect("MOVED 15495 ::1:7002") == "15495 valkey://:***@[::1]:7002");
  CHECK(redirect("MOVED 15495 :7002") == "15495 valkey://:***@seed:7002");
  CHECK(redirect("MOVED 15495 h:7002 more") == "15495 valkey://:***@h:7002");
  for (const std::string odd : {"", "MOVED", "MOVED ", "MOVED 5", "MOVED 5 ", "MOVED 5 h", "MOVED 5 h:", "MOVED 5 h:0",
                                "MOVED 5 h:65536", "MOVED 16384 h:1", "MOVED -1 h:1", "MOVED x h:1", "MOVED 5 ?:7002",
                                "ASK 5 h:1", "the primary is valkey://h:1 now"}) {
    CHECK_MESSAGE(redirect(odd) == "none", odd);
  }
}

TEST_CASE("slots are those of the cluster specification") {
  CHECK(slot_of("123456789") == 0x31C3 % kSlots);
  CHECK(slot_of("foo") == 12182);
  CHECK(slot_of("") == 0);
  CHECK(slot_of("{user1000}.following") == slot_of("{user1000}.followers"));
  CHECK(slot_of("\xFF\xFE") < kSlots);
}

TEST_CASE("the hash tag is between the first { and the first } after it") {
  CHECK(hash_tag("{user1000}.following") == "user1000");
  CHECK(hash_tag("foo{{bar}}zap") == "{bar");
  CHECK(hash_tag("foo{bar}{zap}") == "bar");
  for (const std::string without : {"foo{}{bar}", "{a", "}a{", "a"}) CHECK(hash_tag(without) == without);
}

}  // namespace
}  // namespace orderd::valkey
