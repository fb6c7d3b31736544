// What script-cost measures: a turn of commands that serves one or more orders, read from a text file. Lines of a
// shape:
//
//     requests N       orders of one turn; 1 where it is missing
//     script NAME      one of lua/ as it is built into orderd ("settle"), "bare" (bare_script.h), or a file of Lua
//     prepare WORD…    sent once, before the measurement
//     before WORD…     sent for each order, before the measurement
//     send WORD…       measured: sent once a turn; words in brackets are repeated for each order of the turn
//     each WORD…       measured: sent once for each order of the turn
//     answer TEXT      of the command above: it has to answer this. Brackets as above. Without it any answer will do,
//                      but an error
//
// In a word {script} is the SHA1 of the script, {requests} their number, {previous} the ID of the entry before the
// turn; of an order {n} is its number, {id} the ID of its entry, {digest} 16 digits. '' is an empty word.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace orderd::cost {

using Words = std::vector<std::string>;

// Words that occur once, or once for each order of the turn.
struct Part {
  bool each = false;
  Words words;
};
using Template = std::vector<Part>;

struct Command {
  Template words;
  bool each = false;      // sent once for each order of a turn
  bool answered = false;  // the reply must equal `answer`
  Template answer;
};

struct Shape {
  std::string name;
  std::string script;
  std::size_t requests = 1;
  std::vector<Words> prepare;
  std::vector<Words> before;
  std::vector<Command> turn;
};

// Throws std::runtime_error, like all functions here.
[[nodiscard]] Shape read_shape(const std::string& path);

// The ID of the entry of order n.
[[nodiscard]] std::string entry_id(std::size_t n);

// One word, for order n of a turn that begins with order `first`.
[[nodiscard]] std::string filled(const std::string& word, const Shape& shape, const std::string& sha1,
                                 std::size_t first, std::size_t n);
// A template for the orders [first, last) of a turn.
[[nodiscard]] Words filled(const Template& parts, const Shape& shape, const std::string& sha1, std::size_t first,
                           std::size_t last);

}  // namespace orderd::cost
