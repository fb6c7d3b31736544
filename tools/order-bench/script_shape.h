// What `order-bench script` measures: a turn of commands that serves one or more orders, read from a text file. Lines
// of a shape:
//
//     requests N       orders of one turn; 1 where it is missing
//     script NAME      one of lua/ as it is built into orderd ("settle"), "bare" (run.h), or a file of Lua
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
#include <optional>
#include <string>
#include <vector>

namespace orderd::bench {

struct Shape {
  struct Line {
    bool each = false;  // sent once for each order of a turn
    std::string words;
    std::optional<std::string> answer = {};
  };
  std::string name;
  std::string script;  // its text
  std::string sha1 = {};
  std::size_t requests = 1;
  std::vector<std::string> prepare = {};
  std::vector<std::string> before = {};
  std::vector<Line> turn = {};

  // The words of a line for the orders [first, last) of a turn.
  [[nodiscard]] std::vector<std::string> filled(const std::string& line, std::size_t first, std::size_t last) const;
};

}  // namespace orderd::bench
