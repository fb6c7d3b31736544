// The server's errors, counted by their first word: OOM, WRONGTYPE, NOPERM.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "valkey/error.h"

namespace orderd::lane {

class ErrorCounts {
 public:
  // Scripts and modules can invent words. Beyond this number, words are counted as kOther.
  static constexpr std::size_t kWords = 32;
  static constexpr std::string_view kOther = "other";

  // `text`: as the server sent it, without the leading '-'.
  void add(std::string_view text) {
    const std::string_view word = valkey::first_word(text);
    const auto found = counts_.find(word);
    if (found != counts_.end()) return (void)++found->second;
    const bool plain = !word.empty() && word.size() <= 32 &&
                       std::all_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    ++counts_[std::string(plain && counts_.size() < kWords ? word : kOther)];
  }
  [[nodiscard]] const std::map<std::string, uint64_t, std::less<>>& by_word() const { return counts_; }

 private:
  std::map<std::string, uint64_t, std::less<>> counts_;
};

}  // namespace orderd::lane
