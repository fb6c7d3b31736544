// What is wrong, each trouble under its subject, so that each is reported once and its end once, however they
// alternate.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace orderd::lane {

class Troubles {
 public:
  // True: new, or other than it was; worth a line in the log.
  [[nodiscard]] bool raise(std::string_view subject, const std::string& what) {
    const auto found = texts_.find(subject);
    if (found == texts_.end()) return texts_.emplace(subject, what).second;
    if (found->second == what) return false;
    found->second = what;
    return true;
  }
  // True: it was there.
  [[nodiscard]] bool clear(std::string_view subject) {
    const auto found = texts_.find(subject);
    if (found == texts_.end()) return false;
    texts_.erase(found);
    return true;
  }
  // Of a subject; empty: all is well.
  [[nodiscard]] std::string of(std::string_view subject) const {
    const auto found = texts_.find(subject);
    return found == texts_.end() ? std::string() : found->second;
  }

 private:
  std::map<std::string, std::string, std::less<>> texts_;
};

}  // namespace orderd::lane
