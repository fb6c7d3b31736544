// The server's side of RESP2 as text, to build scripted replies.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace orderd::test::resp {

inline std::string simple(std::string_view text) {
  return "+" + std::string(text) + "\r\n";
}
// `text` begins with the error code: "OOM command not allowed".
inline std::string error(std::string_view text) {
  return "-" + std::string(text) + "\r\n";
}
inline std::string integer(int64_t number) {
  return ":" + std::to_string(number) + "\r\n";
}
inline std::string bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}
inline std::string nil() {
  return "*-1\r\n";
}
// Of encoded replies.
inline std::string array(const std::vector<std::string>& elements) {
  std::string text = "*" + std::to_string(elements.size()) + "\r\n";
  for (const std::string& element : elements) text += element;
  return text;
}
inline std::string bulks(const std::vector<std::string>& texts) {
  std::vector<std::string> elements;
  for (const std::string& text : texts) elements.push_back(bulk(text));
  return array(elements);
}

}  // namespace orderd::test::resp
