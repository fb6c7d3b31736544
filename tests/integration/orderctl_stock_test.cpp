#include <algorithm>

#include "integration/orderctl_desk.h"

namespace orderd::test {
namespace {

TEST_CASE_FIXTURE(Desk, "stock is set, changed and read, and each change is a result with its reason") {
  CHECK(succeeded(run({"stock", "set", "shoe", "100"})).output == "shoe: 100 (new)\n");
  CHECK(run({"stock", "add", "shoe", "-5", "--reason", "damaged; \"wet\""}).output == "shoe: 95 (was 100)\n");
  CHECK(run({"stock", "add", "shoe", "+2"}).output == "shoe: 97 (was 95)\n");
  CHECK(run({"stock", "set", "shoe", "9007199254740991"}).output == "shoe: 9007199254740991 (was 97)\n");
  CHECK(get(admin(), "product:shoe:stock") == "9007199254740991");
  check_rows(succeeded(run({"stock", "get", "shoe"})), {"SKU STOCK", "shoe 9007199254740991"});
  const Json line = run({"stock", "set", "hat", "3", "--json"}).json().at(0);
  const auto results = entries(admin(), "results");
  REQUIRE(results.size() == 5);
  check_values(line, {{"sku", "hat"}, {"before", nullptr}, {"stock", 3}, {"entry", results[4].id}});
  check_values(run({"--json", "stock", "add", "hat", "-3"}).json().at(0), {{"before", 3}, {"stock", 0}});
  CHECK(results[0].field("status") == "stock");
  for (const char* name : {"change", "reason"}) CHECK(results[0].field(name) == "set");
  CHECK(results[1].field("reason") == "damaged; \"wet\"");
  CHECK(results[1].field("lines") == R"([{"sku":"shoe","before":100,"quantity":-5,"remaining":95}])");
}

TEST_CASE_FIXTURE(Desk, "a change that cannot be made says why and what to do") {
  const auto add = [&](const char* amount) { return failed(run({"stock", "add", "shoe", amount}), {}); };
  const Ran none = add("5");
  CHECK(none.output.empty());
  CHECK(none.errors == "orderctl: there is no stock for 'shoe'; orderctl stock set shoe N creates it\n");
  set(admin(), "product:shoe:stock", "3");
  for (const char* amount : {"-4", "9007199254740991"}) {
    CHECK(add(amount).complains("would leave the range from 0 to 9007199254740991"));
  }
  CHECK(get(admin(), "product:shoe:stock") == "3");
  set(admin(), "product:shoe:stock", "three");
  CHECK(add("1").complains("orderctl stock set shoe N replaces it"));
  CHECK_FALSE(exists(admin(), "results"));
  succeeded(run({"stock", "set", "shoe", "7"}));
  CHECK(get(admin(), "product:shoe:stock") == "7");
  set(admin(), "results", "text");
  failed(run({"stock", "set", "hat", "1"}), {"WRONGTYPE key results"});
  CHECK_FALSE(exists(admin(), "product:hat:stock"));
}

TEST_CASE_FIXTURE(Desk, "the server's scripts can be flushed at any time") {
  CHECK(run({"stock", "set", "shoe", "0"}).status == 0);
  Process flusher({"valkey-benchmark", "-s", server().endpoint().path, "-n", "100000000", "-c", "1", "-q", "SCRIPT",
                   "FLUSH", "SYNC"});
  for (int i = 1; i <= 25; ++i) succeeded(run({"stock", "add", "shoe", "1"}));
  CHECK(flusher.running());
  CHECK(get(admin(), "product:shoe:stock") == "25");
}

TEST_CASE_FIXTURE(Desk, "missing or bad stock is shown as such with status 1") {
  set(admin(), "product:shoe:stock", "3");
  set(admin(), "product:hat:stock", std::string("1\x1b[31m\0\xff", 8));
  ask(admin(), {"LPUSH", "product:list:stock", "1"});
  const Words words = {"stock", "get", "shoe", "sock", "hat", "list"};
  check_rows(failed(run(words), {}), {"shoe 3", "sock - no stock", "list - the key does not hold a string",
                                      "hat - not a whole number from 0 to 9007199254740991: '1\\x1b[31m\\x00\\xff'"});
  const Json lines = failed(run(joined(words, {"--json"})), {}).json();
  REQUIRE(lines.size() == 4);
  CHECK(lines[0] == Json({{"sku", "shoe"}, {"stock", 3}}));
  check_values(
      lines,
      {{"1/problem", "unknown_sku"}, {"2/problem", "bad_stock"}, {"2/stock", nullptr}, {"3/problem", "bad_stock"}});
}

TEST_CASE_FIXTURE(Desk, "an SKU can look like a list, a flag or a subcommand") {
  for (const std::string sku : {"[a,b]", "list", "status", "-5", "--json", "a\"b\\c", "sch\u00f6n", "*", "a=b"}) {
    CHECK(run({"stock", "set", "--", sku, "7"}).status == 0);
    CHECK(run({"stock", "get", "--json", "--", sku}).json() == std::vector<Json>{{{"sku", sku}, {"stock", 7}}});
  }
  CHECK(run({"stock", "list"}).row("sch\u00f6n") == "sch\u00f6n 7");
}

TEST_CASE_FIXTURE(Desk, "all stock is listed by SKU, what is bad or looks alike is distinct") {
  CHECK(run({"stock", "list"}).rows() == Words{"SKU STOCK"});
  CHECK(succeeded(run({"stock", "list", "--json"})).output.empty());
  for (const std::string sku : {"sock", "hat", "shoe", "sh\u200Boe", "\u202Eeohs"}) {
    set(admin(), "product:" + sku + ":stock", "5");
  }
  set(admin(), "product:bad:stock", "-1");
  set(admin(), "product:s p:stock", "1");
  set(admin(), "product:order:other", "1");
  set(admin(), "order:o-1", "1");
  CHECK(succeeded(run({"stock", "list"})).rows() == Words{"SKU STOCK",
                                                          "bad - not a whole number from 0 to 9007199254740991: '-1'",
                                                          "hat 5", "s p - not a valid SKU: it contains white space",
                                                          "shoe 5", "sh\\u{200B}oe 5", "sock 5", "\\u{202E}eohs 5"});
  const Json json = run({"stock", "list", "--json"}).json();
  REQUIRE(json.size() == 7);
  CHECK(json[1] == Json({{"sku", "hat"}, {"stock", 5}}));
  check_values(json, {{"0/problem", "bad_stock"}, {"4/sku", "sh\u200Boe"}});
}

TEST_CASE_FIXTURE(Desk, "a stock key can contain pattern characters") {
  const std::string setting = R"(s[1-9]*?\:<sku>)";
  CHECK(run({"stock", "set", "shoe", "4", "--keys.stock", setting}).status == 0);
  CHECK(get(admin(), R"(s[1-9]*?\:shoe)") == "4");
  set(admin(), "s1xx:sock", "4");
  CHECK(run({"stock", "list", "--json", "--keys.stock", setting}).json() ==
        std::vector<Json>{{{"sku", "shoe"}, {"stock", 4}}});
}

TEST_CASE_FIXTURE(Desk, "a long list is complete with and without order") {
  constexpr int kSkus = 25'000;
  ask(admin(), {"EVAL", "for i = 1, ARGV[1] do server.call('SET', 'product:sku-' .. i .. ':stock', i) end", "0",
                std::to_string(kSkus)});
  const auto sorted = run({"stock", "list", "--json"}).json();
  REQUIRE(sorted.size() == kSkus);
  for (std::size_t i = 1; i < sorted.size(); ++i) REQUIRE(sorted[i - 1]["sku"] < sorted[i]["sku"]);
  auto unsorted = run({"stock", "list", "--json", "--unsorted"}).json();
  std::sort(unsorted.begin(), unsorted.end(), [](const Json& a, const Json& b) { return a["sku"] < b["sku"]; });
  unsorted.erase(std::unique(unsorted.begin(), unsorted.end()), unsorted.end());
  CHECK(unsorted == sorted);
  CHECK(lines_of(run({"stock", "list"}).output).size() == kSkus + 1);
}

}  // namespace
}  // namespace orderd::test
