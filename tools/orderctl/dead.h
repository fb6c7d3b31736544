// A dead letter: a malformed request as lua/settle.lua has copied it; and what can be done with it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/entry.h"
#include "shared/program.h"

namespace orderd::tools {

// Views into the reply.
struct Letter {
  std::string_view id;
  std::string_view request;
  std::string_view result;
  std::string_view detail;
  std::vector<std::pair<std::string_view, std::string_view>> raw;  // the request's names and values

  // False: the request was larger than a dead letter can be, and the rest of it is not here.
  [[nodiscard]] bool whole() const;
};

// Nothing: the entry is not a dead letter of orderd.
[[nodiscard]] std::optional<Letter> letter_of(const Entry& entry);

struct LetterChange {
  bool requeue = false;          // or discard
  std::vector<std::string> ids;  // of the letters
  std::vector<std::string> set;  // NAME=VALUE, checked
  std::string reason;
};
// Each letter in a step of its own. Status kFailed if one of them could not be changed; the others were.
[[nodiscard]] Result<int> change_letters(const Context& context, const LetterChange& change);

}  // namespace orderd::tools
