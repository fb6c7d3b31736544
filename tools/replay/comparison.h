// Compares requests with results, and results with those of another run, by a key: the ID of an order or of a request
// entry. Keeps no text: 100 bytes of memory for each key.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "shared/entry.h"

namespace orderd::replay {

// The parts of a result that are compared: status, reason, outcome and lines; not IDs and times.
[[nodiscard]] std::string decision_text(const tools::Entry& result);

class Comparison {
 public:
  void add_request(std::string_view key) { ++pairs_[hash_of(key)].requests; }
  void add_expected(std::string_view key, const tools::Entry& result);
  // False: there is no request of this key.
  bool add_result(std::string_view key, const tools::Entry& result);

  struct Problem {
    std::string what;  // empty: there is none
    bool decided_otherwise = false;
  };
  // `with_expected`: decisions are compared, too. `resent`: more results than requests are accepted if all but one of
  // each order's decisions are duplicates.
  [[nodiscard]] Problem problem_of(std::string_view key, bool with_expected, bool resent) const;
  // How many keys have a problem.
  [[nodiscard]] uint64_t problems(bool with_expected, bool resent) const;
  [[nodiscard]] std::size_t keys() const { return pairs_.size(); }

 private:
  struct Key {
    uint64_t low;
    uint64_t high;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const { return key.low; }
  };
  struct Pair {
    uint32_t requests = 0;
    uint32_t results = 0;
    uint32_t accepted = 0;
    uint32_t duplicates = 0;
    uint32_t expected = 0;
    uint64_t decisions = 0;           // of all results, in their order: a hash
    uint64_t expected_decisions = 0;  // likewise
  };
  static Key hash_of(std::string_view key);
  static Problem problem_of(const Pair& pair, bool with_expected, bool resent);

  std::unordered_map<Key, Pair, Hash> pairs_;
};

}  // namespace orderd::replay
