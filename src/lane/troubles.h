// Current problems by subject, so that each is logged once, and its end once, even if several alternate.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace orderd::lane {

class Troubles {
 public:
  // True: new or changed, so log it.
  [[nodiscard]] bool raise(std::string_view subject, const std::string& what) {
    const auto found = texts_.find(subject);
    if (found == texts_.end()) return texts_.emplace(subject, what).second;
    if (found->second == what) return false;
    found->second = what;
    return true;
  }
  // True: there was a problem.
  [[nodiscard]] bool clear(std::string_view subject) {
    const auto found = texts_.find(subject);
    if (found == texts_.end()) return false;
    texts_.erase(found);
    return true;
  }
  // The problem of a subject; empty: none.
  [[nodiscard]] std::string of(std::string_view subject) const {
    const auto found = texts_.find(subject);
    return found == texts_.end() ? std::string() : found->second;
  }

 private:
  std::map<std::string, std::string, std::less<>> texts_;
};

}  // namespace orderd::lane
