// Ways to falsify correct books, each with the check that must find it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "audit/books.h"
#include "integration/orderctl_desk.h"

namespace orderd::test {

struct Sabotage {
  std::string name;
  std::string check;
  std::function<void(Books&, Random&)> falsify;
};

// Sabotages of results, and of requests, dead letters and keys.
[[nodiscard]] std::vector<Sabotage> result_sabotages();
[[nodiscard]] std::vector<Sabotage> other_sabotages();

// A random result for which `good` is true; there must be one.
[[nodiscard]] std::size_t pick(const Books& books, Random& random, const std::function<bool(const Entry&)>& good);
[[nodiscard]] bool has_status(const Entry& entry, const std::string& status);
[[nodiscard]] bool has_reason(const Entry& entry, const std::string& reason);
[[nodiscard]] Json lines_of(const Entry& entry);
// Changes a member of one of the lines.
void edit_line(Entry& entry, std::size_t line, const std::string& member, const Json& value);
// The stock of `sku` after its last entry before `place`.
[[nodiscard]] int64_t stock_before(const Books& books, std::size_t place, const std::string& sku);
// An ID a little larger than `id`.
[[nodiscard]] std::string id_after(const std::string& id);
// An ID larger than all existing ones.
[[nodiscard]] std::string id_behind(const std::vector<Entry>& entries, uint64_t by = 1);

}  // namespace orderd::test
