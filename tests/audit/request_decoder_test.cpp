// Two decoders, written independently from the same rules, must agree on any input.
#include "audit/request_decoder.h"

#include <doctest/doctest.h>

#include <iterator>
#include <sstream>

#include "order/decode.h"
#include "order/lanes.h"
#include "payloads/table.h"
#include "support/seed.h"

namespace orderd::test {
namespace {

class Both {
 public:
  void compare(const order::Fields& fields) {
    const bool good = daemon_.decode(fields, request_, detail_);
    audit_.decode(fields, decoded_);
    std::string what;
    for (const std::string_view field : fields) what.append(field).push_back(' ');
    REQUIRE_MESSAGE(decoded_.malformed != good, what, detail_);
    REQUIRE_MESSAGE(decoded_.order == request_.id, what);
    REQUIRE_MESSAGE(decoded_.customer == request_.customer, what);
    if (!good) return;
    ++good_;
    audit::Content content;
    content.set_customer(request_.customer);
    for (const order::Line& line : request_.lines) content.add_line(line.sku, line.quantity);
    REQUIRE_MESSAGE(content.digest() == decoded_.content.digest(), what);
    REQUIRE_MESSAGE(lanes_.why_not(request_, kLane).empty() != decoded_.elsewhere, what);
  }
  [[nodiscard]] std::size_t good() const { return good_; }

