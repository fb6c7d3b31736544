// orderctl dead: list, show, requeue, discard.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shared/program.h"

namespace CLI {
class App;
}

namespace orderd::tools {

class Dead {
 public:
  Dead(CLI::App& parent, Program& program);
  Dead(const Dead&) = delete;
  Dead& operator=(const Dead&) = delete;

 private:
  void add_list(CLI::App& dead, Program& program);
  void add_show(CLI::App& dead, Program& program);
  void add_change(CLI::App& dead, Program& program, bool requeue);
  [[nodiscard]] Result<int> list(const Context& context) const;

  std::string from_;
  std::string to_;
  uint64_t limit_ = 20;
  std::string id_;
  std::vector<std::string> ids_;
  std::vector<std::string> set_;
  std::string reason_;
};

struct LetterChange {
  bool requeue = false;          // or discard
  std::vector<std::string> ids;  // of the letters
  std::vector<std::string> set;  // NAME=VALUE, checked
  std::string reason;
};
// Each letter in a step of its own. Status kFailed if one of them could not be changed; the others were.
[[nodiscard]] Result<int> change_letters(const Context& context, const LetterChange& change);

}  // namespace orderd::tools
