// Lanes and the cluster: key names that must be in the same slot.
#include <doctest/doctest.h>

#include "order/keys.h"
#include "settings/load.h"
#include "settings_sources.h"

namespace orderd::settings {
namespace {

const Flags kLanes = tagged("{<lane>}:", {{"streams.lanes", "a,b"}});

// kLanes with one more flag; the last flag of a key wins.
std::string error_with(const std::string& key, const std::string& text) {
  Flags flags = kLanes;
  flags.emplace_back(key, text);
  return error_of(load_flags(flags));
}

TEST_CASE("the names of a lane") {
  const auto loaded = load_flags(kLanes);
  REQUIRE_MESSAGE(loaded.ok(), loaded.error());
  CHECK(loaded->lanes().names() == std::vector<std::string>{"a", "b"});
  const Settings b = loaded->for_lane(1);
  CHECK(b.lane == 1);
  CHECK(b.lane_name() == "b");
  CHECK(b.streams.orders == "{b}:orders");
  CHECK(b.streams.results == "{b}:results");
  CHECK(b.dead() == "{b}:orders:dead");
  CHECK(b.stock_keys().key("shoe") == "{b}:stock:shoe");
  CHECK(b.order_keys().key("o-1") == "{b}:orders:order:o-1");
  CHECK(b.reply_keys().key("x") == "{b}:orders:reply:x");
}

TEST_CASE("the file may have an array of lanes and a boolean") {
  const auto loaded = load_text(
      "[valkey]\ncluster = true\n[streams]\nlanes = [\"a\", \"b\"]\norders = \"{<lane>}:orders\"\nresults = "
      "\"{<lane>}:results\"\n[keys]\nstock = \"{<lane>}:stock:<sku>\"\n");
  REQUIRE_MESSAGE(loaded.ok(), loaded.error());
  CHECK(loaded->valkey.cluster);
  CHECK(loaded->lanes().count() == 2);
  CHECK(contains(print(*loaded), "cluster = true\n"));
  CHECK(contains(print(*loaded), "lanes = \"a,b\"\n"));
  CHECK(contains(error_of(load_text("[valkey]\ncluster = \"yes\"")), "\"yes\" is a string, not a boolean"));
  CHECK(contains(error_of(load_text("[valkey]\ncluster = 1")), "1 is an integer, not a boolean"));
  CHECK(error_of(load_flag("valkey.cluster", "yes")) ==
        "--valkey.cluster: \"yes\" is not a boolean; allowed: true, false");
}

TEST_CASE("all keys of a lane are in one slot, or the error names two of them and the fix") {
  const std::string rest =
      " and \"{a}:orders\" is in slot 15495: a lane needs all its keys in one; begin each name with the same {<lane>}: "
      "streams.orders = \"{<lane>}:orders\", streams.results = \"{<lane>}:results\", keys.stock = "
      "\"{<lane>}:product:<sku>:stock\"";
  CHECK(error_with("streams.results", "<lane>:results") == "--streams.results: \"a:results\" is in slot 5434," + rest);
  CHECK(error_with("keys.stock", "product:<sku>:stock") ==
        "--keys.stock: the keys of keys.stock are in many slots," + rest);
  // After the placeholder of the ID the tag does not count: an ID may contain braces.
  CHECK(contains(error_with("keys.order", "order:<id>:{<lane>}"), "the keys of keys.order are in many slots"));
  CHECK(contains(error_with("keys.reply", "{x}:<to>"), "\"{x}:…\" is in slot 16287"));
  CHECK(contains(error_with("streams.dead", "dead-<lane>"), "\"dead-a\" is in slot"));
  CHECK(error_with("streams.dead", "x{<lane>}") == "");
}

TEST_CASE("lanes need different names, and their keys never collide") {
  const auto error_of_tag = [](const std::string& tag) {
    return error_of(load_flags(tagged(tag, {{"streams.lanes", "a,b"}})));
  };
  CHECK(contains(error_of_tag("{x}:"), "no name contains <lane>: the lanes would be one"));
  CHECK(contains(error_of_tag("{x}:<lane>:"), "puts all lanes into one slot"));
  CHECK(error_of(load_flag("streams.orders", "{<lane>}:orders")) ==
        "--streams.orders: \"{<lane>}:orders\" contains <lane>, and streams.lanes is empty; name the lanes, or remove "
        "it");
  CHECK(contains(error_of(load_flag("streams.lanes", "a,,b")), "--streams.lanes: \"a,,b\": the name of a lane has"));
  CHECK(contains(error_with("streams.results", "{<lane>}:orders"), "are both \"{a}:orders\""));
  CHECK(contains(error_with("keys.order", "{<lane>}:stock:<id>"), "can produce the same key"));
}

TEST_CASE("in a cluster a single lane without a name needs one slot too") {
  CHECK(contains(
      error_of(load_flag("valkey.cluster", "true")),
      "--valkey.cluster: \"results\" is in slot 4508, and \"orders\" is in slot 105: a lane needs all its keys in "
      "one; begin each name with the same {shop}: "));
  CHECK(error_of(load_flags(tagged("{shop}:", {{"valkey.cluster", "true"}}))) == "");
}

TEST_CASE("settings that a cluster allows and forbids") {
  const auto with = [](const std::string& url, const std::string& cluster, Flags more = {}) {
    more.insert(more.end(), {{"valkey.cluster", cluster}, {"valkey.url", url}});
    return load_flags(tagged("{shop}:", more));
  };
  const auto loaded = with("valkey://h1:7000,h2", "true");
  REQUIRE(loaded.ok());
  const auto nodes = loaded->endpoints();
  REQUIRE(nodes.ok());
  REQUIRE(nodes->size() == 2);
  CHECK((*nodes)[1].host == "h2");
  CHECK((*nodes)[1].cluster);
  CHECK(loaded->endpoint()->host == "h1");
  CHECK(error_of(with("valkey://h1,h2", "false")) ==
        "--valkey.url: \"valkey://h1:6379,h2:6379\" names several servers: set valkey.cluster = true, or name one");
  CHECK(error_of(with("valkey://h1/3", "true")) ==
        "--valkey.url: \"valkey://h1:6379/3\": a cluster has only database 0; remove /3 from valkey.url");
  for (const std::string url : {"unix:///run/valkey.sock", "embedded:/var/lib/orderd"}) {
    CHECK_MESSAGE(contains(error_of(with(url, "true")),
                           "the nodes of a cluster have hosts and ports; allowed with valkey.cluster: valkey://"),
                  url);
  }
  CHECK(error_of(with("valkey://h1", "true", {{"valkey.sentinels", "s1,s2"}, {"valkey.service", "shop"}})) ==
        "--valkey.sentinels: valkey.cluster is true: a cluster has no sentinels; remove one of the two");
}

}  // namespace
}  // namespace orderd::settings