 private:
  static constexpr uint32_t kLane = 1;
  order::Lanes lanes_ = *order::Lanes::parse("a,b,c");
  order::Decoder daemon_{{.max_quantity = 1000, .max_lines = 4}};
  audit::RequestDecoder audit_{{.max_quantity = 1000, .max_lines = 4}, {kLane, 3}};
  order::Request request_;
  std::string detail_;
  audit::DecodedRequest decoded_;
  std::size_t good_ = 0;
};

const std::vector<std::string> kTexts = {
    R"({"id":"o-1","customer":"c","reply_to":"r","sku":"shoe","quantity":3})",
    R"({"id":"o-1","items":[{"sku":"a","quantity":1},{"sku":"b","quantity":2},{"sku":"a","quantity":1000}]})",
    R"( {"note":[1,2.5e3,-0.0,null,true,{"a":{}}],"sku":"\u0073hoe","id":"\ud83d\ude00","quantity":1} )",
    R"({"id":"o-1","sku":"shoe","quantity":1,"big":123456789012345678901234567890,"far":1e999,"neg":-1E-999})",
    R"({"id":"o-1","items":[{"sku":"é","quantity":1,"note":"x"}]})",
    R"({"id":1234567890123456789,"sku":"shoe","quantity":1,"far":1e999})",
};
// What is inserted into a text: the words below, and some bytes that words cannot have.
std::vector<std::string> pieces() {
  std::istringstream words(R"(
      " \ { } [ ] , : ' 0 1 - . e9 E+ null true NaN 01 1000 1001 1e400 99999999999999999999 \x \u0000 \ud800 \u00a0
      "id":"x", "sku":"y", "quantity":2, "items":[], "customer":"", )");
  std::vector<std::string> all(std::istream_iterator<std::string>(words), {});
  for (const char* bytes : {" ", "\t", "\n", "\r", "\v", "\x7f", "\xc2\x85", "\xc2\xa0", "\xe2\x80\x83", "\xff",
                            "\xed\xa0\x80", "\xf0\x9f\x98\x80", "\xf4\x90\x80\x80", "\xc0\xaf"}) {
    all.emplace_back(bytes);
  }
  all.insert(all.end(), {std::string(1, '\0'), std::string(128, 'a'), std::string(129, 'a')});
  return all;
}

std::string mutated(std::string text, Random& random) {
  static const std::vector<std::string> kPieces = pieces();
  for (std::size_t n = random.number(4); n > 0; --n) {
    const std::size_t at = random.number(text.size() + 1);
    switch (random.number(3)) {
      case 0: text.insert(at, kPieces[random.number(kPieces.size())]); break;
      case 1: text.erase(at, random.number(5)); break;
      default: text.replace(at, random.number(12), kPieces[random.number(kPieces.size())]); break;
    }
  }
  return text;
}

TEST_CASE("the decoder of the audit agrees with the daemon on JSON that was changed at random") {
  Random random(test_seed());
  Both both;
  for (int i = 0; i < 60'000; ++i) {
    const std::string text = mutated(kTexts[random.number(kTexts.size())], random);
    both.compare({"order", text});
  }
  CHECK(both.good() > 1000);
}

TEST_CASE("the decoder of the audit agrees with the daemon on flat fields that were changed at random") {
  Random random(test_seed());
  Both both;
  const std::vector<std::string> names = {"id",    "customer", "reply_to", "sku", "quantity",
                                          "order", "note",     "items",    ""};
  const std::vector<std::string> values = {
      "o-1", "", "3", "007", "+3", " 3", "3.0", "1001", "18446744073709551617", "a b", "é", "{", "{}", R"({"id":"x"})"};
  for (int i = 0; i < 60'000; ++i) {
    std::vector<std::string> texts;
    if (random.chance(70)) texts = {"id", "o-1", "sku", "shoe", "quantity", "2"};
    for (std::size_t n = random.number(3); n > 0; --n) {
      texts.push_back(names[random.number(names.size())]);
      texts.push_back(mutated(values[random.number(values.size())], random));
    }
    both.compare(order::Fields(texts.begin(), texts.end()));
  }
  CHECK(both.good() > 1000);
}

TEST_CASE("the decoder of the audit agrees with the daemon on every payload of the table") {
  Both both;
  std::size_t good = 0;
  for (const Payload& payload : all_payloads()) {
    good += payload.why.empty() ? 1 : 0;
    order::Fields fields;
    for (const auto& [name, value] : payload.fields) fields.insert(fields.end(), {name, value});
    both.compare(fields);
  }
  CHECK(both.good() == good);
}

// The JSON of an order with this quantity.
std::string order_with(const std::string& quantity) {
  return R"({"id":"o-1","sku":"a","quantity":)" + quantity + "}";
}

std::string nested(std::size_t levels, const std::string& inside) {
  return order_with(R"(1,"x":)" + std::string(levels, '[') + inside + std::string(levels, ']'));
}

// An order in an entry of this size.
std::string order_of(std::size_t entry_bytes) {
  const std::string order = order_with(R"(1,"x":"")");
  return order_with(R"(1,"x":")" + std::string(entry_bytes - order.size() - std::string("order").size(), 'x') + '"');
}

TEST_CASE("what is not in the table of payloads means the same to both, too") {
  Both both;
  const std::string good = order_with("1");
  const std::string zero(1, '\0');
  std::vector<std::string> malformed = {"",
                                        "\xef\xbb\xbf" + good,
                                        good + zero,
                                        zero + good,
                                        order_with("1001"),
                                        order_with("1,\"note\":\"" + zero + "\""),
                                        order_with("1,\"note\":1" + zero),
                                        nested(1023, "1"),
                                        order_of(65'537)};
  for (const std::size_t levels : {1024U, 1100U, 30'000U}) malformed.push_back(nested(levels, ""));
  for (const char* members :
       {R"("id":"o","sku":"a","\u0073ku":"a","quantity":1)", R"("id":"o","sku":"a","quantity":1,"quantity":null)",
        R"("id":"o","customer":null,"customer":null,"sku":"a","quantity":1)",
        R"("id":"o","items":[{"sku":"a","quantity":1}],"items":[{"sku":"a","quantity":1}])",
        R"("id":"o","reply_to":"r","reply_to":null,"sku":"a","quantity":1)",
        R"("id":"o","reply_to":"","sku":"a","quantity":1)", R"("id":"o","items":[],"sku":"a","quantity":1)",
        R"("id":"o","items":{"0":{"sku":"a","quantity":1}})", R"("id":"o","items":[[{"sku":"a","quantity":1}]])",
        R"("id":"o","items":[null])", R"("id":null,"sku":"a","quantity":1)", R"("id":-0,"sku":"a","quantity":1)",
        R"("id":9223372036854775808,"sku":"a","quantity":1)", R"("id":18446744073709551616,"sku":"a","quantity":1)",
        R"("id":-9223372036854775808,"sku":"a","quantity":1)"}) {
    malformed.push_back(std::string("{") + members + "}");
  }
  both.compare({"order", std::string_view()});
  for (const std::string& text : malformed) {
    both.compare({"order", text});
    REQUIRE_MESSAGE(both.good() == 0, text);
  }
  std::vector<std::string> well_formed = {
      order_with("1000"),
      order_with(R"(1,"note":"\u0000\ud83d\ude00\/é")"),
      R"({"id":"o","customer":null,"reply_to":null,"sku":"a","quantity":1,"items":null})",
      R"({"id":"o","sku":null,"quantity":null,"items":[{"sku":"a","quantity":1,"id":1,"id":2}]})",
      R"({"id":"o","sku":"a","quantity":1,"note":{"id":"p","sku":[],"items":[{}]},"note":0})",
      nested(1023, ""),
      order_of(65'536)};
  for (const std::size_t levels : {600U, 1000U, 1022U}) well_formed.push_back(nested(levels, "1"));
  for (const std::string& text : well_formed) both.compare({"order", text});
  CHECK(both.good() == well_formed.size());
}

}  // namespace
}  // namespace orderd::test
