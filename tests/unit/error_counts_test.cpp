#include "lane/error_counts.h"

#include <doctest/doctest.h>

namespace orderd::lane {

TEST_CASE("errors are counted by their first word") {
  ErrorCounts errors;
  for (const char* text : {"OOM command not allowed", "WRONGTYPE key a: no stream", "OOM again", "NOAUTH"}) {
    errors.add(text);
  }
  const std::map<std::string, uint64_t, std::less<>> expected = {{"NOAUTH", 1}, {"OOM", 2}, {"WRONGTYPE", 1}};
  CHECK(errors.by_word() == expected);
}

TEST_CASE("an unusual first word counts as other, and so do new words after many") {
  ErrorCounts errors;
  for (const char* text : {"", " ERR", "Err x", "E-R x", "no reply for 5 ms", "\"}\n", "\xff\xfe"}) errors.add(text);
  errors.add(std::string(40, 'A'));
  CHECK(errors.by_word().size() == 1);
  CHECK(errors.by_word().at("other") == 8);
  for (int i = 0; i < 1000; ++i)
    errors.add("W" + std::string(1, static_cast<char>('A' + i % 26)) + std::string(i / 26 % 26, 'X'));
  CHECK(errors.by_word().size() == ErrorCounts::kWords);
  errors.add("WA");  // a known one
  CHECK(errors.by_word().at("WA") > 1);
  uint64_t all = 0;
  for (const auto& [word, count] : errors.by_word()) all += count;
  CHECK(all == 8 + 1000 + 1);
}

}  // namespace orderd::lane
