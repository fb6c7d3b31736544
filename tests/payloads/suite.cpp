// Reads json_test_suite/, the test_parsing files of https://github.com/nst/JSONTestSuite as they are. The first letter
// of a file's name is what a parser has to do: y accept, n refuse, i its own choice.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "payloads/table.h"

namespace orderd::test {
namespace {

constexpr std::size_t kMaxEntryBytes = 65'536;

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

// table.h has the policy for the i_ cases.
bool is_valid(const std::string& name) {
  return name[0] == 'y' || name.starts_with("i_number_") || name == "i_structure_500_nested_arrays";
}

// Why the text is no order when it is all there is.
std::string why_not_alone(const std::string& name, const std::string& json) {
  if (!is_valid(name)) return kNotJson;
  if (json[0] != '{') return kNoObject;
  return name == "y_object_long_strings" ? "sku is missing" : "id is missing";
}

}  // namespace

Payloads suite_payloads() {
  Payloads all;
  for (const auto& file : std::filesystem::directory_iterator(ORDERD_PAYLOADS_DIR "/json_test_suite")) {
    if (file.path().extension() != ".json") continue;
    const std::string name = file.path().stem();
    const std::string json = content_of(file.path());
    all.push_back(member(name, json, is_valid(name) ? "" : kNotJson));
    all.push_back(text(name + " alone", json, why_not_alone(name, json)));
    if (json.size() > kMaxEntryBytes) all[all.size() - 2].why = all.back().why = "entry: ";
  }
  return all;
}

Payloads all_payloads() {
  Payloads all = suite_payloads();
  for (Payload& payload : order_payloads()) all.push_back(std::move(payload));
  return all;
}

Payload text(std::string name, std::string json, std::string why) {
  return {std::move(name), {{"order", std::move(json)}}, std::move(why)};
}

Payload member(const std::string& name, const std::string& value, std::string why) {
  std::string json = R"({"id":")" + name + R"(","sku":"shoe","quantity":1,"more":)" + value + "}";
  return text(name, std::move(json), std::move(why));
}

}  // namespace orderd::test
