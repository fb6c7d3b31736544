// Ways to falsify correct books, each with the check that must find it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "audit/books.h"
#include "integration/orderctl_desk.h"

namespace orderd::test {

using Falsify = std::function<void(Books&, Random&)>;
using Which = std::function<bool(const Entry&)>;

struct Sabotage {
  std::string name;
  std::string check;
  Falsify falsify;
};

// Sabotages of results, and of requests, dead letters and keys.
[[nodiscard]] std::vector<Sabotage> result_sabotages();
[[nodiscard]] std::vector<Sabotage> other_sabotages();

// Kinds of results.
[[nodiscard]] bool accepted(const Entry& entry);
[[nodiscard]] bool refused(const Entry& entry);  // for insufficient stock
[[nodiscard]] bool malformed(const Entry& entry);
[[nodiscard]] bool duplicate(const Entry& entry);
[[nodiscard]] bool lettered(const Entry& entry);
[[nodiscard]] bool stock_change(const Entry& entry);  // with a number before
[[nodiscard]] bool answer(const Entry& entry);        // names a request
[[nodiscard]] bool has_reason(const Entry& entry, const std::string& reason);

// A random result for which `which` is true; there must be one.
[[nodiscard]] std::size_t pick(const Books& books, Random& random, const Which& which);

// Each falsifies one such result: any change; these fields, without the others; a member of its first line.
[[nodiscard]] Falsify edit(const Which& which, const std::function<void(Entry&)>& change);
[[nodiscard]] Falsify rewrite(const Which& which, const Fields& fields, const Words& removed = {});
[[nodiscard]] Falsify set_member(const Which& which, const std::string& member, const Json& value);
[[nodiscard]] Falsify add_to_member(const Which& which, const std::string& member, int64_t by);
void rewrite(Entry& entry, const Fields& fields, const Words& removed = {});

[[nodiscard]] Json lines_of(const Entry& entry);
// Changes a member of one of the lines.
void edit_line(Entry& entry, std::size_t line, const std::string& member, const Json& value);
// Removes an element; appends a copy of an entry behind all others.
void drop(std::vector<Entry>& entries, std::size_t place);
void append(std::vector<Entry>& entries, Entry entry);
// The stock of `sku` after its last entry before `place`.
[[nodiscard]] int64_t stock_before(const Books& books, std::size_t place, const std::string& sku);
// An ID a little larger than `id`.
[[nodiscard]] std::string id_after(const std::string& id);
// An ID larger than all existing ones.
[[nodiscard]] std::string id_behind(const std::vector<Entry>& entries, uint64_t by = 1);

}  // namespace orderd::test
