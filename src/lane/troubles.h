// Current problems by subject, so that each is logged once, and its end once, even if several alternate, or several
// texts of one subject.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace orderd::lane {

class Troubles {
 public:
  // True: new since it began, so log it.
  [[nodiscard]] bool raise(std::string_view subject, const std::string& what) {
    Trouble& trouble = troubles_[std::string(subject)];
    trouble.now = what;
    if (trouble.said.size() == kTextsMax) trouble.said.clear();
    return trouble.said.insert(what).second;
  }
  // True: there was a problem.
  [[nodiscard]] bool clear(std::string_view subject) {
    const auto found = troubles_.find(subject);
    if (found == troubles_.end()) return false;
    troubles_.erase(found);
    return true;
  }
  // The problem of a subject; empty: none.
  [[nodiscard]] std::string of(std::string_view subject) const {
    const auto found = troubles_.find(subject);
    return found == troubles_.end() ? std::string() : found->second.now;
  }

 private:
  static constexpr std::size_t kTextsMax = 64;  // of a subject; bounds memory
  struct Trouble {
    std::string now;
    std::set<std::string> said;
  };
  std::map<std::string, Trouble, std::less<>> troubles_;
};

}  // namespace orderd::lane
