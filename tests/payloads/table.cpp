#include "payloads/table.h"

namespace orderd::test {

Payload text(std::string name, std::string json, std::string why) {
  return {std::move(name), {{"order", std::move(json)}}, std::move(why)};
}

Payload member(std::string name, const std::string& value, std::string why) {
  std::string json = R"({"id":")" + name + R"(","sku":"shoe","quantity":1,"more":)" + value + "}";
  return text(std::move(name), std::move(json), std::move(why));
}

Payload bad(std::string name, const std::string& value) {
  return member(std::move(name), value, kNotJson);
}

Payload good(std::string name, const std::string& value) {
  return member(std::move(name), value, "");
}

Payloads all_payloads() {
  Payloads all;
  for (const auto& theme : {array_payloads, object_payloads, number_payloads, string_payloads, escape_payloads,
                            structure_payloads, choice_payloads, order_payloads}) {
    for (Payload& payload : theme()) all.push_back(std::move(payload));
  }
  return all;
}

}  // namespace orderd::test
