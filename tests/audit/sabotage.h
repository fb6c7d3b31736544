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

[[nodiscard]] Json lines_of(const Entry& entry);

// Kinds of results. The others are: refused for insufficient stock; a change of stock with a number before; one that
// names a request.
[[nodiscard]] Which with_status(const std::string& status);
[[nodiscard]] Which with_reason(const std::string& reason);
extern const Which accepted, refused, malformed, duplicate, lettered, stock_change, answer;

// A random result for which `which` is true; there must be one.
[[nodiscard]] Entry& pick(Books& books, Random& random, const Which& which);

// Each falsifies one such result: any change; these fields, without the others; a member of its first line; it is gone;
// its copy is the newest.
[[nodiscard]] Falsify edit(const Which& which, const std::function<void(Entry&, const Books&)>& change);
[[nodiscard]] Falsify rewrite(const Which& which, const Fields& fields, const Words& removed = {});
[[nodiscard]] Falsify set_member(const Which& which, const std::string& member, const Json& value);
[[nodiscard]] Falsify add_to_member(const Which& which, const std::string& member, int64_t by);
[[nodiscard]] Falsify drop(const Which& which);
[[nodiscard]] Falsify repeat(const Which& which);
void rewrite(Entry& entry, const Fields& fields, const Words& removed = {});

// Changes a member of one of the lines.
void edit_line(Entry& entry, std::size_t line, const std::string& member, const Json& value);
// Removes an element; appends a copy of an entry behind all others.
void drop(std::vector<Entry>& entries, const Entry& entry);
void append(std::vector<Entry>& entries, Entry entry);
// An ID a little larger than `id`.
[[nodiscard]] std::string id_after(const std::string& id);
// An ID larger than all existing ones.
[[nodiscard]] std::string id_behind(const std::vector<Entry>& entries, uint64_t by = 1);

}  // namespace orderd::test
