// 128-bit hashes represent keys, 64-bit hashes the sequence of a key's decisions.
#include "replay/comparison.h"

#include <xxhash.h>

#include "shared/output.h"

namespace orderd::replay {
namespace {

uint64_t chained(uint64_t before, const tools::Entry& result) {
  const std::string text = decision_text(result);
  return XXH3_64bits_withSeed(text.data(), text.size(), before);
}

}  // namespace

std::string decision_text(const tools::Entry& result) {
  std::string text(result.field("status"));
  for (const std::string_view name : {"reason", "outcome", "lines"}) {
    if (result.has(name)) text.append(" ").append(result.field(name));
  }
  return text;
}

Comparison::Key Comparison::hash_of(std::string_view key) {
  const XXH128_hash_t hash = XXH3_128bits(key.data(), key.size());
  return {hash.low64, hash.high64};
}

void Comparison::add_expected(std::string_view key, const tools::Entry& result) {
  Pair& pair = pairs_[hash_of(key)];
  ++pair.expected;
  pair.expected_decisions = chained(pair.expected_decisions, result);
}

bool Comparison::add_result(std::string_view key, const tools::Entry& result) {
  const auto found = pairs_.find(hash_of(key));
  if (found == pairs_.end()) return false;
  Pair& pair = found->second;
  ++pair.results;
  if (result.field("status") == "accepted") ++pair.accepted;
  if (result.field("status") == "duplicate") ++pair.duplicates;
  pair.decisions = chained(pair.decisions, result);
  return true;
}

Comparison::Problem Comparison::problem_of(std::string_view key, bool with_expected, bool resent) const {
  const auto found = pairs_.find(hash_of(key));
  return found == pairs_.end() ? Problem{} : problem_of(found->second, with_expected, resent);
}

Comparison::Problem Comparison::problem_of(const Pair& pair, bool with_expected, bool resent) {
  const auto counted = [&](const std::string& more) {
    return tools::count_text(pair.requests, "request") + ", " + tools::count_text(pair.results, "result") + more;
  };
  const bool surplus = resent && pair.results > pair.requests && pair.duplicates >= pair.results - pair.requests;
  if (pair.results != pair.requests && !surplus) return {counted(""), false};
  if (pair.accepted > 1) return {counted(", accepted " + std::to_string(pair.accepted) + " times"), false};
  if (!with_expected) return {};
  if (pair.expected != pair.results)
    return {counted(", " + tools::count_text(pair.expected, "result") + " expected"), true};
  if (pair.decisions != pair.expected_decisions) return {"decided differently", true};
  return {};
}

uint64_t Comparison::problems(bool with_expected, bool resent) const {
  uint64_t count = 0;
  for (const auto& [key, pair] : pairs_) {
    if (!problem_of(pair, with_expected, resent).what.empty()) ++count;
  }
  return count;
}

}  // namespace orderd::replay
